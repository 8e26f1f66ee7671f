package dev.purser;

import dev.purser.cache.Cache;
import dev.purser.cluster.DroppedMessages;
import dev.purser.cluster.Membership;
import dev.purser.customers.Customers;
import dev.purser.database.Database;
import dev.purser.database.DatabaseUrl;
import dev.purser.database.LeaseKeeper;
import dev.purser.database.NodeLease;
import dev.purser.database.PostgresUrl;
import dev.purser.database.Standing;
import dev.purser.documents.Documents;
import dev.purser.faults.Escalated;
import dev.purser.faults.Supervised;
import dev.purser.faults.SupervisionLog;
import dev.purser.http.BulkDoor;
import dev.purser.http.CustomerDoor;
import dev.purser.http.DocumentDoor;
import dev.purser.http.Doors;
import dev.purser.http.Edge;
import dev.purser.http.HttpServer;
import dev.purser.http.VectorDoor;
import dev.purser.ingest.Ingest;
import dev.purser.ingest.RecordWrites;
import dev.purser.ledger.EventJson;
import dev.purser.vectors.Spaces;
import dev.purser.vectors.Workers;
import java.time.InstantSource;
import java.util.List;
import java.util.function.IntConsumer;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.SelfUp;
import org.apache.pekko.stream.SystemMaterializer;
import org.jspecify.annotations.Nullable;

/// The root of the actor tree, and the whole of it on one screen.
///
/// ## Failure
///
/// A child that fails for good has found something an operator must mend. The guardian says its
/// sentence once, sets the exit code to 1 and leaves through the coordinated shutdown, so that what
/// is in hand ends in order.
final class Guardian {

  /// What the guardian is told.
  sealed interface Command extends NoSerializationVerificationNeeded {}

  private record DatabaseStands(Standing standing) implements Command {}

  private record CacheStands(Cache.Standing standing) implements Command {}

  private record Bound(HttpServer.Listening listening) implements Command {}

  private record MayJoin(LeaseKeeper.Joining how) implements Command {}

  private record Joined() implements Command {}

  private record Loaded() implements Command {}

  private final ActorContext<Command> context;
  private final IntConsumer exitCode;
  private final Node node;
  private final PurserSettings settings;
  private final @Nullable ActorRef<LeaseKeeper.Command> keeper;
  private boolean said;
  private boolean ending;

  private Guardian(
      ActorContext<Command> context,
      IntConsumer exitCode,
      Node node,
      PurserSettings settings,
      @Nullable ActorRef<LeaseKeeper.Command> keeper) {
    this.context = context;
    this.exitCode = exitCode;
    this.node = node;
    this.settings = settings;
    this.keeper = keeper;
  }

  /// Starts the whole node.
  ///
  /// @param exitCode is told what the process shall exit with, unless it is 0
  static Behavior<Command> create(PurserSettings settings, IntConsumer exitCode) {
    return Behaviors.setup(context -> start(context, settings, exitCode));
  }

  private static Behavior<Command> start(
      ActorContext<Command> context, PurserSettings settings, IntConsumer exitCode) {
    InstantSource clock = InstantSource.system();
    SupervisionLog log = new SupervisionLog(256, clock);
    var system = context.getSystem();

    // Whoever reads that it cannot be reached has to know what.
    context.getLog().info("The database is {}", settings.data().database().shown());
    NodeLease lease = lease(system, settings);
    ActorRef<LeaseKeeper.Command> keeper = keeper(context, settings, lease);
    ActorRef<Database.Command> database =
        context.spawn(
            Supervised.with(
                Database.supervision(settings.database()),
                Database.create(
                    settings.database(),
                    settings.data().database(),
                    settings.parts(),
                    lease,
                    clock,
                    log)),
            "database");
    ActorRef<Cache.Command> cache =
        context.spawn(
            Supervised.with(
                SupervisorStrategy.restart(),
                Cache.create(
                    settings.cache(),
                    !settings.cluster().seeds().isEmpty(),
                    log,
                    context.messageAdapter(Cache.Standing.class, CacheStands::new))),
            "cache");
    var _ = context.spawn(DroppedMessages.create(), "dropped-messages");
    Documents documents = Documents.start(system, database, settings.documents(), clock, lease);
    Spaces spaces = Spaces.start(system, database, settings.spaces(), clock, lease);
    Customers customers =
        Customers.start(
            system, database, cache, settings.customers(), clock, spaces.taste()::saved, lease);
    EventJson events = new EventJson(settings.data().currency(), clock);
    Ingest ingest =
        Ingest.start(
            context,
            settings.ingest(),
            (id, changes, deadline) -> customers.apply(id, changes, null, true, deadline),
            RecordWrites.of(documents, spaces),
            database,
            settings.data().currency(),
            clock);
    Node node = new Node(system, database, cache, log, settings, lease);
    Doors doors =
        new Doors(
            CustomerDoor.of(customers),
            DocumentDoor.of(documents),
            BulkDoor.of(ingest),
            Workers.start(system, settings.vectors(), log),
            VectorDoor.of(spaces),
            node,
            events,
            settings.http(),
            SystemMaterializer.get(system).materializer(),
            clock);
    Edge edge = new Edge(doors);
    ActorRef<HttpServer.Command> http =
        context.spawn(
            HttpServer.create(
                edge,
                settings.http(),
                context.messageAdapter(HttpServer.Listening.class, Bound::new)),
            "http");

    Guardian guardian = new Guardian(context, exitCode, node, settings, keeper);
    context.watch(database);
    context.watch(cache);
    context.watch(http);
    database.tell(new Database.Watch(context.messageAdapter(Standing.class, DatabaseStands::new)));
    Membership.watch(system, context.messageAdapter(SelfUp.class, _ -> new Joined()));
    if (keeper == null) {
      Membership.join(system, settings.cluster(), List.of(), true);
    }
    context.pipeToSelf(
        documents.loaded().thenCombine(spaces.loaded(), (done, _) -> done), (_, _) -> new Loaded());
    Departure.plan(system, node, ingest, edge, settings.http(), database);
    if (keeper != null) {
      Departure.resign(system, lease, keeper);
    }
    return Behaviors.receive((_, c) -> guardian.on(c), (_, s) -> guardian.on(s));
  }

