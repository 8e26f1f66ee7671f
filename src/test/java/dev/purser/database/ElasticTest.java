package dev.purser.database;

import static dev.purser.database.DatabaseFixture.first;
import static dev.purser.database.DatabaseFixture.loaded;
import static dev.purser.database.DatabaseFixture.saved;
import static dev.purser.database.TestStore.purchase;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.slots.SlotView;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Predicate;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// Connections that come and go with the demand: real ones, to a file that is taken for a server.
/// Gates stand where a server would take its time.
final class ElasticTest {
  @TempDir Path folder;

  private final Semaphore opening = new Semaphore(1_000);
  private final Semaphore gate = new Semaphore(0);
  private final Semaphore arrived = new Semaphore(0);
  private final AtomicInteger opened = new AtomicInteger();
  private volatile long openingMillis;
  private volatile boolean refusing;
  private volatile boolean dead;

  private static final String SMALL =
      """
      purser.database.slots {
        work-limit = 60 s
        elastic {
          readers-min = 1, readers-max = 4, writers-min = 1, writers-max = 1
          grow-after = 40 ms, idle = 30 s, validate-idle = 0 s, max-age = 0 s
        }
      }
      """;

  /// A reading connection that opens when it may, and answers when it may.
  private Store slow(Store real) {
    opened.incrementAndGet();
    opening.acquireUninterruptibly();
    takeTime(openingMillis);
    if (refusing) {
      throw new IllegalStateException("may not be opened");
    }
    return new WrappedStore(real) {
      @Override
      public <T> T answer(Query<T> query) throws SQLException {
        arrived.release();
        gate.acquireUninterruptibly();
        return super.answer(query);
      }

      @Override
      public Map<String, LoadReply.Loaded> load(List<String> customers) throws SQLException {
        arrived.release();
        gate.acquireUninterruptibly();
        return super.load(customers);
      }

      @Override
      public void validate() throws SQLException {
        if (dead) {
          throw new SQLiteException("nobody is there", SQLiteErrorCode.SQLITE_IOERR);
        }
        super.validate();
      }
    };
  }

  private static void takeTime(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private DatabaseFixture database(String conf) {
    Path file = folder.resolve("purser.db");
    return new DatabaseFixture(
            SMALL + conf, s -> WrappedProduct.elastic(file, s.sqlite(), w -> w, this::slow))
        .ready();
  }

  private static List<SlotView> slots(DatabaseFixture db) {
    TestProbe<Database.SlotList> probe = db.kit.createTestProbe(Database.SlotList.class);
    db.database.tell(new Database.Slots(probe.ref()));
    return probe.receiveMessage().slots();
  }

  private static List<SlotView> readers(DatabaseFixture db) {
    return slots(db).stream().filter(s -> s.kind().equals("reader")).toList();
  }

  private static long serving(DatabaseFixture db) {
    return readers(db).stream().filter(s -> s.state() == SlotView.State.SERVING).count();
  }

  /// Asks until it is so; the test kit gives up after a while.
  private static void await(DatabaseFixture db, Predicate<List<SlotView>> wanted) {
    TestProbe<Object> probe = db.kit.createTestProbe();
    probe.awaitAssert(
        DatabaseFixture.PATIENCE,
        () -> {
          assertThat(wanted.test(readers(db))).as("%s", readers(db)).isTrue();
          return null;
        });
  }

  private static void awaitServing(DatabaseFixture db, int n) {
    await(db, all -> all.stream().filter(s -> s.state() == SlotView.State.SERVING).count() == n);
  }

  private static List<TestProbe<Database.Answer<List<RunRow>>>> burst(DatabaseFixture db, int n) {
    List<TestProbe<Database.Answer<List<RunRow>>>> asked = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      asked.add(db.ask(new Query.Runs(5, null)));
    }
    return asked;
  }

  @Test
  void slots_beyondTheMinimum_areVacant() {
    try (DatabaseFixture db = database("")) {
      assertThat(slots(db)).hasSize(5);
      assertThat(readers(db))
          .extracting(SlotView::state)
          .containsExactly(
              SlotView.State.SERVING,
              SlotView.State.VACANT,
              SlotView.State.VACANT,
              SlotView.State.VACANT);
    }
  }

  @Test
  void burst_answeredSoonerThanAnOpening_opensNothing() {
    openingMillis = 1_000;
    try (DatabaseFixture db = database("purser.database.slots.elastic.grow-after = 1 ms\n")) {
      gate.release(1_000);
      burst(db, 50).forEach(p -> p.receiveMessage(DatabaseFixture.PATIENCE));
      // The first opening took so long that one more would have come too late.
      assertThat(opened.get()).isEqualTo(1);
      assertThat(readers(db).getFirst().openingMillis()).isGreaterThanOrEqualTo(1_000);
    }
  }

