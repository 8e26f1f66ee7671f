package dev.purser;

import dev.purser.database.Database;
import dev.purser.ingest.Ingest;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.pattern.Patterns;

/// The order in which the node leaves: unready and no more lines of uploads, no new connections,
/// requests in hand, customers' and partitions' saves, the database.
///
/// The binding adds its own two steps to Pekko's phases. Entities leave in Pekko's own phase
/// between requests and database: sharding hands them their stop message, and each finishes its
/// save before it ends.
final class Departure {

  /// The node ends because something must be mended.
  static final class Escalation implements CoordinatedShutdown.Reason {
    @Override
    public String toString() {
      return "something failed that an operator must mend";
    }
  }

  /// The node ends because an operator told it to over HTTP.
  static final class Drained implements CoordinatedShutdown.Reason {
    @Override
    public String toString() {
      return "an operator drained the node";
    }
  }

  private Departure() {}

  /// Begins to leave; the first reason counts.
  static void begin(ActorSystem<?> system, CoordinatedShutdown.Reason reason) {
    CompletionStage<Done> _ = CoordinatedShutdown.get(system).runAll(reason);
  }

  /// Adds the node's own steps to Pekko's phases.
  ///
  /// @param answering how long the answers of runs that were ended may take to be on their way: the
  ///   server loses answers that come while the last of their upload arrives, once it is closing
  static void plan(
      ActorSystem<?> system,
      Node node,
      Ingest ingest,
      Duration answering,
      ActorRef<Database.Command> database) {
    CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
    task(
        shutdown,
        CoordinatedShutdown.PhaseBeforeServiceUnbind(),
        "unready",
        () -> {
          node.drainBegins();
          return ingest
              .leave()
              .thenCompose(
                  any ->
                      any ? Patterns.after(answering, system, Departure::done) : Departure.done());
        });
    task(
        shutdown,
        CoordinatedShutdown.PhaseBeforeActorSystemTerminate(),
        "drain the database",
        () -> drain(system, database));
  }

  private static CompletionStage<Done> done() {
    return CompletableFuture.completedStage(Done.done());
  }

  /// A database that has failed for good has nothing left to finish.
  private static CompletionStage<Done> drain(
      ActorSystem<?> system, ActorRef<Database.Command> database) {
    CompletionStage<Done> drained =
        AskPattern.ask(database, Database.Drain::new, Duration.ofSeconds(3), system.scheduler());
    return drained.exceptionally(
        failure -> {
          system.log().info("The database was not drained: {}", failure.getMessage());
          return Done.done();
        });
  }

  private static void task(
      CoordinatedShutdown shutdown,
      String phase,
      String name,
      Supplier<CompletionStage<Done>> step) {
    shutdown.addTask(phase, name, step);
  }
}
