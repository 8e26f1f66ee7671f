package dev.purser.customers;

import dev.purser.customers.Customer.Apply;
import dev.purser.customers.Customer.Reply;
import dev.purser.database.Chore;
import dev.purser.database.Database;
import dev.purser.database.Database.Answer;
import dev.purser.database.SaveReply;
import dev.purser.faults.ServiceError;
import java.util.Collection;
import java.util.Objects;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// The writes of one customer: those that wait and those of the save in flight. Confined to one
/// customer.
final class Writing {
  private final String id;
  private final Neighbours at;
  private final ActorRef<SaveReply> replies;
  private final ActorRef<Answer<Long>> purged;
  private final Pending pending;
  private @Nullable Saving inFlight;
  private SaveReply.@Nullable Saved purging;
  private int moves;
  private long overdueAtMillis;

  /// @param purged hears when nothing is left of an erased customer
  Writing(String id, Neighbours at, ActorRef<SaveReply> replies, ActorRef<Answer<Long>> purged) {
    this.id = id;
    this.at = at;
    this.replies = replies;
    this.purged = purged;
    pending = new Pending(at.settings());
  }

  /// Lets a write wait for its save, or refuses it.
  void admit(Apply write) {
    String misuse = pending.misuse(write.changes());
    if (misuse != null) {
      write.replyTo().tell(new Reply.Refused(new ServiceError.Internal(misuse), false));
    } else if (!pending.add(write)) {
      at.metrics().bufferFull();
      write.replyTo().tell(new Reply.Refused(Refusals.FULL, false));
    }
  }

  /// Starts the next save on top of `base` and refuses what needs none; false if nothing waits.
  boolean start(Aggregate base) {
    long now = at.clock().millis();
    for (Apply first = pending.first(); first != null; first = pending.first()) {
      Reply refusal = Refusals.of(first, base, now);
      if (refusal != null && !at.lease().fresh()) {
        // What is held here may be out of date, and decides nothing.
        refusal = new Reply.Refused(Refusals.AWAY, false);
      }
      if (refusal == null) {
        Saving save = Saving.of(id, base, pending.take(now), now);
        inFlight = save;
        postpone(save.deadlineMillis());
        at.database()
            .tell(
                new Database.Save(
                    save.save(), Pending.lane(save.writes()), save.deadlineMillis(), replies));
        return true;
      }
      pending.removeFirst().replyTo().tell(refusal);
    }
    return false;
  }

  Saving inFlight() {
    return Objects.requireNonNull(inFlight, "a save in flight");
  }

  /// The save in flight is committed.
  void saved(SaveReply.Saved saved) {
    at.following().ended(inFlight().save(), saved);
    inFlight().answer(saved);
    end();
  }

  /// The save in flight is committed and has erased the customer, of which rows are left: no reader
  /// sees them, but its writes are answered only when they are gone.
  void purging(SaveReply.Saved saved) {
    at.following().ended(inFlight().save(), saved);
    purging = saved;
    postpone(at.clock().millis());
    at.database()
        .tell(
            new Database.Do(
                new Chore.Purge(id), Database.Lane.BULK, inFlight().deadlineMillis(), purged));
  }

  /// Nothing is left of it.
  void purged() {
    inFlight().answer(Objects.requireNonNull(purging, "an erasure"));
    end();
  }

  /// The save in flight has ended and its writes have been answered.
  void end() {
    inFlight = null;
    purging = null;
    moves = 0;
  }

  /// The save in flight has missed its fence: its writes are decided again, but not for ever.
  void moved() {
    at.metrics().moved();
    Saving save = inFlight();
    if (moves++ < at.settings().movedLimit()) {
      pending.putBack(save.writes());
      inFlight = null;
    } else {
      save.refuse(Refusals.MOVING, false);
      end();
    }
  }

  /// The save in flight has ended in nobody knows what.
  void lost() {
    at.metrics().outcomeUnknown();
    at.following().ended(inFlight().save(), null);
    inFlight().refuse(Refusals.UNKNOWN, true);
    end();
  }

  /// Whether the save in flight should have been answered long ago.
  boolean overdue() {
    return at.clock().millis() > overdueAtMillis;
  }

  /// Gives the save in flight its time from `millis` on.
  void postpone(long millis) {
    overdueAtMillis = millis + at.settings().settling().toMillis();
  }

  /// Refuses all that waits.
  void refuse(Reply refusal) {
    while (!pending.isEmpty()) {
      pending.removeFirst().replyTo().tell(refusal);
    }
  }

  /// Tells the writes in flight that their outcome is unknown, takes them out of `waiting` and puts
  /// those that wait into it.
  void abandon(Collection<? super Apply> waiting) {
    pending.drainTo(waiting);
    if (inFlight != null) {
      at.following().ended(inFlight.save(), null);
      inFlight.refuse(Refusals.UNKNOWN, true);
      inFlight.writes().forEach(waiting::remove);
      inFlight = null;
    }
  }
}
