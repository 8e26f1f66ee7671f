package dev.purser.database;

import static dev.purser.database.DatabaseFixture.first;
import static dev.purser.database.DatabaseFixture.loaded;
import static dev.purser.database.DatabaseFixture.notSaved;
import static dev.purser.database.DatabaseFixture.save;
import static dev.purser.database.DatabaseFixture.saved;
import static dev.purser.database.TestStore.purchase;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.database.Database.Lane;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Profile;
import dev.purser.slots.SlotView;
import dev.purser.testing.FaultyProxy;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A real PostgreSQL behind a proxy that takes it away in every way, and gives it back.
final class HealTest {
  private static final AtomicInteger SCHEMAS = new AtomicInteger();
  private static EmbeddedPostgres shared;

  @TempDir Path folder;

  private final AtomicInteger writersOpened = new AtomicInteger();
  private final AtomicInteger readersOpened = new AtomicInteger();
  private FaultyProxy proxy = new FaultyProxy("127.0.0.1", shared.getPort());

  @BeforeAll
  static void start() throws IOException {
    shared = EmbeddedPostgres.builder().setLocaleConfig("locale", "C.UTF-8").start();
  }

  @AfterAll
  static void stop() throws IOException {
    shared.close();
  }

  @AfterEach
  void close() {
    proxy.close();
  }

  private DatabaseFixture database(String conf) {
    String schema = "purser.database.postgres.schema = heal_" + SCHEMAS.incrementAndGet() + "\n";
    String quick = "purser.database.postgres.connect-timeout = 1 s\n";
    PostgresUrl url =
        PostgresUrl.parse("postgresql://postgres@127.0.0.1:" + proxy.port() + "/postgres");
    return new DatabaseFixture(
            schema + quick + conf,
            s ->
                new WrappedProduct(
                    new PostgresProduct(url, s.postgres(), s.slots().workLimit()),
                    w -> counted(writersOpened, w),
                    r -> counted(readersOpened, r)))
        .ready();
  }

  private static Store counted(AtomicInteger opened, Store store) {
    opened.incrementAndGet();
    return store;
  }

  private static List<SlotView> slots(DatabaseFixture db) {
    TestProbe<Database.SlotList> probe = db.kit.createTestProbe(Database.SlotList.class);
    db.database.tell(new Database.Slots(probe.ref()));
    return probe.receiveMessage().slots();
  }

  private static void unreachable(ServiceError error) {
    assertThat(error.retryable()).isTrue();
    assertThat(error)
        .isInstanceOfSatisfying(
            ServiceError.Database.class,
            e -> assertThat(e.cause()).isEqualTo(DatabaseCause.UNREACHABLE));
  }

  private static ServiceError notLoaded(TestProbe<LoadReply> probe) {
    return probe.expectMessageClass(LoadReply.NotLoaded.class, DatabaseFixture.PATIENCE).error();
  }

  @Test
  void server_gone_refusedAtDeadlinesAndAtOnceWhenFull_thenHealsWithoutAHerd() {
    try (DatabaseFixture db = database("purser.database.queues { saves = 2, loads = 2 }")) {
      Profile before = saved(db.save(first("a", purchase("1", 5)))).profile();
      proxy.refuse();
      proxy.cut();
      Duration wait = Duration.ofSeconds(1);
      // The first to come finds out.
      var save = db.save(save(before, purchase("2", 5)), Lane.INTERACTIVE, wait);
      db.awaitStanding(s -> !s.reading() && !s.writing());
      var second = db.save(first("b", purchase("1", 5)), Lane.INTERACTIVE, wait);
      var tooMany = db.save(first("c", purchase("1", 5)));
      assertThat(notSaved(tooMany).error()).isInstanceOf(ServiceError.Overloaded.class);
      var load = db.load("x", wait);
      var secondLoad = db.load("y", wait);
      assertThat(notLoaded(db.load("z"))).isInstanceOf(ServiceError.Overloaded.class);
      unreachable(notSaved(save).error());
      unreachable(notSaved(second).error());
      unreachable(notLoaded(load));
      unreachable(notLoaded(secondLoad));

      int writers = writersOpened.get();
      int readers = readersOpened.get();
      proxy.heal();
      db.awaitStanding(s -> s.reading() && s.writing());
      assertThat(loaded(db.load("a")).profile()).isEqualTo(before);
      assertThat(saved(db.save(save(before, purchase("2", 5)))).outcomes())
          .containsExactly(Outcome.ACCEPTED);
      // As many as the minimum, and each of them once.
      assertThat(writersOpened.get() - writers).isEqualTo(1);
      assertThat(readersOpened.get() - readers).isBetween(1, 2);
    }
  }

