package dev.purser.ingest;

import dev.purser.database.Chore;
import dev.purser.database.Query;
import dev.purser.database.RunRow;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.RunEvent;
import dev.purser.ledger.RunEvent.Report;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// What others learn of a run: its sender by events, the node by live figures, everybody later by
/// its row in the database. Confined to the run that owns it. A row that is written late does not
/// undo the run's end: see [Chore.KeepRun].
final class Account {
  private final ActorRef<Run.Command> run;
  private final Run.Setup setup;
  private final Lines lines;
  private long rowAtMillis;
  private CompletionStage<Long> kept = CompletableFuture.completedStage(0L);
  private CompletionStage<?> looked = kept;

  Account(ActorRef<Run.Command> run, Run.Setup setup, Lines lines) {
    this.run = run;
    this.setup = setup;
    this.lines = lines;
    this.rowAtMillis = setup.clock().millis();
  }

  /// @param open whether the row may still be written as running
  void progress(boolean open) {
    setup.events().offer(new RunEvent.Progress(report()));
    RunRow row = row("running", null);
    setup.runs().tell(new Runs.Told(row));
    long now = setup.clock().millis();
    boolean due = now - rowAtMillis >= setup.settings().rowEvery().toMillis();
    // One at a time: of two writers the later one's row could be written first.
    if (open && due && kept.toCompletableFuture().isDone()) {
      rowAtMillis = now;
      Chore keep = new Chore.KeepRun(row);
      kept = Chores.noted(keep, setup.chores().now(keep));
    }
    if (open && looked.toCompletableFuture().isDone()) {
      look();
    }
  }

  /// Asks whether the run shall end: another node marks its row to cancel it. An outage of the
  /// database does not end it.
  private void look() {
    RunRow row = setup.row();
    looked =
        setup
            .chores()
            .ask(new Query.OneRun(row.id()))
            .thenAccept(
                found -> {
                  if (found.isPresent() && found.get().isOverFor(row.attempt())) {
                    run.tell(new Run.CancelledElsewhere());
                  }
                })
            .exceptionally(_ -> null);
  }

  /// Stores how it ended; a failure of that is noted and does not keep the run from ending.
  CompletionStage<Long> keepEnd(String state) {
    Chore keep = new Chore.KeepRun(row(state, setup.clock().millis()));
    return Chores.noted(keep, setup.chores().patiently(keep, setup.settings().saveTimeout()));
  }

  /// Tells the sender the end, and the parent.
  void end(@Nullable ServiceError problem, boolean stored) {
    Report.Ingest report = report();
    setup
        .events()
        .offer(
            problem == null ? new RunEvent.Summary(report) : new RunEvent.Problem(problem, report));
    setup.events().complete();
    setup.runs().tell(new Runs.Over(setup.row().id(), stored, lines.rejected()));
  }

  private RunRow row(String state, @Nullable Long finishedMillis) {
    RunRow row = setup.row();
    return new RunRow(
        row.id(),
        row.kind(),
        state,
        row.key(),
        row.startedMillis(),
        finishedMillis,
        Counters.json(report()));
  }

  private Report.Ingest report() {
    return lines.report(setup.row().id());
  }
}
