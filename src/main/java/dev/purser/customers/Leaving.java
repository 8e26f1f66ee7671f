package dev.purser.customers;

import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;

/// How one customer leaves memory: it asks its shard, which stops sending and answers with the stop
/// message; what is in hand is finished first. Confined to its actor.
final class Leaving {
  private final ActorRef<Customer.Command> self;
  private final ActorRef<ClusterSharding.ShardCommand> shard;
  private boolean asked;
  private boolean passivating;
  private boolean begun;

  Leaving(ActorRef<Customer.Command> self, ActorRef<ClusterSharding.ShardCommand> shard) {
    this.self = self;
    this.shard = shard;
  }

  /// The message that woke the actor, or a later one, has come.
  void asked() {
    asked = true;
  }

  /// The stop message has come: leave as soon as nothing is in hand.
  Behavior<Customer.Command> when(Behavior<Customer.Command> state) {
    begun = true;
    return state;
  }

  /// Whether the stop message has come.
  boolean begun() {
    return begun;
  }

  /// Asks the shard to be stopped, unless the message that woke the actor is still on its way: a
  /// load may have been faster.
  void passivateOnceAsked() {
    if (asked) {
      passivate();
    }
  }

  /// Asks the shard to be stopped; once is enough.
  void passivate() {
    if (!passivating) {
      passivating = true;
      shard.tell(new ClusterSharding.Passivate<>(self));
    }
  }
}
