package dev.purser.database;

import dev.purser.faults.ServiceError;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// A question that waits or is in hand. Immutable.
///
/// @param again whether it failed already and is run once more
/// @param <T> what it is answered with
record PendingAsk<T>(
    Query<T> query,
    long deadlineMillis,
    ActorRef<Database.Answer<T>> replyTo,
    long queuedNanos,
    boolean again)
    implements PendingRead {

  PendingAsk<T> andAgain() {
    return new PendingAsk<>(query, deadlineMillis, replyTo, queuedNanos, true);
  }

  @Override
  public @Nullable Object key() {
    return switch (query) {
      case Query.Records q -> q.share();
      case Query.SomeRecords q -> q.share();
      default -> null;
    };
  }

  @Override
  public void refuse(ServiceError error) {
    replyTo.tell(new Database.Answer.Failed<>(error));
  }
}
