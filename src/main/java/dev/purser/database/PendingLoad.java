package dev.purser.database;

import dev.purser.faults.ServiceError;
import org.apache.pekko.actor.typed.ActorRef;

/// A load that waits or is in hand. Immutable.
///
/// @param alone whether it failed in company and is to be run once more, alone
record PendingLoad(
    String customer,
    long deadlineMillis,
    ActorRef<LoadReply> replyTo,
    long queuedNanos,
    boolean alone)
    implements PendingRead {

  PendingLoad andAlone() {
    return new PendingLoad(customer, deadlineMillis, replyTo, queuedNanos, true);
  }

  @Override
  public String key() {
    return customer;
  }

  @Override
  public void refuse(ServiceError error) {
    replyTo.tell(new LoadReply.NotLoaded(error));
  }
}
