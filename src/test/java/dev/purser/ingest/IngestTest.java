package dev.purser.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import dev.purser.customers.Customer.Reply;
import dev.purser.database.Letter;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.ingest.Ingest.Replay;
import dev.purser.ingest.Ingest.Upload;
import dev.purser.ledger.Change;
import dev.purser.ledger.EventJson;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.RunEvent;
import dev.purser.ledger.RunEvent.Report;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class IngestTest {
  private final ActorTestKit kit =
      ActorTestKit.create(
          ConfigFactory.parseString(
              "pekko.actor { serialize-messages = on, allow-java-serialization = off }"));
  private final StubCustomers customers = new StubCustomers();
  private final StubDatabase database = new StubDatabase();

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  @Test
  void upload_ofAllSorts_countsEveryLineOnce() {
    Report.Ingest report =
        summary(
            run(
                ingest(),
                json(
                    purchase("a", "1", "s"),
                    purchase("a", "1", "s"),
                    "",
                    "{\"type\":\"preferences\",\"customer_id\":\"b\",\"preferences\":{\"x\":\"y\"}}",
                    "{\"type\":\"document\",\"id\":\"d\"}",
                    "not json",
                    purchase("b", "2", "CONFLICT"),
                    "{\"type\":\"refund\",\"customer_id\":\"a\",\"id\":\"r\",\"amount_minor\":-1}")));
    assertThat(report.lines()).isEqualTo(7);
    assertThat(report.accepted()).isEqualTo(2);
    assertThat(report.duplicates()).isEqualTo(1);
    assertThat(report.rejected()).isEqualTo(4);
    assertThat(report.customersCreated()).isEqualTo(2);
    assertThat(report.committedLines()).isEqualTo(7);
    assertThat(report.firstErrors())
        .extracting(RunEvent.LineError::line)
        .containsExactly(5L, 6L, 7L, 8L);
    assertThat(database.letters())
        .extracting(Letter::reason)
        .containsExactlyInAnyOrder("invalid", "unparsable", "conflict", "invalid");
    assertThat(database.letters())
        .extracting(Letter::derivedId)
        .contains("purchase/b/2", "refund/a/r");
    assertThat(database.run(report.run()).state()).isEqualTo("done");
    assertThat(database.interrupts).isEqualTo(1);
  }

  @Test
  void upload_repeated_replacesItsLetters() {
    Ingest ingest = ingest();
    Upload upload = csv("1,s,d,1,2010-12-01 08:26:00,1,,F", "1,s,d,1,2010-12-01 08:26:00,1,7.0,F");
    summary(run(ingest, upload));
    Report.Ingest second = summary(run(ingest, upload));
    assertThat(second.duplicates()).isEqualTo(1);
    assertThat(second.rejected()).isEqualTo(1);
    assertThat(database.letters()).hasSize(1);
    Letter letter = database.letters().getFirst();
    assertThat(letter.run()).isEqualTo(second.run());
    assertThat(letter.line()).isEqualTo(2);
    assertThat(letter.derivedId()).isEqualTo("1-1");
    assertThat(letter.header()).isEqualTo(Samples.HEADER);
    assertThat(letter.profile()).isEqualTo("online-retail");
  }

  @Test
  void events_ofACustomer_keepTheirOrderThroughRetries() {
    Random random = new Random(3);
    customers.fault =
        _ ->
            random.nextInt(4) == 0
                ? new Reply.Refused(new ServiceError.Overloaded("full"), false)
                : null;
    String[] lines =
        IntStream.range(0, 3_000)
            .mapToObj(i -> purchase("c" + i % 7, String.valueOf(i), "s"))
            .toArray(String[]::new);
    Ingest ingest =
        ingest(
            "retry-min = 1 ms", "retry-max = 2 ms", "batch-events = 20", "in-flight-events = 300");
    assertThat(summary(run(ingest, json(lines))).accepted()).isEqualTo(3_000);
    assertThat(customers.overlaps).isZero();
    for (List<Change> changes : customers.accepted.values()) {
      assertThat(changes).extracting(c -> Integer.valueOf(((Purchase) c).id())).isSorted();
    }
  }

  @Test
  void upload_withUnknownOutcomes_repeatsUntilKnown() {
    AtomicInteger lost = new AtomicInteger();
    customers.delay =
        reply ->
            CompletableFuture.completedFuture(
                lost.incrementAndGet() <= 2
                    ? new Reply.Refused(new ServiceError.Timeout("late"), true)
                    : reply);
    Report.Ingest report = summary(run(ingest("retry-max = 50 ms"), json(purchase("a", "1", "s"))));
    assertThat(report.accepted() + report.duplicates()).isEqualTo(1);
    assertThat(customers.events()).isEqualTo(1);
  }

  @Test
  void outage_beyondPatience_endsWithAProblemAndTheCounters() {
    customers.fault =
        id ->
            id.equals("down")
                ? new Reply.Refused(
                    new ServiceError.Database(DatabaseCause.UNREACHABLE, "down"), false)
                : null;
    List<RunEvent> events =
        run(
            ingest("patience = 300 ms"),
            json(purchase("up", "1", "s"), purchase("down", "1", "s")));
    RunEvent.Problem problem = (RunEvent.Problem) events.getLast();
    assertThat(problem.error().code()).isEqualTo("ERR_DB");
    Report.Ingest report = (Report.Ingest) problem.report();
    assertThat(report.accepted()).isEqualTo(1);
    assertThat(report.committedLines()).isEqualTo(1);
    assertThat(database.run(report.run()).state()).isEqualTo("failed");
  }

  @Test
  void batch_refusedForItsData_isSentEventByEvent() {
    AtomicInteger calls = new AtomicInteger();
    customers.fault =
        _ ->
            calls.incrementAndGet() == 1
                ? new Reply.Refused(new ServiceError.Database(DatabaseCause.BAD_DATA, "bad"), false)
                : null;
    String body =
        String.join(
            "\n", purchase("a", "1", "s"), purchase("a", "2", "s"), purchase("a", "3", "s"));
    Upload upload = new Upload(null, false, Source.single(ByteString.fromString(body + "\n")));
    Report.Ingest report = summary(run(ingest(), upload));
    assertThat(report.accepted()).isEqualTo(3);
    assertThat(calls).hasValue(4);
  }

  @Test
  void body_cutInTheMiddle_keepsWholeLinesOnly() {
    CompletableFuture<ByteString> cut = new CompletableFuture<>();
    var failing =
        Source.single(
                ByteString.fromString(purchase("a", "1", "s") + "\n" + purchase("a", "2", "s")))
            .concat(Source.completionStage(cut));
    customers.delay =
        reply -> {
          cut.completeExceptionally(new IllegalStateException("connection reset"));
          return CompletableFuture.completedFuture(reply);
        };
    RunEvent.Problem problem =
        (RunEvent.Problem) run(ingest(), new Upload(null, false, failing)).getLast();
    assertThat(problem.error()).isInstanceOf(ServiceError.Validation.class);
    assertThat(((Report.Ingest) problem.report()).accepted()).isEqualTo(1);
    assertThat(customers.events()).isEqualTo(1);
  }

  @Test
  void body_withoutLastNewline_countsItsLastLine() {
    assertThat(
            summary(
                    run(
                        ingest(),
                        new Upload(
                            null,
                            false,
                            Source.single(ByteString.fromString(purchase("a", "1", "s"))))))
                .accepted())
        .isEqualTo(1);
  }

  @Test
  void overlongLine_becomesALetterOfItsBeginning() {
    String huge = "{\"type\":\"" + "x".repeat(10_000_000) + "\"}";
    Report.Ingest report = summary(run(ingest(), json(huge, purchase("a", "1", "s"))));
    assertThat(report.accepted()).isEqualTo(1);
    assertThat(report.rejected()).isEqualTo(1);
    Letter letter = database.letters().getFirst();
    assertThat(letter.reason()).isEqualTo("too_large");
    assertThat(letter.raw()).hasSize(Block.RAW_BYTES);
  }

  @Test
  void slowCustomers_holdTheSourceBack() throws InterruptedException {
    AtomicLong pulled = new AtomicLong();
    CompletableFuture<Void> gate = new CompletableFuture<>();
    CountDownLatch full = new CountDownLatch(20);
    customers.delay =
        reply -> {
          full.countDown();
          return gate.thenApply(_ -> reply);
        };
    Source<ByteString, NotUsed> body =
        Source.range(0, 9_999)
            .map(
                i -> {
                  pulled.incrementAndGet();
                  return ByteString.fromString(purchase("c" + i, "1", "s") + "\n");
                });
    CompletionStage<List<RunEvent>> events =
        events(ingest("in-flight-events = 20", "readers = 2"), new Upload(null, false, body));
    assertThat(full.await(10, TimeUnit.SECONDS)).isTrue();
    assertThat(pulled.get()).isLessThan(200);
    gate.complete(null);
    assertThat(summary(events.toCompletableFuture().join()).accepted()).isEqualTo(10_000);
  }

  @Test
  void stalledRun_tellsProgressAndLiveFigures() {
    CompletableFuture<ByteString> rest = new CompletableFuture<>();
    Ingest ingest = ingest("progress = 20 ms");
    var body =
        Source.single(ByteString.fromString(purchase("a", "1", "s") + "\n"))
            .concat(Source.completionStage(rest));
    List<RunEvent> seen = new ArrayList<>();
    join(
        ingest
            .start(new Upload(null, false, body))
            .thenCompose(
                source ->
                    source
                        .map(
                            e -> {
                              seen.add(e);
                              if (seen.size() == 5) {
                                rest.complete(ByteString.fromString(purchase("a", "2", "s")));
                              }
                              return e;
                            })
                        .runWith(Sink.ignore(), kit.system())));
    assertThat(seen.getFirst()).isInstanceOf(RunEvent.Started.class);
    assertThat(seen.subList(1, 5)).allMatch(e -> e instanceof RunEvent.Progress);
    assertThat(summary(seen).accepted()).isEqualTo(2);
  }

  @Test
  void cancel_ofARunningRun_keepsWhatWasCommitted() {
    Ingest ingest = ingest("progress = 20 ms");
    var body =
        Source.single(ByteString.fromString(purchase("a", "1", "s") + "\n")).concat(Source.maybe());
    List<RunEvent> seen = new ArrayList<>();
    join(
        ingest
            .start(new Upload(null, false, body))
            .thenCompose(
                source ->
                    source
                        .mapAsync(
                            1,
                            e -> {
                              seen.add(e);
                              boolean committed =
                                  e instanceof RunEvent.Progress(Report.Ingest r)
                                      && r.accepted() == 1;
                              String id =
                                  seen.getFirst() instanceof RunEvent.Started(String run)
                                      ? run
                                      : "";
                              return committed
                                  ? ingest.cancel(id).thenApply(_ -> e)
                                  : CompletableFuture.completedFuture(e);
                            })
                        .runWith(Sink.ignore(), kit.system())));
    RunEvent.Problem problem = (RunEvent.Problem) seen.getLast();
    String id = problem.report().run();
    assertThat(((Report.Ingest) problem.report()).accepted()).isEqualTo(1);
    assertThat(database.run(id).state()).isEqualTo("cancelled");
    // Its last event may come before it has been taken out of those that run.
    kit.createTestProbe()
        .awaitAssert(
            () -> {
              assertThat(join(ingest.cancel(id))).contains(false);
              return null;
            });
    assertThat(join(ingest.cancel("nobody"))).isEmpty();
    assertThat(join(ingest.run(id)).orElseThrow().report()).contains("\"accepted\":1");
  }

  @Test
  void leave_withARunningRun_tellsWhatWasCommittedAndBeginsNoMore() {
    Ingest ingest = ingest("progress = 20 ms");
    var body =
        Source.single(ByteString.fromString(purchase("a", "1", "s") + "\n")).concat(Source.maybe());
    List<RunEvent> seen = new ArrayList<>();
    join(
        ingest
            .start(new Upload(null, false, body))
            .thenCompose(
                source ->
                    source
                        .map(
                            e -> {
                              seen.add(e);
                              if (e instanceof RunEvent.Progress(Report.Ingest r)
                                  && r.accepted() == 1) {
                                ingest.leave();
                              }
                              return e;
                            })
                        .runWith(Sink.ignore(), kit.system())));
    RunEvent.Problem problem = (RunEvent.Problem) seen.getLast();
    assertThat(problem.error()).isInstanceOf(ServiceError.Overloaded.class);
    assertThat(((Report.Ingest) problem.report()).accepted()).isEqualTo(1);
    assertThat(database.run(problem.report().run()).state()).isEqualTo("interrupted");
    assertThatThrownBy(() -> join(ingest.start(new Upload(null, false, Source.empty()))))
        .hasMessageContaining("leaving");
  }

  @Test
  void runs_moreThanAllowed_refusedEarly() {
    Ingest ingest = ingest("runs = 1");
    join(ingest.start(new Upload(null, false, Source.maybe())));
    assertThatThrownBy(() -> join(ingest.start(json(purchase("a", "1", "s")))))
        .isInstanceOfSatisfying(
            Fault.class, f -> assertThat(f.error()).isInstanceOf(ServiceError.Overloaded.class));
    assertThat(join(ingest.runs(10, null))).hasSize(1);
  }

  @Test
  void uploads_refusedAsSuch_failBeforeTheFirstLine() {
    Ingest ingest = ingest();
    for (Upload upload :
        List.of(
            new Upload("nobody", false, Source.empty()),
            new Upload("online-retail", false, Source.empty()),
            new Upload(
                "online-retail", false, Source.single(ByteString.fromString("a,b\n1,2\n"))))) {
      assertThatThrownBy(() -> join(ingest.start(upload)))
          .isInstanceOfSatisfying(
              Fault.class, f -> assertThat(f.error()).isInstanceOf(ServiceError.Validation.class));
    }
    assertThat(database.runs).isEmpty();
  }

  @Test
  void start_withTheDatabaseDown_refusedRetryably() {
    Ingest ingest = ingest();
    join(ingest.runs(1, null));
    database.fault = new ServiceError.Database(DatabaseCause.UNREACHABLE, "down");
    assertThatThrownBy(() -> join(ingest.start(json(purchase("a", "1", "s")))))
        .isInstanceOfSatisfying(Fault.class, f -> assertThat(f.error().retryable()).isTrue());
  }

  @Test
  void replay_ofACorrectedLine_keepsItsIdAndDropsTheLetter() {
    Ingest ingest = ingest();
    summary(
        run(ingest, csv("1,s,d,1,2010-12-01 08:26:00,1,8,F", "1,s,d,1,2010-12-01 08:26:00,1,,F")));
    long id = database.letters().getFirst().id();
    var corrected = new Replay.One(id, "1,s,d,1,2010-12-01 08:26:00,1,7.0,F");
    assertThat(summary(replay(ingest, corrected)).accepted()).isEqualTo(1);
    assertThat(database.letters()).isEmpty();
    assertThat(((Purchase) customers.accepted.get("7").getFirst()).id()).isEqualTo("1-2");
  }

  @Test
  void replay_ofAllLetters_leavesTheStillWrong() {
    Ingest ingest = ingest();
    customers.fault = _ -> new Reply.Refused(new ServiceError.Conflict("suppressed"), false);
    summary(run(ingest, json(purchase("a", "1", "s"), purchase("b", "1", "s"), "junk")));
    assertThat(database.letters()).hasSize(3);
    customers.fault = _ -> null;
    Report.Ingest report = summary(replay(ingest, new Replay.All(null, "conflict")));
    assertThat(report.lines()).isEqualTo(2);
    assertThat(report.accepted()).isEqualTo(2);
    Report.Ingest rest = summary(replay(ingest, new Replay.All(null, "unparsable")));
    assertThat(rest.rejected()).isEqualTo(1);
    assertThat(database.letters()).hasSize(1);
  }

  @Test
  void replay_withAnotherReason_replacesTheLetter() {
    Ingest ingest = ingest();
    summary(run(ingest, json("junk")));
    long id = database.letters().getFirst().id();
    String line = "{\"type\":\"refund\",\"customer_id\":\"c\",\"id\":\"r\",\"amount_minor\":-1}";
    assertThat(summary(replay(ingest, new Replay.One(id, line))).rejected()).isEqualTo(1);
    kit.createTestProbe()
        .awaitAssert(
            () -> {
              assertThat(database.letters()).extracting(Letter::reason).containsExactly("invalid");
              return null;
            });
  }

  @Test
  void letters_thatCannotBeWritten_endTheRun() {
    Ingest ingest = ingest("patience = 200 ms", "save-timeout = 200 ms");
    customers.delay =
        reply -> {
          database.fault = new ServiceError.Database(DatabaseCause.UNREACHABLE, "down");
          return CompletableFuture.completedFuture(reply);
        };
    List<RunEvent> events = run(ingest, json(purchase("a", "1", "s"), "junk"));
    RunEvent.Problem problem = (RunEvent.Problem) events.getLast();
    assertThat(((Report.Ingest) problem.report()).rejected()).isZero();
    assertThat(((Report.Ingest) problem.report()).committedLines()).isEqualTo(1);
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
                      InstantSource.system()));
              return Behaviors.empty();
            }));
    return door.join();
  }

  private List<RunEvent> run(Ingest ingest, Upload upload) {
    return join(events(ingest, upload));
  }

  @ParameterizedTest
  @CsvSource({
    "'\"amount_minor\":0', rejected, no_customer",
    "'\"customer_id\":null,\"amount_minor\":0', rejected, no_customer",
    "'\"customer_id\":\"1\",\"amount_minor\":0', skipped,",
    "'\"customer_id\":\"1\",\"amount_minor\":0,\"quantity\":0', skipped,",
    "'\"customer_id\":\"1\",\"amount_minor\":0.0', rejected, invalid",
    "'\"customer_id\":5,\"amount_minor\":0', rejected, invalid",
  })
  void lines_ofJson_judgedInTheOrderOfAllUploads(String fields, String outcome, String reason) {
    byte[] body = ("{\"type\":\"purchase\",\"id\":\"p\"," + fields + "}\n").getBytes(UTF_8);
    List<Block> blocks = Samples.blocks(false, 1 << 20, body, 1 << 16);
    JsonReader reader =
        new JsonReader(new EventJson("GBP", InstantSource.system()), false, 1 << 20);
    Verdict verdict = reader.read(blocks.getFirst()).getFirst().verdict();
    if (outcome.equals("skipped")) {
      assertThat(verdict).isInstanceOf(Verdict.Skipped.class);
    } else {
      assertThat(((Verdict.Rejected) verdict).reason()).isEqualTo(reason);
    }
  }

  private CompletionStage<List<RunEvent>> events(Ingest ingest, Upload upload) {
    return ingest.start(upload).thenCompose(s -> s.runWith(Sink.seq(), kit.system()));
  }

  private List<RunEvent> replay(Ingest ingest, Replay replay) {
    return join(ingest.replay(replay).thenCompose(s -> s.runWith(Sink.seq(), kit.system())));
  }

  private static Report.Ingest summary(List<RunEvent> events) {
    assertThat(events.getLast()).isInstanceOf(RunEvent.Summary.class);
    Report.Ingest r = (Report.Ingest) ((RunEvent.Summary) events.getLast()).report();
    assertThat(r.lines()).isEqualTo(r.accepted() + r.duplicates() + r.rejected() + r.skipped());
    assertThat(r.committedLines()).isEqualTo(r.lines());
    return r;
  }

  private static <T> T join(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
    } catch (CompletionException e) {
      throw e.getCause() instanceof Fault fault ? fault : e;
    }
  }

  private static Upload json(String... lines) {
    return new Upload(
        null, false, Source.from(List.of(lines)).map(l -> ByteString.fromString(l + "\n")));
  }

  private static Upload csv(String... lines) {
    String body = Samples.HEADER + "\r\n" + String.join("\r\n", lines) + "\r\n";
    return new Upload(
        "online-retail", false, Source.single(ByteString.fromArray(body.getBytes(UTF_8))));
  }

  private static String purchase(String customer, String id, String sku) {
    return "{\"type\":\"purchase\",\"customer_id\":\""
        + customer
        + "\",\"id\":\""
        + id
        + "\",\"sku\":\""
        + sku
        + "\",\"quantity\":1,\"amount_minor\":100}";
  }
}
