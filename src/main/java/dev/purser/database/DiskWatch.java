package dev.purser.database;

import java.time.Duration;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Looks at the room that is left to the data, in a process of its own because a sick disk may not
/// answer. Runs on a dispatcher for blocking calls.
final class DiskWatch {
  private static final Logger LOG = LoggerFactory.getLogger(DiskWatch.class);

  private DiskWatch() {}

  /// What it tells itself.
  sealed interface Command extends NoSerializationVerificationNeeded {}

  private record Look() implements Command {}

  static Behavior<Command> create(
      Product product, Duration every, ActorRef<Database.Command> database) {
    return Behaviors.withTimers(
        timers -> {
          timers.startTimerWithFixedDelay(new Look(), Duration.ZERO, every);
          return Behaviors.receiveMessage(
              c ->
                  switch (c) {
                    case Look _ -> look(product, database);
                  });
        });
  }

  private static Behavior<Command> look(Product product, ActorRef<Database.Command> database) {
    try {
      database.tell(new Database.Roomy(product.room()));
    } catch (Exception e) {
      // Not knowing the room is no reason to refuse writes; the disk itself will tell.
      LOG.warn("The free disk could not be read", e);
    }
    return Behaviors.same();
  }
}
