package dev.purser.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.faults.DatabaseCause;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.testing.FaultyProxy;
import dev.purser.testing.Postgres;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Leases of several nodes in one real PostgreSQL, each node an actor of this process.
final class LeaseKeeperTest {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private static final Duration LEASE = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final Store.Write WRITE = new Store.Write.OfChore(new Chore.DropLetter(0));

  private final String database = Postgres.shared().freshDatabase();
  private final String url = Postgres.shared().url(database);
  private final DatabaseSettings settings = DatabaseFixture.settings(DatabaseFixture.config(""));
  @TempDir private Path folders;
  private Node a;

  /// A node: its keeper, its lease and a connection that writes.
  private final class Node {
    final long uid = ThreadLocalRandom.current().nextLong();
    final Set<Long> members = ConcurrentHashMap.newKeySet();
    final NodeLease lease;
    final TestProbe<LeaseKeeper.Joining> joining = KIT.createTestProbe();
    final ActorRef<LeaseKeeper.Command> keeper;
    private Store store;

    Node(String at, Duration length, boolean seeded, boolean forms, String folder) {
      members.add(uid);
      lease = NodeLease.of(uid, length, () -> Set.copyOf(members));
      keeper =
          KIT.spawn(
              LeaseKeeper.create(
                  new LeaseKeeper.Setup(
                      PostgresUrl.parse(at),
                      settings,
                      lease,
                      "127.0.0.1:" + Math.floorMod(uid, 60_000),
                      seeded,
                      forms,
                      folders.resolve(folder.isEmpty() ? "node" + uid : folder)),
                  joining.ref()),
              DispatcherSelector.blocking());
    }

    Node owning() {
      keeper.tell(new LeaseKeeper.Up());
      awaitTrue("it owns", () -> owns());
      return this;
    }

    private boolean owns() {
      return rows("owner AND uid = " + uid) == 1;
    }

    Store store() throws Exception {
      if (store == null) {
        store =
            new PostgresProduct(
                    PostgresUrl.parse(url),
                    settings.postgres(),
                    Duration.ofSeconds(10),
                    lease,
                    List.of())
                .writer()
                .open();
      }
      return store;
    }

    /// Why it may not load, or null if it may.
    String whyNotLoad() throws Exception {
      return whyNot(() -> store().load(List.of("c")));
    }

    /// Why it may not write, or null if it may.
    String whyNotWrite() throws Exception {
      return whyNot(
          () -> {
            try {
              store().apply(List.of(WRITE));
              store().commit();
            } finally {
              store().rollback();
            }
          });
    }

    /// Ends like a process that is killed: the row stands.
    void kill() {
      KIT.stop(keeper);
    }

    void awaitFailed() {
      KIT.createTestProbe().expectTerminated(keeper, PATIENCE);
      assertThat(lease.fresh()).isFalse();
    }
  }

  @FunctionalInterface
  private interface Attempt {
    void run() throws Exception;
  }

  @FunctionalInterface
  private interface Condition {
    boolean holds() throws Exception;
  }

  private static String whyNot(Attempt attempt) throws Exception {
    try {
      attempt.run();
      return null;
    } catch (Fault refused) {
      ServiceError.Database error = (ServiceError.Database) refused.error();
      assertThat(error.cause()).isEqualTo(DatabaseCause.LEASE);
      assertThat(error.retryable()).isTrue();
      return error.message();
    }
  }

  private static void awaitTrue(String what, Condition condition) {
    KIT.createTestProbe()
        .awaitAssert(
            PATIENCE,
            () -> {
              assertThat(condition.holds()).as(what).isTrue();
              return null;
            });
  }

  private long rows(String where) {
    String count = "SELECT count(*) FROM purser.nodes WHERE " + where;
    return Long.parseLong(Postgres.shared().ask(database, count).getFirst());
  }

  private Node node(boolean forms) {
    return new Node(url, LEASE, true, forms, "");
  }

  @BeforeEach
  void form() {
    a = node(true);
    assertThat(a.joining.receiveMessage(PATIENCE))
        .isEqualTo(new LeaseKeeper.Joining(List.of(), true));
    a.owning();
  }

  @AfterEach
  void end() throws Exception {
    KIT.stop(a.keeper);
    a.store().close();
  }

  @AfterAll
  static void shutDown() {
    KIT.shutdownTestKit();
  }

