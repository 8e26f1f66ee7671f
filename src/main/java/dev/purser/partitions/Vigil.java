package dev.purser.partitions;

import java.time.Duration;
import java.util.BitSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.Done;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;

/// Keeps every partition awake: it wakes them all at once and again at a slow rate, so that one
/// whose node has gone comes back on another without waiting for a request. One on each node;
/// waking who is awake does nothing.
final class Vigil {

  private sealed interface Command extends NoSerializationVerificationNeeded {}

  private record Tick() implements Command {}

  private record Loaded(int partition) implements Command {}

  private Vigil() {}

  /// @param loaded is completed when every partition has been loaded once
  /// @param leaving nobody is woken any more once this is true
  static Behavior<?> create(
      ActorRef<ShardingEnvelope<Partition.Command>> partitions,
      int count,
      Duration interval,
      CompletableFuture<Done> loaded,
      AtomicBoolean leaving) {
    return Behaviors.<Command>setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  timers.startTimerWithFixedDelay(new Tick(), Duration.ZERO, interval);
                  ActorRef<Partition.Awake> awake =
                      context.messageAdapter(Partition.Awake.class, a -> new Loaded(a.partition()));
                  BitSet missing = new BitSet(count);
                  missing.set(0, count);
                  return Behaviors.receiveMessage(
                      command -> {
                        switch (command) {
                          case Tick _ -> {
                            if (!leaving.get()) {
                              wake(partitions, count, awake);
                            }
                          }
                          case Loaded(int n) -> missing.clear(n);
                        }
                        if (missing.isEmpty()) {
                          loaded.complete(Done.done());
                        }
                        return Behaviors.same();
                      });
                }));
  }

  private static void wake(
      ActorRef<ShardingEnvelope<Partition.Command>> partitions,
      int count,
      ActorRef<Partition.Awake> awake) {
    for (int n = 0; n < count; n++) {
      partitions.tell(new ShardingEnvelope<>(Integer.toString(n), new Partition.Wake(awake)));
    }
  }
}
