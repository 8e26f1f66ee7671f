package dev.purser.database;

import static dev.purser.database.DatabaseFixture.first;
import static dev.purser.database.DatabaseFixture.loaded;
import static dev.purser.database.DatabaseFixture.notSaved;
import static dev.purser.database.DatabaseFixture.saved;
import static dev.purser.database.TestStore.purchase;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.faults.DatabaseCause;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Outcome;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// Several connections that write: real ones, to a file that is taken for a server, each behind a
/// gate before it begins its transaction.
final class SpreadTest {
  @TempDir Path folder;

  private final List<List<String>> batches = new CopyOnWriteArrayList<>();
  private final Semaphore gate = new Semaphore(0);
  private final Semaphore arrived = new Semaphore(0);
  private final AtomicInteger lostAfter = new AtomicInteger();
  private final AtomicInteger opened = new AtomicInteger();
  private volatile boolean readOnly;

  private Store gated(Store real) {
    opened.incrementAndGet();
    return new WrappedStore(real) {
      @Override
      public void validate() throws SQLException {
        super.validate();
        refuseIfReadOnly();
      }

      @Override
      public List<Result> apply(List<Write> writes) throws SQLException {
        List<String> ids = new ArrayList<>();
        for (Write w : writes) {
          ids.add(w instanceof Write.OfCustomer(CustomerSave s, _) ? s.customer() : "chore");
        }
        batches.add(ids);
        arrived.release();
        gate.acquireUninterruptibly();
        refuseIfReadOnly();
        return super.apply(writes);
      }

      @Override
      public void commit() throws SQLException {
        super.commit();
        if (lostAfter.getAndDecrement() > 0) {
          throw new SQLiteException("the answer was lost", SQLiteErrorCode.SQLITE_IOERR);
        }
      }
    };
  }

  private void refuseIfReadOnly() throws SQLException {
    if (readOnly) {
      throw new SQLiteException("it is a standby", SQLiteErrorCode.SQLITE_READONLY);
    }
  }

  private DatabaseFixture database(String elastic) {
    return database(elastic, 1_000);
  }

  private DatabaseFixture database(String elastic, int rows) {
    String conf =
        """
        purser.database.slots { work-limit = 60 s, elastic {
          writers-min = 2, writers-max = 2, spread-saves = 5, spread-wait = 60 s
          %s
        } }
        purser.database.batch.rows = %d
        purser.database.sqlite.busy-timeout = 5 s
        """
            .formatted(elastic, rows);
    Path file = folder.resolve("purser.db");
    return new DatabaseFixture(
            conf, s -> WrappedProduct.elastic(file, s.sqlite(), this::gated, r -> r))
        .ready();
  }

