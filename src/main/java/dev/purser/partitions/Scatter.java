package dev.purser.partitions;

import dev.purser.faults.Fault;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;

/// Asks every partition the same and gathers the answers: a child for each such question, which
/// lives until the last partition has answered or the time is over. As many at once as whoever asks
/// admits. Confined to its actor; only the future leaves it.
final class Scatter {

  /// Asks all partitions what `question` makes, told whom to answer.
  record Ask(
      Function<ActorRef<Object>, Partition.Command> question,
      Duration patience,
      CompletableFuture<List<Object>> answers)
      implements NoSerializationVerificationNeeded {}

  private enum Late implements NoSerializationVerificationNeeded {
    LATE
  }

  private Scatter() {}

  static Behavior<Ask> create(ActorRef<ShardingEnvelope<Partition.Command>> partitions, int count) {
    return Behaviors.receive(
        (context, ask) -> {
          var _ = context.spawnAnonymous(gathering(partitions, count, ask));
          return Behaviors.same();
        },
        (_, _) -> Behaviors.same());
  }

  private static Behavior<Object> gathering(
      ActorRef<ShardingEnvelope<Partition.Command>> partitions, int count, Ask ask) {
    return Behaviors.setup(
        context -> {
          var late = context.scheduleOnce(ask.patience, context.getSelf(), Late.LATE);
          for (int n = 0; n < count; n++) {
            Partition.Command question = ask.question.apply(context.getSelf());
            partitions.tell(new ShardingEnvelope<>(Integer.toString(n), question));
          }
          List<Object> answers = new ArrayList<>(count);
          return Behaviors.receiveMessage(
              message -> {
                if (message == Late.LATE) {
                  ask.answers.completeExceptionally(new Fault(Partitions.TIMEOUT));
                  return Behaviors.stopped();
                }
                answers.add(message);
                if (answers.size() < count) {
                  return Behaviors.same();
                }
                late.cancel();
                ask.answers.complete(answers);
                return Behaviors.stopped();
              });
        });
  }
}
