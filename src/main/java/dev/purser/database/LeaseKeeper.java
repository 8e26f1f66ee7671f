package dev.purser.database;

import dev.purser.database.NodeRows.Row;
import dev.purser.faults.Escalated;
import dev.purser.metrics.Metrics;
import dev.purser.metrics.Metrics.Counter;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.pekko.Done;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.PgConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The owner of this node's lease in PostgreSQL ([NodeLease] says what a lease promises). It
/// blocks, and has a connection and a thread of its own, so that no load or commit delays a
/// renewal.
///
/// ## Entering
///
/// It adds the row of this node and decides, from the rows of others, how the node becomes a
/// member. A node that owns partitions already is joined, whatever the seeds say; a cluster is
/// formed only if there is none, by one node at a time, so that two never serve one database. A
/// node without seeds that finds another one alive is refused. Rows that are not renewed any more
/// delay no other node for longer than their lease.
///
/// ## Keeping
///
/// It renews the row, and ends the leases of nodes that are no members: one that renews is fenced,
/// one whose lease has run out is removed. A node whose own row is gone fails with one sentence.
///
/// ## Failure
///
/// While the database does not answer, it is asked again with each renewal that is due; meanwhile
/// the lease runs out by itself. An outage that is longer than the lease costs no node the
/// ownership: the rows still stand, and are renewed.
public final class LeaseKeeper {
  private static final Logger LOG = LoggerFactory.getLogger(LeaseKeeper.class);

  /// Renewals within the length of a lease.
  private static final int RENEWALS = 5;

  /// Between two looks while the node enters.
  private static final Duration LOOK = Duration.ofMillis(100);

  /// A row without a member is looked at twice before its node is fenced.
  private static final int LOOKS = 2;

  /// Commands of the keeper.
  public sealed interface Command extends NoSerializationVerificationNeeded {}

  /// This node is a member of the cluster.
  public record Up() implements Command {}

  /// Gives the lease up: this node owns nothing any more. Answers when its row is gone, or the
  /// database does not answer.
  public record Resign(ActorRef<Done> replyTo) implements Command {}

  private record Look() implements Command {}

  /// How this node is to become a member.
  ///
  /// @param owners addresses, as `host:port`, of the nodes that own partitions at present
  /// @param forms whether it may form a cluster
  public record Joining(List<String> owners, boolean forms)
      implements NoSerializationVerificationNeeded {
    public Joining {
      owners = List.copyOf(owners);
    }
  }

  /// What a keeper works with.
  ///
  /// @param address of this node, as `host:port`
  /// @param seeded whether it belongs to a cluster of several nodes
  /// @param forms whether it may form one
  /// @param folder tells which node used it last
  public record Setup(
      PostgresUrl url,
      DatabaseSettings settings,
      NodeLease lease,
      String address,
      boolean seeded,
      boolean forms,
      Path folder) {}

  /// Another node's row as this one sees it: unchanged since `nanos`, and without a member for so
  /// many looks.
  private record Seen(long beat, long nanos, boolean moved, int strange) {}

  private final Setup setup;
  private final NodeLease lease;
  private final PostgresProduct product;
  private final TimerScheduler<Command> timers;
  private final ActorRef<Joining> joining;
  private final NodeFile file;
  private final Counter failures =
      Metrics.counter("lease_renewals_failed", "Renewals of this node's lease that failed");
  private final Map<Long, Seen> seen = new HashMap<>();
  private @Nullable PgConnection connection;
  private @Nullable NodeRows rows;
  private @Nullable Joining sent;
  private boolean entered;
  private boolean up;
  private boolean owner;
  private boolean failing;
  private long unknownSinceNanos;
  private long lookedNanos = System.nanoTime();

  private LeaseKeeper(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      Setup setup,
      ActorRef<Joining> joining) {
    this.setup = setup;
    this.lease = setup.lease();
    this.timers = timers;
    this.joining = joining;
    DatabaseSettings settings = setup.settings();
    this.product = new PostgresProduct(setup.url(), settings.postgres(), lease.length());
    this.file = NodeFile.open(setup.folder(), lease.uid());
    context.getSelf().tell(new Look());
  }

