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
import org.jspecify.annotations.Nullable;

/// The settlements of everybody as the database keeps them: found by key, opened, ended. Immutable;
/// safe for many threads. Stages fail with a [Fault].
final class SettlementRuns {
  static final String DONE = "done";
  private static final String RUNNING = "running";
  private static final String KIND = "settlement";
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
              RunRow run = known.orElse(fresh);
              return run.state().equals(DONE)
                  ? CompletableFuture.completedFuture(new Opened(run, NOTHING))
                  : keep(run, RUNNING, null).thenCompose(this::withSums);
            });
  }

  private CompletionStage<Opened> withSums(RunRow run) {
    Opened opened = new Opened(run, NOTHING);
    return customers
        .answer(new Query.SettlementSums(opened.name()), deadline())
        .thenApply(before -> new Opened(run, before));
  }

  private RunRow in(RunRow run, String state, RunEvent.Report.@Nullable Settlement report) {
    return new RunRow(
        run.id(),
        KIND,
        state,
        run.key(),
        run.startedMillis(),
        state.equals(RUNNING) ? null : clock.millis(),
        report == null ? run.report() : SettlementReport.json(report));
  }

  /// Keeps `run` in a new state; with its old report if it has no new one.
  CompletionStage<RunRow> keep(
      RunRow run, String state, RunEvent.Report.@Nullable Settlement report) {
    return keep(in(run, state, report));
  }

  /// Tells other nodes that the run is alive. If that fails, the next sign may come through; what
  /// has been silent too long for their patience is shown as interrupted until one does.
  void see(RunRow run) {
    var _ = customers.order(new Chore.SeeRun(run.id()), Database.Lane.INTERACTIVE, deadline());
  }

  private CompletionStage<RunRow> keep(RunRow run) {
    return customers
        .order(new Chore.KeepRun(run), Database.Lane.INTERACTIVE, deadline())
        .thenApply(
            rows -> {
              if (rows == 0) {
                throw new Fault(new ServiceError.Conflict("Another settlement holds the same id."));
              }
              return run;
            });
  }

  /// Of one attempt that starts now.
  long deadline() {
    return clock.millis() + settings.timeout().toMillis();
  }
}
