package dev.purser;

import dev.purser.database.Database;
import dev.purser.database.LeaseKeeper;
import dev.purser.database.NodeLease;
import dev.purser.http.Edge;
import dev.purser.http.HttpSettings;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The order in which the node leaves: unready and no more lines of uploads, no new connections,
/// requests in hand, customers' and partitions' saves, the database.
///
/// Unready it still takes calls for `leave-time`, so that whoever spreads them over nodes sees that
/// this one leaves. Then it takes no new connections, and each answer closes its own: a caller with
/// one call after another finds it closed between two of them and not in the middle of one. In this
/// order, since nobody comes back on a new connection while connections are taken: those that wait
/// to be taken are reset when no more are.
///
/// Then calls in hand have `stop-time` to end, uploads apart, which end at once and can be sent
/// again.
///
/// The binding adds its own two steps to Pekko's phases. Entities leave in Pekko's own phase
/// between requests and database: sharding hands them their stop message, and each finishes its
/// save before it ends.
final class Departure {
  private static final Logger LOG = LoggerFactory.getLogger(Departure.class);

  /// The node ends because something must be mended.
  static final class Escalation implements CoordinatedShutdown.Reason {
    @Override
    public String toString() {
      return "something failed that an operator must mend";
    }
  }

  /// The node ends because an operator told it to over HTTP.
  record Drained(String by) implements CoordinatedShutdown.Reason {
    @Override
    public String toString() {
      return "an operator drains the node (" + by + ")";
    }
  }

  /// The node ends because its process received SIGTERM.
  static final class Signalled implements CoordinatedShutdown.Reason {
    @Override
    public String toString() {
      return "the process received SIGTERM or SIGINT";
    }
  }

  /// How long connections are closed by their answers before all are.
  private static final Duration LAST_CALLS = Duration.ofMillis(500);

  /// Between two looks at what is in hand.
  private static final Duration LOOK = Duration.ofMillis(20);

  private Departure() {}

  /// Begins to leave; the first reason counts.
  static void begin(ActorSystem<?> system, CoordinatedShutdown.Reason reason) {
    CompletionStage<Done> _ = CoordinatedShutdown.get(system).runAll(reason);
  }

  /// Adds the node's own steps to Pekko's phases.
  ///
  /// The answers of runs that are ended may take `drain-time` to be on their way: the server loses
  /// answers that come while the last of their upload arrives, once it is closing.
  static void plan(
      ActorSystem<?> system,
      Node node,
      Ingest ingest,
      Edge edge,
      HttpSettings http,
      ActorRef<Database.Command> database) {
    CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
    task(
        shutdown,
        CoordinatedShutdown.PhaseBeforeServiceUnbind(),
        "unready",
        () -> {
          node.drainBegins();
          LOG.info(
              "Leaving begun: {}",
              shutdown.getShutdownReason().map(Object::toString).orElse("no reason"));
          CompletionStage<Done> served = after(system, leaveTime(node, http));
          return ingest
              .leave()
              .thenCompose(any -> any ? after(system, http.drainTime()) : done())
              .thenCombine(served, (done, _) -> done);
        });
    task(
        shutdown,
        CoordinatedShutdown.PhaseServiceUnbind(),
        "last calls",
        () -> {
          node.closingBegins();
          Duration least = leaveTime(node, http).isZero() ? Duration.ZERO : LAST_CALLS;
          long until = System.nanoTime() + http.stopTime().toNanos();
          return after(system, least).thenCompose(_ -> ended(system, edge, until));
        });
    task(
        shutdown,
        CoordinatedShutdown.PhaseBeforeActorSystemTerminate(),
        "drain the database",
        () -> drain(system, database));
  }

  /// Waits for the calls in hand, streams too: Pekko would wait for their first bytes only.
  private static CompletionStage<Done> ended(ActorSystem<?> system, Edge edge, long untilNanos) {
    return edge.open() == 0 || System.nanoTime() - untilNanos >= 0
        ? done()
        : after(system, LOOK).thenCompose(_ -> ended(system, edge, untilNanos));
  }

  /// Nothing if it never took calls.
  private static Duration leaveTime(Node node, HttpSettings http) {
    return node.address().isEmpty() ? Duration.ZERO : http.leaveTime();
  }

  private static CompletionStage<Done> after(ActorSystem<?> system, Duration pause) {
    return Patterns.after(pause, system, Departure::done);
  }

  private static CompletionStage<Done> done() {
    return CompletableFuture.completedStage(Done.done());
  }

  /// Adds the step that gives up the node's lease: after its entities have left, so that others may
  /// load them, and once all members have seen that it leaves.
  static void resign(ActorSystem<?> system, NodeLease lease, ActorRef<LeaseKeeper.Command> keeper) {
    task(
        CoordinatedShutdown.get(system),
        CoordinatedShutdown.PhaseClusterExiting(),
        "give up the lease",
        () -> {
          if (lease.ended()) {
            return done();
          }
          CompletionStage<Done> resigned =
              AskPattern.ask(
                  keeper, LeaseKeeper.Resign::new, Duration.ofSeconds(3), system.scheduler());
          return resigned.exceptionally(_ -> Done.done()); // it runs out by itself
        });
  }

  /// A database that has failed for good has nothing left to finish.
  private static CompletionStage<Done> drain(
      ActorSystem<?> system, ActorRef<Database.Command> database) {
    CompletionStage<Done> drained =
        AskPattern.ask(database, Database.Drain::new, Duration.ofSeconds(3), system.scheduler());
    return drained
        .thenApply(
            done -> {
              LOG.info("Leaving ended: what was accepted is committed");
              return done;
            })
        .exceptionally(
            failure -> {
              LOG.warn("Leaving ended, the database undrained: {}", failure.getMessage());
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
