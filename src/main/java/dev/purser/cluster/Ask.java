package dev.purser.cluster;

import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.RecipientRef;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.japi.function.Function;

/// Asks an actor for one answer.
public final class Ask {

  private Ask() {}

  /// Asks, and completes where the answer arrives: on the thread of whoever answers, so what
  /// follows must not wait. Fails if there is no answer within `patience`.
  ///
  /// The stage of [AskPattern] itself would hand each thing that follows to the common pool of the
  /// JVM: one more thread to wake for every request.
  public static <T, A> CompletionStage<A> of(
      RecipientRef<T> whom,
      Function<ActorRef<A>, T> question,
      Duration patience,
      ActorSystem<?> system) {
    return AskPattern.ask(whom, question, patience, system.scheduler())
        .whenCompleteAsync((_, _) -> {}, Runnable::run);
  }
}
