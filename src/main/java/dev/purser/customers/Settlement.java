package dev.purser.customers;

import dev.purser.customers.Customer.Reply;
import dev.purser.database.Query;
import dev.purser.database.Query.SettlementTotal;
import dev.purser.database.RunRow;
import dev.purser.faults.Backoff;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.RunEvent;
import dev.purser.ledger.Settle;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.function.Supplier;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.japi.pf.PFBuilder;
import org.apache.pekko.pattern.Patterns;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import scala.PartialFunction;

/// The settlement of everybody: a stream that pages through the customers with pending refunds,
/// settles so many at a time, and tells how it goes no faster than it is read.
///
/// Every customer remembers the settlement under the run's own name, so that a run that died is
/// continued by the same key without applying anything twice, and its sums are taken from the
/// database: they are exact whatever happened in the middle.
///
/// Immutable; safe for many threads.
final class Settlement {
  private static final Logger LOG = LoggerFactory.getLogger(Settlement.class);

  private static final String CANCELLED = "cancelled";
  private static final Backoff BACKOFF = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(5));

  private final Customers customers;
  private final ActorSystem<?> system;
  private final CustomersSettings.Settlements settings;
  private final InstantSource clock;
  private final SettlementRuns runs;
  private final HeldKeys running;

  Settlement(
      Customers customers,
      ActorSystem<?> system,
      CustomersSettings.Settlements settings,
      InstantSource clock,
      HeldKeys running) {
    this.customers = customers;
    this.system = system;
    this.settings = settings;
    this.clock = clock;
    this.running = running;
    runs = new SettlementRuns(customers, settings, clock);
  }

  /// What happens to a run.
  private sealed interface Step {}

  private record Settled(Outcome.Settled outcome) implements Step {}

  private record Failed(ServiceError error) implements Step {}

  private record Ended(SettlementTotal total) implements Step {}

  private record Tick() implements Step {}

  /// Runs when it is materialised.
  Source<RunEvent, NotUsed> run(@Nullable String key) {
    return Source.lazySource(() -> key == null ? start(null) : only(key))
        .mapMaterializedValue(_ -> NotUsed.getInstance());
  }

  /// One run of a key at a time.
  private Source<RunEvent, NotUsed> only(String key) {
    return running
        .hold(key)
        .map(hold -> hold.until(Settlement::isLast, start(key)))
        .orElseGet(
            () -> {
              String sentence = "The settlement '" + key + "' is running already.";
              return Source.single(notOpened(new ServiceError.Conflict(sentence)));
            });
  }

  private Source<RunEvent, NotUsed> start(@Nullable String key) {
    return Source.completionStage(runs.open(key))
        .flatMapConcat(opened -> opened.ended() ? again(opened.run()) : proceed(opened))
        .recover(failure(Settlement::notOpened))
        .mapMaterializedValue(_ -> NotUsed.getInstance());
  }

  /// A run that ended before, told again.
  private static Source<RunEvent, NotUsed> again(RunRow run) {
    return Source.<RunEvent>from(
        List.of(
            new RunEvent.Started(run.id()),
            new RunEvent.Summary(SettlementReport.parse(run.id(), run.report()))));
  }

  private Source<RunEvent, NotUsed> proceed(SettlementRuns.Opened opened) {
    AtomicBoolean told = new AtomicBoolean();
    SettlementRuns.Watch watch = runs.watch(opened.run());
    return steps(opened, watch)
        .statefulMap(
            () -> new SettlementReport(opened.run().id(), opened.before()),
            (report, step) -> Pair.create(report, events(report, step, watch)),
            _ -> Optional.empty())
        .mapConcat(events -> events)
        .prepend(Source.single(new RunEvent.Started(opened.run().id())))
        .takeWhile(event -> !isLast(event), true)
        .mapAsync(
            1, event -> isLast(event) ? keepLast(opened.run(), event, told) : goesOn(event, watch))
        .watchTermination(
            (mat, done) -> {
              var _ = done.whenComplete((_, _) -> abandoned(opened.run(), told));
              return mat;
            });
  }

  /// Settles all pages of customers; ticks meanwhile.
  private Source<Step, NotUsed> steps(SettlementRuns.Opened opened, SettlementRuns.Watch watch) {
    Source<Step, NotUsed> end =
        Source.lazyCompletionStage(
                () ->
                    patiently(
                        () ->
                            customers.answer(
                                new Query.SettlementSums(opened.name()), runs.deadline())))
            .<Step>map(Ended::new)
            .mapMaterializedValue(_ -> NotUsed.getInstance());
    Source<Step, NotUsed> ticks =
        Source.tick(settings.progress(), settings.progress(), (Step) new Tick())
            .mapMaterializedValue(_ -> NotUsed.getInstance());
    return pending()
        .via(watch.untilStopped())
        .mapAsyncUnordered(settings.inFlight(), id -> patiently(() -> settle(id, opened.name())))
        .mapConcat(step -> step)
        .concatLazy(end)
        .recover(failure(Failed::new))
        .merge(ticks, true);
  }

  /// The ids of customers with pending refunds, page by page.
  private Source<String, NotUsed> pending() {
    return Source.unfoldAsync(
            Optional.<String>empty(),
            after ->
                patiently(
                        () ->
                            customers.answer(
                                new Query.PendingCustomers(settings.page(), after.orElse(null)),
                                runs.deadline()))
                    .thenApply(
                        ids ->
                            ids.isEmpty()
                                ? Optional.<Pair<Optional<String>, List<String>>>empty()
                                : Optional.of(Pair.create(Optional.of(ids.getLast()), ids))))
        .mapConcat(ids -> ids);
  }

  /// Settles one customer; nothing to tell of it if it has been erased meanwhile.
  private CompletionStage<List<Step>> settle(String id, String name) {
    return customers
        .apply(id, List.of(new Settle(name)), null, true, runs.deadline())
        .thenApply(
            reply ->
                switch (reply) {
                  case Reply.Applied applied -> step(applied.outcomes().getFirst());
                  case Reply.Refused(ServiceError error, boolean _) -> throw new Fault(error);
                  case Reply.Read _ -> List.of();
                });
  }

  private static List<Step> step(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Settled settled -> List.of(new Settled(settled));
      case Outcome.Refused(ServiceError.NotFound _) -> List.of();
      case Outcome.Refused(ServiceError error) -> throw new Fault(error);
      case Outcome.Accepted _, Outcome.Duplicate _, Outcome.Erased _ -> List.of();
    };
  }

  private List<RunEvent> events(SettlementReport report, Step step, SettlementRuns.Watch watch) {
    return switch (step) {
      case Settled(Outcome.Settled outcome) -> {
        report.add(outcome);
        yield List.of();
      }
      case Tick _ -> List.of(new RunEvent.Progress(report.now(false)));
      case Failed(ServiceError error) -> List.of(new RunEvent.Problem(error, report.now(false)));
      case Ended(SettlementTotal total) -> {
        report.replace(total);
        ServiceError why = watch.whyStopped();
        yield List.of(
            why == null
                ? new RunEvent.Summary(report.now(false))
                : new RunEvent.Problem(why, report.now(false)));
      }
    };
  }

  /// Keeps the run as its last event says, before that is told. A summary that cannot be kept is a
  /// problem: the same key would not find it.
  private CompletionStage<RunEvent> keepLast(RunRow run, RunEvent last, AtomicBoolean told) {
    told.set(true);
    return switch (last) {
      case RunEvent.Summary(RunEvent.Report.Settlement report) ->
          runs.keep(run, SettlementRuns.DONE, report)
              .thenApply(_ -> last)
              .exceptionally(e -> new RunEvent.Problem(errorOf(e), report));
      case RunEvent.Problem(ServiceError error, RunEvent.Report.Settlement report) ->
          runs.keep(run, error.equals(SettlementRuns.CANCELLED) ? CANCELLED : "failed", report)
              .handle((_, e) -> noted(run, last, e));
      case RunEvent.Summary _, RunEvent.Problem _, RunEvent.Started _, RunEvent.Progress _ ->
          done(last);
    };
  }

  /// A run that goes on gives a sign of life as often as it reports.
  private static CompletionStage<RunEvent> goesOn(RunEvent event, SettlementRuns.Watch watch) {
    if (event instanceof RunEvent.Progress) {
      watch.sign();
    }
    return done(event);
  }

  /// Marks a run that nobody listens to any more.
  private void abandoned(RunRow run, AtomicBoolean told) {
    if (!told.get()) {
      var _ = runs.keep(run, CANCELLED, null).handle((_, e) -> noted(run, run, e));
    }
  }

  private static <T> T noted(RunRow run, T value, @Nullable Throwable failure) {
    if (failure != null) {
      LOG.warn("How settlement {} ended could not be kept: {}", run.id(), failure.getMessage());
    }
    return value;
  }

  /// Repeats what fails retryably, for as long as the settings say.
  private <T> CompletionStage<T> patiently(Supplier<CompletionStage<T>> call) {
    return patiently(call, 0, clock.millis() + settings.patience().toMillis());
  }

  private <T> CompletionStage<T> patiently(
      Supplier<CompletionStage<T>> call, int attempt, long untilMillis) {
    return call.get()
        .exceptionallyCompose(
            thrown -> {
              long pause = BACKOFF.delayMillis(attempt, ThreadLocalRandom.current());
              return errorOf(thrown).retryable() && clock.millis() + pause < untilMillis
                  ? Patterns.after(
                      Duration.ofMillis(pause),
                      system,
                      () -> patiently(call, attempt + 1, untilMillis))
                  : CompletableFuture.failedStage(thrown);
            });
  }

  private static <T> PartialFunction<Throwable, T> failure(Function<ServiceError, T> told) {
    return new PFBuilder<Throwable, T>().matchAny(e -> told.apply(errorOf(e))).build();
  }

  private static RunEvent notOpened(ServiceError error) {
    return new RunEvent.Problem(error, new RunEvent.Report.Settlement("", false, 0, 0, List.of()));
  }

  private static boolean isLast(RunEvent event) {
    return event instanceof RunEvent.Summary || event instanceof RunEvent.Problem;
  }

  private static CompletionStage<RunEvent> done(RunEvent event) {
    return CompletableFuture.completedFuture(event);
  }

  private static ServiceError errorOf(Throwable thrown) {
    if (Fault.cause(thrown) instanceof Fault fault) {
      return fault.error();
    }
    LOG.error("A settlement failed unexpectedly", thrown);
    return new ServiceError.Internal("An unexpected failure ended the settlement.");
  }
}
