package dev.purser.ingest;

import dev.purser.customers.Customer.Reply;
import dev.purser.faults.ServiceError;
import dev.purser.ingest.Batches.Batch;
import dev.purser.ingest.Batches.Item;
import dev.purser.ingest.Verdict.Rejected;
import dev.purser.ledger.Outcome;
import java.time.Duration;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/// The events of one run on their way to their customers. Confined to the run that owns it.
///
/// *Order.* See [Batches]. A refused batch stays in front of its customer's later events.
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
    this.batches = new Batches(setup.settings().batchEvents());
  }

  void add(String customer, Item item) {
    batches.add(customer, item);
  }

  /// Sends what waits for customers that have nothing in flight.
  void sendReady() {
    batches.takeReady(now()).forEach(this::send);
  }

  void send(Batch batch) {
    if (abandoned) {
      return;
    }
    sent++;
    var changes =
        batch.items().stream().map(i -> ((Verdict.Event) i.line().verdict()).change()).toList();
    long deadline = now() + setup.settings().saveTimeout().toMillis();
    context.pipeToSelf(
        setup.customers().apply(batch.customer(), changes, deadline),
        (reply, failure) ->
            new Run.Replied(
                batch, failure == null ? reply : new Reply.Refused(Chores.error(failure), true)));
  }

  void onReplied(Batch batch, Reply reply) {
    sent--;
    switch (reply) {
      case Reply.Applied applied -> onApplied(batch, applied);
      case Reply.Refused(ServiceError error, _) -> onRefused(batch, error);
      case Reply.Read _ ->
          fail.accept(new ServiceError.Internal("A customer misunderstood a save"));
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

  private void onApplied(Batch batch, Reply.Applied applied) {
    if (applied.created()) {
      lines.created();
    }
    for (int i = 0; i < batch.items().size(); i++) {
      decided(batch.customer(), batch.items().get(i), applied.outcomes().get(i));
    }
    advance(batch.customer());
  }

  private void decided(String customer, Item item, Outcome outcome) {
    switch (outcome) {
      case Outcome.Refused(ServiceError error) ->
          letters.post(item, Rejected.refused(error, customer));
      case Outcome.Accepted _, Outcome.Duplicate _, Outcome.Settled _, Outcome.Erased _ -> {
        boolean duplicate = outcome instanceof Outcome.Duplicate;
        if (item.line().letter() == null) {
          lines.stored(item, duplicate);
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
      timers.startSingleTimer(batch.customer(), new Run.Resend(batch.again()), wait);
    } else if (error.retryable() || error instanceof ServiceError.Internal) {
      fail.accept(error);
    } else if (batch.items().size() > 1 && error instanceof ServiceError.Database) {
      batches.split(batch);
      advance(batch.customer());
    } else {
      batch.items().forEach(i -> letters.post(i, Rejected.refused(error, batch.customer())));
      advance(batch.customer());
    }
  }

  private void advance(String customer) {
    Batch next = batches.next(customer, now());
    if (next != null) {
      send(next);
    }
  }

  private long now() {
    return setup.clock().millis();
  }
}