  private static NodeLease lease(ActorSystem<?> system, PurserSettings settings) {
    return switch (settings.data().database()) {
      case DatabaseUrl.OfFile _ -> NodeLease.unshared();
      case DatabaseUrl.OfServer _ ->
          NodeLease.of(
              Membership.uid(system), settings.cluster().lease(), () -> Membership.uids(system));
    };
  }

  /// What keeps the lease and decides how the node becomes a member; null if no other node can take
  /// anything from this process.
  private static @Nullable ActorRef<LeaseKeeper.Command> keeper(
      ActorContext<Command> context, PurserSettings settings, NodeLease lease) {
    if (!(settings.data().database() instanceof DatabaseUrl.OfServer(PostgresUrl url))) {
      return null;
    }
    String address = Membership.address(context.getSystem());
    ActorRef<LeaseKeeper.Command> keeper =
        context.spawn(
            LeaseKeeper.create(
                new LeaseKeeper.Setup(
                    url,
                    settings.database(),
                    lease,
                    address,
                    !settings.cluster().seeds().isEmpty(),
                    settings.cluster().forms(address),
                    settings.data().folder()),
                context.messageAdapter(LeaseKeeper.Joining.class, MayJoin::new)),
            "lease",
            DispatcherSelector.fromConfig("purser.database.dispatcher"));
    context.watch(keeper);
    return keeper;
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case DatabaseStands(Standing standing) -> node.databaseStands(standing);
      case CacheStands(Cache.Standing standing) -> node.cacheStands(standing);
      case Bound(HttpServer.Listening listening) -> node.bound(listening);
      case MayJoin(LeaseKeeper.Joining how) -> {
        if (!how.owners().isEmpty()) {
          context.getLog().info("Joining the nodes that serve the database: {}", how.owners());
        }
        Membership.join(context.getSystem(), settings.cluster(), how.owners(), how.forms());
      }
      case Joined _ -> {
        node.joined();
        if (keeper != null) {
          keeper.tell(new LeaseKeeper.Up());
        }
      }
      case Loaded _ -> node.loaded();
    }
    if (!said && node.unready().isEmpty()) {
      said = true;
      StartNoise.ready(true);
      context.getLog().info("Purser {} is ready at {}", Tools.version(), node.address());
      System.out.println("Purser " + Tools.version() + " is ready at " + node.address());
    }
    return Behaviors.same();
  }

  private Behavior<Command> on(Signal signal) {
    switch (signal) {
      case ChildFailed failed -> end(failed.getCause(), failed.getRef().path().name());
      case Terminated ended when !node.draining() ->
          end(new IllegalStateException("it stopped"), ended.getRef().path().name());
      default -> {
        // Nothing else is watched.
      }
    }
    return Behaviors.same();
  }

  private void end(Throwable cause, String child) {
    if (node.draining() || ending) {
      return;
    }
    ending = true;
    if (cause instanceof Escalated escalated) {
      // What callers are told names no path; the operator has to find the file.
      String where =
          child.equals("database") || child.equals("lease")
              ? " [" + settings.data().database().shown() + "]"
              : "";
      System.err.println("purser: " + escalated.sentence() + where);
    } else {
      System.err.println("purser: the " + child + " failed for good: " + cause.getMessage());
      context.getLog().error("The {} failed for good", child, cause);
    }
    exitCode.accept(1);
    Departure.begin(context.getSystem(), new Departure.Escalation());
  }
}