  /// A second member.
  private Node joined() {
    Node b = node(true);
    LeaseKeeper.Joining how = b.joining.receiveMessage(PATIENCE);
    assertThat(how.forms()).as("while another node owns").isFalse();
    assertThat(how.owners()).hasSize(1);
    a.members.add(b.uid);
    b.members.add(a.uid);
    return b.owning();
  }

  @Test
  void firstStarts_twoAtOnce_oneFormsAndTheOtherJoinsIt() {
    a.keeper.tell(new LeaseKeeper.Resign(KIT.<Done>createTestProbe().ref()));
    awaitTrue("nobody is left", () -> rows("true") == 0);
    List<Node> both = List.of(node(true), node(true));
    List<LeaseKeeper.Joining> told =
        both.stream().map(node -> node.joining.receiveMessage(PATIENCE)).toList();
    assertThat(told.stream().filter(LeaseKeeper.Joining::forms)).hasSize(1);
    assertThat(rows("owner")).isEqualTo(1);
    both.forEach(Node::kill);
  }

  @Test
  void node_withoutSeedsBesideALivingOne_isRefused() {
    Node alone = new Node(url, LEASE, false, true, "");
    alone.awaitFailed();
    alone.joining.expectNoMessage(Duration.ZERO);
    assertThat(a.lease.fresh()).isTrue();
  }

  @Test
  void node_killed_isLoadedAfterOnceItsLeaseHasRunOutAndItsTransactionsHaveEnded()
      throws Exception {
    Node b = joined();
    assertThat(a.whyNotLoad()).isNull();
    assertThat(b.whyNotLoad()).isNull();
    Store open = b.store();
    open.apply(List.of(WRITE));
    long killed = System.nanoTime();
    b.kill();
    a.members.remove(b.uid);
    assertThat(a.whyNotLoad()).contains("has not run out yet");
    awaitTrue(
        "the transaction of b holds its row",
        () -> System.nanoTime() - killed > 2 * LEASE.toNanos() && rows("true") == 2);
    assertThat(a.whyNotLoad()).contains("has not run out yet");
    open.commit();
    awaitTrue("a may load", () -> a.whyNotLoad() == null);
    assertThat(b.whyNotWrite()).contains("lease has ended");
    assertThat(b.whyNotLoad()).contains("owns nothing");
    assertThat(a.whyNotWrite()).isNull();
    b.store().close();
  }

  @Test
  void node_aliveAndNoMember_isFencedAndEnds() throws Exception {
    Node b = joined();
    assertThat(b.lease.fresh()).isTrue();
    a.members.remove(b.uid);
    assertThat(a.whyNotLoad()).contains("has not run out yet");
    b.awaitFailed();
    awaitTrue("a may load", () -> a.whyNotLoad() == null);
    assertThat(b.whyNotWrite()).contains("lease has ended");
    assertThat(a.lease.fresh()).isTrue();
    b.store().close();
  }

  @Test
  void node_thatOwnsNothingYet_isNotWaitedForAndLoadsNothing() throws Exception {
    Node joining = node(false);
    joining.members.add(a.uid);
    var _ = joining.joining.receiveMessage(PATIENCE);
    assertThat(a.whyNotLoad()).isNull();
    assertThat(joining.whyNotLoad()).contains("owns nothing");
    joining.kill();
    awaitTrue("its row is gone too", () -> rows("true") == 1);
    joining.store().close();
  }

  @Test
  void database_awayForLongerThanTheLease_costsNobodyWhatItOwns() throws Exception {
    try (FaultyProxy proxy = new FaultyProxy("127.0.0.1", Postgres.shared().port())) {
      a.keeper.tell(new LeaseKeeper.Resign(KIT.<Done>createTestProbe().ref()));
      Node cut =
          new Node(
              url.replace(":" + Postgres.shared().port(), ":" + proxy.port()),
              LEASE,
              true,
              true,
              "");
      cut.owning();
      awaitTrue("its lease is fresh", cut.lease::fresh);
      proxy.refuse();
      proxy.cut();
      awaitTrue("its lease runs out", () -> !cut.lease.fresh());
      proxy.heal();
      awaitTrue("its lease is fresh again", cut.lease::fresh);
      assertThat(cut.whyNotLoad()).isNull();
      cut.kill();
      cut.store().close();
    }
  }

