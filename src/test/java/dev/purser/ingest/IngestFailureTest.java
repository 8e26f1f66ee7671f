package dev.purser.ingest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import dev.purser.customers.Customer.Reply;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.ingest.Ingest.Replay;
import dev.purser.ingest.Ingest.Upload;
import dev.purser.ledger.RunEvent;
import dev.purser.ledger.RunEvent.Report;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The bulk lane's actors made to fail, and clients that leave.
final class IngestFailureTest {
  private final ActorTestKit kit =
      ActorTestKit.create(
          ConfigFactory.parseString(
              "pekko.actor { serialize-messages = on, allow-java-serialization = off }"));
  private final StubCustomers customers = new StubCustomers();
  private final StubDatabase database = new StubDatabase();
  private final AtomicBoolean clockBroken = new AtomicBoolean();
  private final CompletableFuture<Done> bodyOver = new CompletableFuture<>();

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void run_thatCrashes_tellsItsProblemAndFreesItsBody() {
    customers.fault =
        id -> {
          if (id.equals("crash")) {
            throw new IllegalStateException("a bug");
          }
          return null;
        };
    Ingest ingest = ingest("progress = 20 ms");
    CompletableFuture<ByteString> later = new CompletableFuture<>();
    Source<ByteString, ?> body =
        Source.single(line("a", 1)).concat(Source.completionStage(later)).concat(Source.maybe());
    RunEvent last =
        join(
            ingest
                .start(watched(body))
                .thenCompose(
                    events ->
                        events
                            .map(
                                e -> {
                                  if (accepted(e) == 1) {
                                    later.complete(line("crash", 1));
                                  }
                                  return e;
                                })
                            .runWith(Sink.last(), kit.system())));
    RunEvent.Problem problem = (RunEvent.Problem) last;
    assertThat(problem.error()).isInstanceOf(ServiceError.Internal.class);
    Report.Ingest report = (Report.Ingest) problem.report();
    assertThat(report.accepted()).isEqualTo(1);
    assertThat(report.committedLines()).isEqualTo(1);
    join(bodyOver);
    soon(() -> assertThat(database.run(report.run()).state()).isEqualTo("failed"));
    assertThat(accepted(run(ingest, line("b", 1)))).isEqualTo(1);
  }

  @Test
  void runs_thatCrash_endWhatRanAndStartAnew() {
    Ingest ingest = ingest("progress = 5 s", "patience = 100 ms", "save-timeout = 500 ms");
    var events =
        join(ingest.start(watched(Source.single(line("a", 1)).concat(Source.maybe()))))
            .toMat(Sink.last(), Keep.right())
            .run(kit.system());
    soon(() -> assertThat(customers.events()).isEqualTo(1));
    clockBroken.set(true);
    assertThatThrownBy(() -> run(ingest, line("b", 1)))
        .isInstanceOfSatisfying(
            Fault.class, f -> assertThat(f.error()).isInstanceOf(ServiceError.Timeout.class));
    assertThat(((RunEvent.Problem) join(events)).error()).isInstanceOf(ServiceError.Internal.class);
    join(bodyOver);
    assertThat(database.interrupts).isEqualTo(2);
    assertThat(accepted(run(ingest, line("b", 1)))).isEqualTo(1);
  }

  @Test
  void client_thatLeaves_endsTheRunAndKeepsWhatWasCommitted() {
    Ingest ingest = ingest("progress = 20 ms", "runs = 1");
    List<RunEvent> told =
        join(
            ingest
                .start(watched(Source.single(line("a", 1)).concat(Source.maybe())))
                .thenCompose(
                    events ->
                        events.takeWhile(e -> accepted(e) < 1).runWith(Sink.seq(), kit.system())));
    String id = ((RunEvent.Started) told.getFirst()).run();
    join(bodyOver);
    soon(() -> assertThat(database.run(id).state()).isEqualTo("cancelled"));
    assertThat(database.run(id).report()).contains("\"accepted\":1");
    assertThat(customers.events()).isEqualTo(1);
    soon(() -> assertThat(accepted(run(ingest, line("b", 1)))).isEqualTo(1));
  }

  @Test
  void leftRuns_thatCannotBeMarked_keepNobodyFromStarting() {
    database.fault = new ServiceError.Database(DatabaseCause.UNREACHABLE, "down");
    Ingest ingest = ingest("patience = 50 ms", "retry-max = 60 ms");
    soon(() -> assertThat(database.refusals).isPositive());
    database.fault = null;
    assertThat(accepted(run(ingest, line("a", 1)))).isEqualTo(1);
  }