  @Test
  void commit_answerLostOnTheWire_acceptedOnceAndTold() throws InterruptedException {
    try (DatabaseFixture db = database("")) {
      Profile one = saved(db.save(first("a", purchase("1", 5)))).profile();
      CountDownLatch lost = proxy.cutBeforeAnswer("COMMIT\0".getBytes(StandardCharsets.US_ASCII));
      SaveReply.Saved reply = saved(db.save(save(one, purchase("2", 7))));
      assertThat(lost.await(10, TimeUnit.SECONDS)).isTrue();
      assertThat(reply.outcomes()).containsExactly(Outcome.ACCEPTED);
      assertThat(reply.profile().totals("GBP").grossMinor()).isEqualTo(12);
      assertThat(loaded(db.load("a")).profile()).isEqualTo(reply.profile());
    }
  }

  @Test
  void sessions_terminatedByTheAdministrator_everySaveAppliedOnce() throws SQLException {
    try (DatabaseFixture db = database("")) {
      List<TestProbe<SaveReply>> all = new ArrayList<>();
      int terminated = 0;
      for (int i = 0; i < 120; i++) {
        all.add(db.save(first("c" + i, purchase("1", 5))));
        if (i % 40 == 20) {
          terminated += terminateAll();
        }
      }
      assertThat(terminated).isPositive();
      for (TestProbe<SaveReply> probe : all) {
        SaveReply.Saved reply = saved(probe);
        assertThat(reply.outcomes()).containsExactly(Outcome.ACCEPTED);
        assertThat(reply.profile().totals("GBP").purchases()).isEqualTo(1);
      }
      assertThat(slots(db)).anyMatch(s -> s.restarts() > 0);
    }
  }

  private static int terminateAll() throws SQLException {
    try (Connection c = shared.getPostgresDatabase().getConnection();
        Statement s = c.createStatement();
        ResultSet r =
            s.executeQuery(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                    + " WHERE application_name = 'purser'")) {
      r.next();
      return r.getInt(1);
    }
  }

  @Test
  void server_silent_abortedAtTheLimitAndHealsWhenItAnswers() {
    try (DatabaseFixture db = database("purser.database.slots.work-limit = 600 ms")) {
      Profile before = saved(db.save(first("a", purchase("1", 5)))).profile();
      proxy.stall();
      Duration wait = Duration.ofMillis(1_500);
      var save = db.save(save(before, purchase("2", 5)), Lane.INTERACTIVE, wait);
      var load = db.load("a", wait);
      assertThat(notSaved(save).error().retryable()).isTrue();
      assertThat(notLoaded(load).retryable()).isTrue();
      assertThat(slots(db)).anyMatch(s -> "stuck".equals(s.closedFor()));
      proxy.heal();
      assertThat(saved(db.save(save(before, purchase("2", 5)))).outcomes())
          .containsExactly(Outcome.ACCEPTED);
      assertThat(loaded(db.load("a")).profile().totals("GBP").grossMinor()).isEqualTo(10);
    }
  }

  @Test
  void server_failedOverToAStandby_readsGoOnAndWritesHealWhenItIsPromoted() throws Exception {
    Path data = folder.resolve("primary");
    EmbeddedPostgres primary = keeping(data);
    proxy.close();
    proxy = new FaultyProxy("127.0.0.1", primary.getPort());
    try (DatabaseFixture db = database("")) {
      Profile before = saved(db.save(first("a", purchase("1", 5)))).profile();
      primary.close();
      Path copy = folder.resolve("standby");
      copyAll(data, copy);
      Files.createFile(copy.resolve("standby.signal"));
      try (EmbeddedPostgres standby = keeping(copy)) {
        proxy.target("127.0.0.1", standby.getPort());
        assertThat(loaded(db.load("a")).profile()).isEqualTo(before);
        db.awaitStanding(s -> s.reading() && !s.writing() && words(s).contains("read-only"));
        ServiceError error = notSaved(db.save(save(before, purchase("2", 5)))).error();
        assertThat(error.retryable()).isTrue();
        try (Connection c = standby.getPostgresDatabase().getConnection();
            Statement s = c.createStatement()) {
          s.execute("SELECT pg_promote()");
        }
        db.awaitStanding(s -> s.reading() && s.writing());
        assertThat(saved(db.save(save(before, purchase("2", 5)))).outcomes())
            .containsExactly(Outcome.ACCEPTED);
      }
    }
  }

  private static String words(Standing standing) {
    return String.valueOf(standing.trouble());
  }

  /// A server that keeps its folder when it stops.
  private static EmbeddedPostgres keeping(Path data) throws IOException {
    return EmbeddedPostgres.builder()
        .setDataDirectory(data)
        .setCleanDataDirectory(false)
        .setLocaleConfig("locale", "C.UTF-8")
        .start();
  }

  private static void copyAll(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      files
          .filter(f -> !f.endsWith("postmaster.pid"))
          .forEach(f -> copy(f, to.resolve(from.relativize(f).toString())));
    }
  }

  private static void copy(Path from, Path to) {
    try {
      Files.copy(from, to, java.nio.file.StandardCopyOption.COPY_ATTRIBUTES);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
