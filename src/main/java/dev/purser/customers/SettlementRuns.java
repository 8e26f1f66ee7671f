package dev.purser.customers;

import dev.purser.database.Chore;
import dev.purser.database.Database;
import dev.purser.database.Query;
import dev.purser.database.Query.SettlementTotal;
import dev.purser.database.RunRow;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.RunEvent;
import dev.purser.ledger.RunIds;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Graph;
import org.apache.pekko.stream.KillSwitches;
import org.apache.pekko.stream.SharedKillSwitch;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The settlements of everybody as the database keeps them: found by key, opened, ended. Immutable;
/// safe for many threads. Stages fail with a [Fault].
final class SettlementRuns {
  private static final Logger LOG = LoggerFactory.getLogger(SettlementRuns.class);

  static final String DONE = "done";
  private static final String RUNNING = "running";
  private static final String KIND = "settlement";
  private static final ServiceError HELD =
      new ServiceError.Conflict("Another settlement holds the same id.");
  private static final ServiceError TAKEN_OVER =
      new ServiceError.Conflict("This settlement goes on elsewhere, under the same id.");
  static final ServiceError CANCELLED =
      new ServiceError.Conflict("The run was cancelled; what it has settled stays settled.");
  private static final SettlementTotal NOTHING = new SettlementTotal(0, List.of());

  /// Begins the name under which customers remember a run. Ids of callers hold no control
  /// characters, so that no settlement of one customer can pass for one of everybody.
  private static final String EVERYBODY = "all\t";

  /// The same of a run without a key, whose id a caller may choose as the key of another run.
  private static final String UNNAMED = "run\t";

  private final Customers customers;
  private final CustomersSettings.Settlements settings;
  private final InstantSource clock;

  SettlementRuns(Customers customers, CustomersSettings.Settlements settings, InstantSource clock) {
    this.customers = customers;
    this.settings = settings;
    this.clock = clock;
  }

  /// A run and what had been settled under it before.
  record Opened(RunRow run, SettlementTotal before) {
    /// Under which customers remember it.
    String name() {
      return run.key() == null ? UNNAMED + run.id() : EVERYBODY + run.key();
    }

    boolean ended() {
      return run.state().equals(DONE);
    }
  }

  /// Finds the run of `key` or makes one, and marks it as running.
  CompletionStage<Opened> open(@Nullable String key) {
    long now = clock.millis();
    RunRow fresh = new RunRow(RunIds.at(now), KIND, RUNNING, key, now, null, "{}");
    if (key == null) {
      return keep(fresh).thenApply(run -> new Opened(run, NOTHING));
    }
    return customers
        .answer(new Query.RunByKey(KIND, key), deadline())
        .thenCompose(
            known -> {
              if (known.isEmpty()) {
                return keep(fresh).thenCompose(this::withSums);
              }
              RunRow run = known.get();
              return run.state().equals(DONE)
                  ? CompletableFuture.completedFuture(new Opened(run, NOTHING))
                  : proceed(run).thenCompose(this::withSums);
            });
  }

  /// Takes over a run that has not come to its end. Whoever worked on it, if anything still does,
  /// finds that out with its next sign of life.
  private CompletionStage<RunRow> proceed(RunRow run) {
    long attempt = ThreadLocalRandom.current().nextLong();
    return order(new Chore.ContinueRun(run.id(), run.attempt(), attempt), HELD)
        .thenApply(_ -> in(run, RUNNING, null, attempt));
  }

  private CompletionStage<Opened> withSums(RunRow run) {
    Opened opened = new Opened(run, NOTHING);
    return customers
        .answer(new Query.SettlementSums(opened.name()), deadline())
        .thenApply(before -> new Opened(run, before));
  }

  private RunRow in(
      RunRow run, String state, RunEvent.Report.@Nullable Settlement report, long attempt) {
    return new RunRow(
        run.id(),
        KIND,
        state,
        run.key(),
        run.startedMillis(),
        state.equals(RUNNING) ? null : clock.millis(),
        report == null ? run.report() : SettlementReport.json(report),
        attempt,
        false);
  }

  /// Keeps `run` in a new state; with its old report if it has no new one.
  CompletionStage<RunRow> keep(
      RunRow run, String state, RunEvent.Report.@Nullable Settlement report) {
    RunRow kept = in(run, state, report, run.attempt());
    return order(new Chore.KeepRun(kept), TAKEN_OVER).thenApply(_ -> kept);
  }

  private CompletionStage<RunRow> keep(RunRow fresh) {
    return order(new Chore.KeepRun(fresh), HELD).thenApply(_ -> fresh);
  }

  /// Keeps an eye on the row of `run` while it runs.
  Watch watch(RunRow run) {
    return new Watch(run);
  }

  /// What one run and its row have to say to each other while it runs. A run that is cancelled, or
  /// taken over, begins no further customer; those in flight are finished, and its sums are taken
  /// as at any end. Safe for many threads.
  final class Watch {
    private final RunRow run;
    private final SharedKillSwitch stop = KillSwitches.shared("settlement");
    private final AtomicReference<@Nullable ServiceError> why = new AtomicReference<>();
    private final AtomicBoolean asking = new AtomicBoolean();

    private Watch(RunRow run) {
      this.run = run;
    }

    /// Ends the stream when the run shall stop.
    <T> Graph<FlowShape<T, T>, SharedKillSwitch> untilStopped() {
      return stop.flow();
    }

    /// Why the run was stopped, or null if it was not.
    @Nullable ServiceError whyStopped() {
      return why.get();
    }

    /// Tells other nodes that the run is alive, and asks whether it shall stop. If the database
    /// does not answer, the next sign may come through; what has been silent too long for the other
    /// nodes' patience is shown as interrupted until one does.
    void sign() {
      if (asking.compareAndSet(false, true)) {
        var see = new Chore.SeeRun(run.id(), run.attempt());
        var seen = customers.order(see, Database.Lane.INTERACTIVE, deadline());
        var _ =
            customers
                .answer(new Query.OneRun(run.id()), deadline())
                .thenAccept(
                    row -> row.filter(r -> r.isOverFor(run.attempt())).ifPresent(this::stop))
                .thenCombine(seen, (_, rows) -> rows)
                .whenComplete((_, _) -> asking.set(false));
      }
    }

    private void stop(RunRow row) {
      ServiceError error = row.attempt() == run.attempt() ? CANCELLED : TAKEN_OVER;
      if (why.compareAndSet(null, error)) {
        LOG.info("Settlement {} begins no further customer: {}", run.id(), error.message());
        stop.shutdown();
      }
    }
  }

  private CompletionStage<Long> order(Chore chore, ServiceError otherwise) {
    return customers
        .order(chore, Database.Lane.INTERACTIVE, deadline())
        .thenApply(
            rows -> {
              if (rows == 0) {
                throw new Fault(otherwise);
              }
              return rows;
            });
  }

  /// Of one attempt that starts now.
  long deadline() {
    return clock.millis() + settings.timeout().toMillis();
  }
}