  @Test
  void progress_thatCannotBeStored_doesNotEndTheRun() {
    Ingest ingest = ingest("progress = 20 ms", "row-every = 100 ms");
    CompletableFuture<ByteString> rest = new CompletableFuture<>();
    var events =
        join(ingest.start(
                watched(Source.single(line("a", 1)).concat(Source.completionStage(rest)))))
            .toMat(Sink.last(), Keep.right())
            .run(kit.system());
    database.fault = new ServiceError.Database(DatabaseCause.UNREACHABLE, "down");
    soon(() -> assertThat(database.refusals).isPositive());
    database.fault = null;
    rest.complete(line("a", 2));
    assertThat(accepted(join(events))).isEqualTo(2);
  }

  @Test
  void replay_ofManyLetters_dropsThemTogether() {
    Ingest ingest = ingest("letter-batch = 100");
    customers.fault = _ -> new Reply.Refused(new ServiceError.Conflict("suppressed"), false);
    run(ingest, IntStream.range(0, 450).mapToObj(i -> line("c" + i, i)).toArray(ByteString[]::new));
    assertThat(database.letters()).hasSize(450);
    customers.fault = _ -> null;
    RunEvent last =
        join(
            ingest
                .replay(new Replay.All(null, "conflict"))
                .thenCompose(s -> s.runWith(Sink.last(), kit.system())));
    assertThat(accepted(last)).isEqualTo(450);
    assertThat(database.letters()).isEmpty();
    assertThat(database.drops).isLessThan(100);
  }

  @Test
  void replayedLetters_thatCannotBeDropped_endTheRunWithAProblem() {
    Ingest ingest = ingest("patience = 100 ms", "save-timeout = 100 ms");
    customers.fault = _ -> new Reply.Refused(new ServiceError.Conflict("suppressed"), false);
    run(ingest, line("a", 1));
    customers.fault = _ -> null;
    customers.delay =
        reply -> {
          database.fault = new ServiceError.Database(DatabaseCause.UNREACHABLE, "down");
          return CompletableFuture.completedFuture(reply);
        };
    RunEvent last =
        join(
            ingest
                .replay(new Replay.All(null, "conflict"))
                .thenCompose(s -> s.runWith(Sink.last(), kit.system())));
    assertThat(((RunEvent.Problem) last).error().code()).isEqualTo("ERR_DB");
    assertThat(database.letters()).hasSize(1);
  }

  private Upload watched(Source<ByteString, ?> body) {
    return new Upload(
        null,
        false,
        body.watchTermination(
            (_, over) -> {
              over.whenComplete((_, _) -> bodyOver.complete(Done.getInstance()));
              return over;
            }));
  }

  private RunEvent run(Ingest ingest, ByteString... lines) {
    return join(
        ingest
            .start(new Upload(null, false, Source.from(List.of(lines))))
            .thenCompose(s -> s.runWith(Sink.last(), kit.system())));
  }

  private static long accepted(RunEvent event) {
    return switch (event) {
      case RunEvent.Progress(Report.Ingest r) -> r.accepted();
      case RunEvent.Summary(Report.Ingest r) -> r.accepted();
      default -> 0;
    };
  }

  private static ByteString line(String customer, int id) {
    String event =
        "{'type':'purchase','customer_id':'%s','id':'%d','sku':'s','quantity':1,'amount_minor':5}";
    return ByteString.fromString(event.formatted(customer, id).replace('\'', '"') + "\n");
  }

  private void soon(Runnable check) {
    kit.createTestProbe()
        .awaitAssert(
            () -> {
              check.run();
              return null;
            });
  }

  /// Fails once when told to, in whatever actor asks next.
  private InstantSource clock() {
    return () -> {
      if (clockBroken.getAndSet(false)) {
        throw new IllegalStateException("the clock is broken");
      }
      return Instant.now();
    };
  }

  private Ingest ingest(String... overrides) {
    var db = kit.spawn(database.behavior());
    CompletableFuture<Ingest> door = new CompletableFuture<>();
    kit.spawn(
        Behaviors.setup(
            context -> {
              door.complete(
                  Ingest.start(
                      context,
                      Samples.settings(overrides),
                      customers,
                      new StubRecords(),
                      db,
                      "GBP",
                      clock()));
              return Behaviors.empty();
            }));
    return door.join();
  }

  private static <T> T join(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof Fault fault ? fault : e;
    }
  }
}
