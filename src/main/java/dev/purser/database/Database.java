package dev.purser.database;

import dev.purser.faults.ServiceError;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;

/// The owner of the queues and the slots. All deadlines are absolute, in the clock's milliseconds
/// since 1970.
public final class Database {

  private Database() {}

  /// What may be asked of the database. Local to the node.
  public sealed interface Command extends NoSerializationVerificationNeeded {}

  /// Loads one customer; coalesced with all other loads waiting. Answered only after every earlier
  /// save of that customer, queued or in hand.
  public record Load(String customer, long deadlineMillis, ActorRef<LoadReply> replyTo)
      implements Command {}

  /// Saves one customer; joins the next group commit.
  ///
  /// Refused unexecuted when its deadline passes in the queue. Once its outcome is unknown it is
  /// run again until it is known, past the deadline if need be: the reply always tells the truth.
  public record Save(CustomerSave save, Lane lane, long deadlineMillis, ActorRef<SaveReply> replyTo)
      implements Command {}

  /// Does a chore; joins the next group commit of its lane.
  public record Do(Chore chore, Lane lane, long deadlineMillis, ActorRef<Answer<Long>> replyTo)
      implements Command {}

  /// Answers a question.
  public record Ask<T>(Query<T> query, long deadlineMillis, ActorRef<Answer<T>> replyTo)
      implements Command {}

  /// Interactive saves are taken before bulk ones, so that a single save waits behind at most one
  /// bulk commit.
  public enum Lane {
    INTERACTIVE,
    BULK
  }

  /// The reply to a question or chore.
  public sealed interface Answer<T> extends NoSerializationVerificationNeeded {
    record Found<T>(T value) implements Answer<T> {}

    record Failed<T>(ServiceError error) implements Answer<T> {}
  }
}
