package dev.purser.ingest;

import dev.purser.faults.ServiceError;
import dev.purser.ingest.Batches.Batch;
import dev.purser.ingest.Batches.Item;
import dev.purser.ingest.Destination.OfCustomer;
import dev.purser.ingest.Destination.OfRecords;
import dev.purser.ingest.Verdict.Rejected;
import dev.purser.ledger.Change;
import dev.purser.ledger.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/// The events of one run on their way to their customers, and records to their partitions. Confined
/// to the run that owns it.
///
/// *Order.* See [Batches]. A refused batch stays in front of what waits for the same destination.
///
/// *Failure.* A retryable refusal is repeated with backoff while patience lasts. A batch refused
/// for its data is sent event by event, to find the one that spoils it. Anything else fails the
/// run.
///
/// *Counting.* A save whose outcome was unknown at its deadline is sent again under a new change
/// id. If the first one was applied after all, its lines come back as duplicates and are counted
/// so: after lost saves `accepted` may be too low and `duplicates` too high by the same number.
/// Their sum, and what is stored, are exact.
final class Deliveries {
  private final ActorContext<Run.Command> context;
  private final TimerScheduler<Run.Command> timers;
  private final Run.Setup setup;
  private final Lines lines;
  private final Letters letters;
  private final Consumer<ServiceError> fail;
  private final Batches batches;
  private int sent; // batches that an answer is due for
  private boolean abandoned;

  Deliveries(
      ActorContext<Run.Command> context,
      TimerScheduler<Run.Command> timers,
      Run.Setup setup,
      Lines lines,
      Letters letters,
      Consumer<ServiceError> fail) {
    this.context = context;
    this.timers = timers;
    this.setup = setup;
    this.lines = lines;
    this.letters = letters;
    this.fail = fail;
    this.batches = new Batches(setup.settings().batchEvents(), setup.settings().batchBytes());
  }

  void add(Destination to, Item item) {
    batches.add(to, item);
  }

  /// Sends what waits for those that have nothing in flight.
  void sendReady() {
    batches.takeReady(now()).forEach(this::send);
  }

  void send(Batch batch) {
    if (abandoned) {
      return;
    }
    sent++;
    long deadline = now() + setup.settings().saveTimeout().toMillis();
    context.pipeToSelf(
        switch (batch.to()) {
          case OfCustomer(String id) ->
              setup.customers().apply(id, changes(batch), deadline).thenApply(Delivered::of);
          case OfRecords(String type, int partition) ->
              setup
                  .records()
                  .apply(type, partition, recordChanges(batch), deadline)
                  .thenApply(Delivered::of);
        },
        (delivered, failure) ->
            new Run.Replied(
                batch, failure == null ? delivered : new Delivered.Not(Chores.error(failure))));
  }

  private static List<Change> changes(Batch batch) {
    return batch.items().stream().map(i -> ((Verdict.Event) i.line().verdict()).change()).toList();
  }

  private static List<dev.purser.partitions.Change> recordChanges(Batch batch) {
    return batch.items().stream()
        .map(i -> ((Verdict.RecordChange) i.line().verdict()).change())
        .toList();
  }

  void onReplied(Batch batch, Delivered delivered) {
    sent--;
    switch (delivered) {
      case Delivered.Done done -> onDone(batch, done);
      case Delivered.Not(ServiceError error) -> onRefused(batch, error);
    }
  }

  /// Sends nothing more; answers that are due are still counted.
  void abandon() {
    abandoned = true;
    batches.clear();
  }

  /// Whether no answer is due.
  boolean idle() {
    return sent == 0;
  }

  private void onDone(Batch batch, Delivered.Done done) {
    if (done.created()) {
      lines.created();
    }
    for (int i = 0; i < batch.items().size(); i++) {
      decided(batch, batch.items().get(i), done.outcomes().get(i));
    }
    advance(batch.to());
  }

  private void decided(Batch batch, Item item, Outcome outcome) {
    switch (outcome) {
      case Outcome.Refused(ServiceError error) ->
          letters.post(item, Rejected.refused(error, batch.to().customer()));
      case Outcome.Accepted _, Outcome.Duplicate _, Outcome.Settled _, Outcome.Erased _ -> {
        boolean duplicate = outcome instanceof Outcome.Duplicate;
        if (item.line().letter() == null) {
          lines.stored(item, outcome);
        } else {
          letters.drop(item, duplicate);
        }
      }
    }
  }

  private void onRefused(Batch batch, ServiceError error) {
    long waited = now() - batch.sinceMillis();
    if (error.retryable() && waited < setup.settings().patience().toMillis()) {
      IngestMetrics.INSTANCE.retries.increment();
      Duration wait = Chores.backoff(setup.settings(), batch.attempt());
      timers.startSingleTimer(batch.to(), new Run.Resend(batch.again()), wait);
    } else if (error.retryable() || error instanceof ServiceError.Internal) {
      fail.accept(error);
    } else if (batch.items().size() > 1 && error instanceof ServiceError.Database) {
      batches.split(batch);
      advance(batch.to());
    } else {
      batch.items().forEach(i -> letters.post(i, Rejected.refused(error, batch.to().customer())));
      advance(batch.to());
    }
  }

  private void advance(Destination to) {
    Batch next = batches.next(to, now());
    if (next != null) {
      send(next);
    }
  }

  private long now() {
    return setup.clock().millis();
  }
}