  @Test
  void demand_thatLasts_opensOneAfterTheOtherUpToTheMaximum() {
    try (DatabaseFixture db = database("")) {
      opening.drainPermits();
      List<TestProbe<Database.Answer<List<RunRow>>>> asked = burst(db, 50);
      // One is being opened, and as long as it is no other.
      await(db, all -> all.stream().anyMatch(s -> s.state() == SlotView.State.OPENING));
      asked.getLast().expectNoMessage(Duration.ofMillis(300));
      assertThat(opened.get()).isEqualTo(2);
      opening.release(1);
      awaitServing(db, 2);
      opening.release(100);
      awaitServing(db, 4);
      asked.getLast().expectNoMessage(Duration.ofMillis(150));
      assertThat(opened.get()).isEqualTo(4);
      // All but one of them answer questions.
      arrived.acquireUninterruptibly(3);
      assertThat(arrived.tryAcquire()).isFalse();
      gate.release(1_000);
      asked.forEach(p -> p.receiveMessage(DatabaseFixture.PATIENCE));
    }
  }

  @Test
  void opening_thatFails_notRepeatedByEverybody() {
    String conf = "purser.database.slots { backoff-first = 60 s, backoff-cap = 60 s }\n";
    try (DatabaseFixture db = database(conf)) {
      refusing = true;
      List<TestProbe<Database.Answer<List<RunRow>>>> asked = burst(db, 50);
      await(db, all -> all.get(1).closedFor() != null);
      asked.getLast().expectNoMessage(Duration.ofMillis(300));
      assertThat(opened.get()).isEqualTo(2);
      assertThat(readers(db).get(1).state()).isEqualTo(SlotView.State.VACANT);
      assertThat(readers(db).get(1).closedFor()).isEqualTo("not_opened");
      gate.release(1_000);
      asked.forEach(p -> p.receiveMessage(DatabaseFixture.PATIENCE));
    }
  }

  @Test
  void connections_idleForLong_closedDownToTheMinimum() {
    try (DatabaseFixture db = database("purser.database.slots.elastic.idle = 200 ms\n")) {
      List<TestProbe<Database.Answer<List<RunRow>>>> asked = burst(db, 20);
      awaitServing(db, 4);
      gate.release(1_000);
      asked.forEach(p -> p.receiveMessage(DatabaseFixture.PATIENCE));
      awaitServing(db, 1);
      assertThat(readers(db)).filteredOn(s -> "idle".equals(s.closedFor())).hasSize(3);
      loaded(db.load("nobody"));
    }
  }

  @Test
  void connection_idleAndDead_foundOutAndReplacedBeforeAnybodyNeedsIt() {
    String conf = "purser.database.slots.elastic { validate-idle = 60 ms, readers-max = 1 }\n";
    try (DatabaseFixture db = database(conf)) {
      dead = true;
      await(db, all -> all.getFirst().restarts() > 0);
      dead = false;
      awaitServing(db, 1);
      gate.release(1);
      loaded(db.load("nobody"));
    }
  }

  @Test
  void connections_lostTogether_onlyTheMinimumTriesOn() {
    String conf = "purser.database.slots { backoff-first = 20 ms, backoff-cap = 50 ms }\n";
    try (DatabaseFixture db = database(conf)) {
      List<TestProbe<Database.Answer<List<RunRow>>>> asked = burst(db, 20);
      awaitServing(db, 4);
      refusing = true;
      TestProbe<Boolean> known = db.kit.createTestProbe(Boolean.class);
      gate.release(1_000);
      asked.forEach(p -> p.receiveMessage(DatabaseFixture.PATIENCE));
      for (int n = 2; n <= 5; n++) {
        db.database.tell(new Database.Recycle(n, known.ref()));
        known.expectMessage(true);
      }
      await(db, all -> all.stream().filter(s -> s.state() == SlotView.State.VACANT).count() == 3);
      refusing = false;
      awaitServing(db, 1);
      loaded(db.load("nobody"));
      assertThat(serving(db)).isEqualTo(1);
    }
  }

  @Test
  void writer_besidesElasticReaders_savesAsEver() {
    try (DatabaseFixture db = database("")) {
      gate.release(10);
      var a = saved(db.save(first("a", purchase("1", 5))));
      assertThat(loaded(db.load("a")).profile()).isEqualTo(a.profile());
    }
  }
}