  @Test
  void node_killedAndStartedAgainInItsFolder_waitsForNoLease() {
    a.keeper.tell(new LeaseKeeper.Resign(KIT.<Done>createTestProbe().ref()));
    Duration hour = Duration.ofHours(1);
    Node killed = new Node(url, hour, false, true, "same");
    killed.owning();
    killed.kill();
    Node again = new Node(url, hour, false, true, "same");
    assertThat(again.joining.receiveMessage(PATIENCE).forms()).isTrue();
    assertThat(rows("true")).isEqualTo(1);
    again.kill();
  }

  @Test
  void members_withoutRowsInThisDatabase_endTheNodeThatJoinedThem() {
    Node b = node(false);
    b.members.add(a.uid);
    b.members.add(a.uid + 1);
    b.keeper.tell(new LeaseKeeper.Up());
    b.awaitFailed();
    assertThat(b.owns()).isFalse();
  }

  @Test
  void lease_byBothClocks_isFreshForNineTenths() {
    AtomicLong nanos = new AtomicLong(7);
    AtomicLong wall = new AtomicLong(1_000_000);
    NodeLease lease = new NodeLease(1, Duration.ofSeconds(5), Set::of, nanos::get, wall::get);
    assertThat(lease.fresh()).as("before the first renewal").isFalse();
    lease.renewed(nanos.get(), wall.get());
    nanos.addAndGet(Duration.ofMillis(4_499).toNanos());
    assertThat(lease.fresh()).isTrue();
    nanos.addAndGet(Duration.ofMillis(1).toNanos());
    assertThat(lease.fresh()).as("by the monotonic clock").isFalse();
    lease.renewed(nanos.get(), wall.get());
    wall.addAndGet(4_500);
    assertThat(lease.fresh()).as("by the wall clock, after a suspended machine").isFalse();
    lease.renewed(nanos.get(), wall.get());
    wall.addAndGet(-3_600_000);
    assertThat(lease.fresh()).as("whose steps back change nothing").isTrue();
    lease.end();
    lease.renewed(nanos.get(), wall.get());
    assertThat(lease.fresh()).as("once it has ended").isFalse();
    assertThat(NodeLease.unshared().fresh()).isTrue();
  }

  @Test
  void outage_knownFromAFailedRenewal_forTheLengthOfALease() {
    AtomicLong nanos = new AtomicLong(7);
    AtomicLong wall = new AtomicLong(1_000_000);
    NodeLease lease = new NodeLease(1, Duration.ofSeconds(5), Set::of, nanos::get, wall::get);
    assertThat(lease.outage()).as("before anything has failed").isFalse();
    lease.unanswered();
    nanos.addAndGet(Duration.ofMillis(4_499).toNanos());
    assertThat(lease.outage()).isTrue();
    nanos.addAndGet(Duration.ofMillis(1).toNanos());
    assertThat(lease.outage()).as("of a process that was suspended since").isFalse();
    lease.unanswered();
    wall.addAndGet(4_500);
    assertThat(lease.outage()).as("of a machine that was suspended since").isFalse();
    lease.unanswered();
    lease.renewed(nanos.get(), wall.get());
    assertThat(lease.outage()).as("once the database answers").isFalse();
    lease.end();
    lease.unanswered();
    assertThat(lease.outage()).as("once the lease has ended").isFalse();
  }

  @Test
  void ledger_dividedInAnotherWay_isRefusedWithWhatToMend(@TempDir Path folder) throws Exception {
    for (DatabaseUrl at :
        List.of(new DatabaseUrl.OfFile(folder.resolve("purser.db")), DatabaseUrl.parse(url))) {
      product(at, 4).writer().open().close();
      product(at, 4).writer().open().close();
      assertThatThrownBy(() -> product(at, 8).writer().open().close())
          .isInstanceOf(dev.purser.faults.Escalated.class)
          .hasMessageContaining("is divided into 4 partitions of documents")
          .hasMessageContaining("set it to 4");
    }
  }

  private Product product(DatabaseUrl at, int count) {
    List<Ledger.Parts> parts = List.of(new Ledger.Parts("documents", "purser.documents.x", count));
    return switch (at) {
      case DatabaseUrl.OfFile(Path file) -> new SqliteProduct(file, settings.sqlite(), parts);
      case DatabaseUrl.OfServer(PostgresUrl server) ->
          new PostgresProduct(
              server, settings.postgres(), Duration.ofSeconds(10), NodeLease.unshared(), parts);
    };
  }
}
