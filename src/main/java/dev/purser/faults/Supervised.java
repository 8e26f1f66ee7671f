package dev.purser.faults;

import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// Supervision that lets [Escalated] pass: the actor stops on it, and its parent sees a
/// `ChildFailed` whose cause it is. All other failures meet the strategy given.
public final class Supervised {

  private Supervised() {}

  public static <T> Behavior<T> with(SupervisorStrategy strategy, Behavior<T> behavior) {
    // The innermost supervisor is asked first; stopping turns the exception into the actor's
    // failure,
    // which no outer supervisor catches any more.
    Behavior<T> escalating =
        Behaviors.supervise(behavior).onFailure(Escalated.class, SupervisorStrategy.stop());
    return Behaviors.supervise(escalating).onFailure(Exception.class, strategy);
  }
}