  /// Keeps a lease until it is given up.
  ///
  /// @param joining receives how to become a member, and again if that changes before it is one
  public static Behavior<Command> create(Setup setup, ActorRef<Joining> joining) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  LeaseKeeper keeper = new LeaseKeeper(context, timers, setup, joining);
                  return Behaviors.receive((_, c) -> keeper.on(c), (_, s) -> keeper.on(s));
                }));
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case Look _ -> look();
      case Up _ -> {
        up = true;
        look();
      }
      case Resign(ActorRef<Done> replyTo) -> {
        resign();
        replyTo.tell(Done.done());
        return Behaviors.stopped();
      }
    }
    return Behaviors.same();
  }

  private Behavior<Command> on(Signal signal) {
    if (signal instanceof PostStop || signal instanceof PreRestart) {
      lease.end();
      disconnect();
      file.close();
    }
    return Behaviors.same();
  }

  /// Renews the lease, and does what the rows of others ask for.
  private void look() {
    long begunNanos = System.nanoTime();
    boolean awake = begunNanos - lookedNanos < lease.length().toNanos();
    try {
      NodeRows open = connected();
      if (!entered) {
        enter(open);
      }
      long sentNanos = System.nanoTime();
      long sentMillis = System.currentTimeMillis();
      NodeRows.Renewed renewed = open.renew(lease.uid());
      if (!renewed.own()) {
        throw lost();
      }
      lease.renewed(sentNanos, sentMillis);
      if (failing) {
        failing = false;
        LOG.info("The lease of this node is renewed again");
      }
      List<Row> others = renewed.rows().stream().filter(row -> row.uid() != lease.uid()).toList();
      observe(others);
      if (owner) {
        keep(open, others);
      } else if (up) {
        own(open, others);
      } else {
        decide(open, others);
      }
    } catch (SQLException e) {
      // A failure that took longer may be that of a process that was suspended meanwhile.
      if (awake && System.nanoTime() - begunNanos < lease.length().toNanos()) {
        lease.unanswered();
      }
      failed(e);
    }
    lookedNanos = System.nanoTime();
    Duration pause = owner ? lease.length().dividedBy(RENEWALS) : LOOK;
    timers.startSingleTimer(new Look(), pause);
  }

  private Escalated lost() {
    lease.end();
    return new Escalated(
        "The lease of this node has been ended by another one, since it was not renewed in time or"
            + " the cluster has given this node up: it owns nothing any more, and ends so that it"
            + " can be started anew.",
        null);
  }

  private NodeRows connected() throws SQLException {
    NodeRows open = rows;
    if (open != null) {
      return open;
    }
    String schema = setup.settings().postgres().schema();
    PGSimpleDataSource source = product.source(true);
    // A renewal fails well within the length of the lease, so that an outage is known in time.
    int seconds = Math.toIntExact(Math.max(1, lease.length().toSeconds() / 2));
    source.setConnectTimeout(Math.min(seconds, source.getConnectTimeout()));
    source.setLoginTimeout(source.getConnectTimeout());
    source.setSocketTimeout(seconds);
    PgConnection opened = source.getConnection().unwrap(PgConnection.class);
    connection = opened;
    prepare(opened, schema);
    PostgresSession.begin(opened, schema, lease.length(), true);
    open = new NodeRows(new PostgresStatements(opened), opened);
    rows = open;
    return open;
  }

  private void prepare(PgConnection opened, String schema) throws SQLException {
    try {
      PostgresSchema.prepare(opened, product.source(false), schema);
    } catch (Escalated e) {
      // The first slot that writes finds the same, and ends the node.
      throw new SQLException(e.sentence(), "58000", e);
    }
  }

  private void enter(NodeRows open) throws SQLException {
    Long predecessor = file.predecessor();
    if (predecessor != null) {
      open.leave(predecessor);
    }
    open.enter(lease.uid(), setup.address(), lease.length());
    entered = true;
    lease.entered();
  }

  private void observe(List<Row> others) {
    long now = System.nanoTime();
    Set<Long> there = new HashSet<>();
    for (Row row : others) {
      there.add(row.uid());
      Seen before = seen.get(row.uid());
      int strange =
          before == null || lease.member(row.uid()) || !row.owner() ? 0 : before.strange + 1;
      seen.put(
          row.uid(),
          before == null || before.beat != row.beat()
              ? new Seen(row.beat(), now, before != null, strange)
              : new Seen(row.beat(), before.nanos, before.moved, strange));
    }
    seen.keySet().retainAll(there);
  }

  private boolean alive(Row row) {
    Seen at = seen.get(row.uid());
    return at != null && at.moved;
  }

  private boolean expired(Row row) {
    Seen at = seen.get(row.uid());
    return at != null && System.nanoTime() - at.nanos >= row.lease().toNanos();
  }

  /// Decides how to become a member.
  private void decide(NodeRows open, List<Row> others) throws SQLException {
    List<Row> owners = others.stream().filter(Row::owner).toList();
    if (!setup.seeded()) {
      owners.stream()
          .filter(this::alive)
          .findFirst()
          .ifPresent(
              row -> {
                throw served(row);
              });
    }
    boolean ended = owners.stream().allMatch(this::expired);
    if (ended && setup.forms()) {
      if (claimed(open, owners)) {
        owner = true;
        tell(new Joining(List.of(), true));
      }
    } else if (setup.seeded()) {
      tell(new Joining(owners.stream().map(Row::address).sorted().toList(), false));
    }
  }

  private boolean claimed(NodeRows open, List<Row> owners) throws SQLException {
    for (Row row : owners) {
      if (!removed(open, row)) {
        return false;
      }
    }
    return open.claim(lease.uid());
  }

  private Escalated served(Row row) {
    return new Escalated(
        "The database is served by another node already ("
            + row.address()
            + "), and this one has no purser.cluster.seeds: give both the same seeds to make them"
            + " one cluster, or name another database.",
        null);
  }

  private void tell(Joining how) {
    if (!how.equals(sent)) {
      sent = how;
      joining.tell(how);
    }
  }

  /// This node is a member: it may own partitions as soon as all other members have proved that
  /// they use this very database, by their rows in it. A database and a copy that the server's own
  /// means have made of it have the same identity.
  private void own(NodeRows open, List<Row> others) throws SQLException {
    Set<Long> unknown = new TreeSet<>(lease.members());
    unknown.remove(lease.uid());
    others.forEach(row -> unknown.remove(row.uid()));
    if (unknown.isEmpty()) {
      owner = open.own(lease.uid());
      return;
    }
    long now = System.nanoTime();
    unknownSinceNanos = unknownSinceNanos == 0 ? now : unknownSinceNanos;
    if (now - unknownSinceNanos > lease.length().toNanos()) {
      throw new Escalated(
          "This node has joined nodes that use another database, or a copy of this one: let"
              + " purser.database.url name the same database on all of them.",
          null);
    }
  }

  /// Ends the leases of nodes that are no members any more.
  private void keep(NodeRows open, List<Row> others) throws SQLException {
    for (Row row : others) {
      Seen at = seen.get(row.uid());
      if (at == null || lease.member(row.uid())) {
        continue;
      }
      if (expired(row)) {
        var _ = removed(open, row);
      } else if (up && at.strange >= LOOKS && !row.fenced()) {
        LOG.warn("The node at {} is no member and renews its lease: it is fenced", row.address());
        open.fence(row.uid(), lease.uid());
      }
    }
  }

  private boolean removed(NodeRows open, Row row) throws SQLException {
    boolean removed = open.remove(row);
    if (removed) {
      seen.remove(row.uid());
      LOG.info("The lease of the node at {} has run out and is removed", row.address());
    }
    return removed;
  }

  private void resign() {
    boolean was = entered && !lease.ended();
    lease.end();
    try {
      if (was && rows != null) {
        rows.leave(lease.uid());
      }
    } catch (SQLException e) {
      LOG.info("The lease of this node was not given up, and runs out: {}", sentence(e));
    }
  }

  private void failed(SQLException e) {
    failures.increment();
    disconnect();
    if (!failing) {
      failing = true;
      LOG.warn("The lease of this node cannot be renewed at present: {}", sentence(e));
    }
  }

  private static String sentence(SQLException e) {
    return PostgresProduct.meaning(e).message();
  }

  private void disconnect() {
    PgConnection open = connection;
    connection = null;
    rows = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        LOG.info("The connection of the lease was not closed in order: {}", sentence(e));
      }
    }
  }
}