  private List<TestProbe<SaveReply>> saves(DatabaseFixture db, int n) {
    List<TestProbe<SaveReply>> all = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      all.add(db.save(first("c" + i, purchase("1", 5))));
    }
    return all;
  }

  /// Whether nothing more arrives once everything sent so far has been looked at.
  private void expectNoArrival(DatabaseFixture db) {
    db.load("nobody").receiveMessage(DatabaseFixture.PATIENCE);
    assertThat(arrived.tryAcquire()).isFalse();
  }

  @Test
  void saves_fewWaiting_notSplit() {
    try (DatabaseFixture db = database("")) {
      var a = db.save(first("a", purchase("1", 5)));
      arrived.acquireUninterruptibly();
      List<TestProbe<SaveReply>> rest = saves(db, 4);
      expectNoArrival(db);
      gate.release(10);
      saved(a);
      rest.forEach(DatabaseFixture::saved);
      assertThat(batches).extracting(List::size).containsExactly(1, 4);
    }
  }

  @Test
  void saves_manyWaiting_secondCommitBesideTheFirst() {
    try (DatabaseFixture db = database("")) {
      var a = db.save(first("a", purchase("1", 5)));
      arrived.acquireUninterruptibly();
      List<TestProbe<SaveReply>> rest = saves(db, 5);
      arrived.acquireUninterruptibly();
      assertThat(batches).extracting(List::size).containsExactly(1, 5);
      gate.release(10);
      saved(a);
      rest.forEach(DatabaseFixture::saved);
    }
  }

  @Test
  void saves_fillingABatch_secondCommitBesideTheFirst() {
    try (DatabaseFixture db = database("spread-saves = 1000", 3)) {
      var a = db.save(first("a", purchase("1", 5)));
      arrived.acquireUninterruptibly();
      List<TestProbe<SaveReply>> rest = saves(db, 3);
      arrived.acquireUninterruptibly();
      assertThat(batches).extracting(List::size).containsExactly(1, 3);
      gate.release(10);
      saved(a);
      rest.forEach(DatabaseFixture::saved);
    }
  }

  @Test
  void save_waitingForLong_secondCommitBesideTheFirst() {
    try (DatabaseFixture db = database("spread-wait = 40 ms")) {
      var a = db.save(first("a", purchase("1", 5)));
      arrived.acquireUninterruptibly();
      var b = db.save(first("b", purchase("1", 5)));
      arrived.acquireUninterruptibly();
      assertThat(batches).containsExactly(List.of("a"), List.of("b"));
      gate.release(10);
      saved(a);
      saved(b);
    }
  }

  @Test
  void saves_ofOneCustomer_neverInHandTogether() {
    try (DatabaseFixture db = database("")) {
      var one = db.save(first("a", purchase("1", 5)));
      arrived.acquireUninterruptibly();
      var two = db.save(first("a", purchase("2", 5)));
      var load = db.load("a");
      List<TestProbe<SaveReply>> rest = saves(db, 5);
      arrived.acquireUninterruptibly();
      assertThat(batches.get(1)).doesNotContain("a").hasSize(5);
      load.expectNoMessage(Duration.ofMillis(20));
      gate.release(10);
      SaveReply.Saved first = saved(one);
      two.expectMessageClass(SaveReply.Moved.class, DatabaseFixture.PATIENCE);
      assertThat(loaded(load).profile()).isEqualTo(first.profile());
      rest.forEach(DatabaseFixture::saved);
      assertThat(batches.get(2)).containsExactly("a");
    }
  }

  @Test
  void commit_answerLostOnOne_theOtherGoesOnAndBothTellTheTruth() {
    try (DatabaseFixture db = database("")) {
      var a = db.save(first("a", purchase("1", 5)));
      arrived.acquireUninterruptibly();
      List<TestProbe<SaveReply>> rest = saves(db, 5);
      arrived.acquireUninterruptibly();
      lostAfter.set(1);
      gate.release(100);
      assertThat(saved(a).outcomes()).containsExactly(Outcome.ACCEPTED);
      for (TestProbe<SaveReply> probe : rest) {
        SaveReply.Saved reply = saved(probe);
        assertThat(reply.outcomes()).containsExactly(Outcome.ACCEPTED);
        assertThat(reply.profile().totals("GBP").purchases()).isEqualTo(1);
      }
      // One of the two batches was run twice, and only that one.
      assertThat(batches).hasSize(3);
    }
  }

  @Test
  void actor_restartedWithTwoCommitsInHand_bothTellTheTruth() {
    try (DatabaseFixture db = database("")) {
      var a = db.save(first("a", purchase("1", 5)));
      arrived.acquireUninterruptibly();
      List<TestProbe<SaveReply>> rest = saves(db, 5);
      arrived.acquireUninterruptibly();
      var waiting = db.save(first("w", purchase("1", 5)));
      // A room that cannot be: the actor fails on it as it would on a bug.
      db.database.tell(new Database.Roomy(null));
      assertThat(notSaved(waiting).error().retryable()).isTrue();
      gate.release(1_000);
      assertThat(saved(a).outcomes()).containsExactly(Outcome.ACCEPTED);
      rest.forEach(p -> assertThat(saved(p).outcomes()).containsExactly(Outcome.ACCEPTED));
    }
  }

  @Test
  void server_turnedReadOnly_writesRefusedReadsGoOnAndHealsByItself() {
    try (DatabaseFixture db = database("")) {
      gate.release(1_000);
      saved(db.save(first("a", purchase("1", 5))));
      readOnly = true;
      ServiceError error = notSaved(db.save(first("b", purchase("1", 5)))).error();
      assertThat(error.retryable()).isTrue();
      assertThat(error)
          .isInstanceOfSatisfying(
              ServiceError.Database.class,
              e -> assertThat(e.cause()).isEqualTo(DatabaseCause.SETUP));
      db.awaitStanding(s -> !s.writing() && s.reading());
      assertThat(loaded(db.load("a")).profile().stored()).isTrue();
      // Tried on all the time, and refused at once meanwhile.
      int before = opened.get();
      TestProbe<Object> probe = db.kit.createTestProbe();
      probe.awaitAssert(
          DatabaseFixture.PATIENCE,
          () -> {
            assertThat(opened.get()).isGreaterThan(before + 2);
            return null;
          });
      readOnly = false;
      db.awaitStanding(s -> s.writing() && s.reading());
      saved(db.save(first("b", purchase("1", 5))));
    }
  }

  @Test
  void connection_moreThanTheServerAllows_writesGoOn() {
    try (DatabaseFixture db = database("writers-min = 1, grow-after = 20 ms")) {
      gate.release(1);
      saved(db.save(first("a", purchase("1", 5))));
      var b = db.save(first("b", purchase("1", 5)));
      arrived.acquireUninterruptibly(2);
      readOnly = true;
      List<TestProbe<SaveReply>> rest = saves(db, 5);
      TestProbe<Object> probe = db.kit.createTestProbe();
      probe.awaitAssert(
          DatabaseFixture.PATIENCE,
          () -> {
            assertThat(opened.get()).isGreaterThan(1);
            assertThat(db.log.latest()).isNotEmpty();
            return null;
          });
      readOnly = false;
      gate.release(1_000);
      saved(b);
      rest.forEach(DatabaseFixture::saved);
    }
  }
}
