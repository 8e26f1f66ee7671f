package dev.purser.database;

import static dev.purser.database.DatabaseFixture.first;
import static dev.purser.database.DatabaseFixture.loaded;
import static dev.purser.database.DatabaseFixture.saved;
import static dev.purser.database.TestStore.purchase;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.faults.Escalated;
import dev.purser.ledger.Outcome;
import dev.purser.slots.SlotView;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Commits on a real file, synced beside the transactions that follow them.
final class SyncerTest {
  private static final Duration WHILE = Duration.ofMillis(150);

  @TempDir Path folder;

  /// A sync takes one; what it was before it began, [#began] counts.
  private final Semaphore gate = new Semaphore(0);

  private final AtomicInteger began = new AtomicInteger();
  private final AtomicReference<@Nullable RuntimeException> failure = new AtomicReference<>();

  private Store gated(Store real) {
    return new WrappedStore(real) {
      @Override
      public void syncLog() {
        began.incrementAndGet();
        gate.acquireUninterruptibly();
        RuntimeException due = failure.getAndSet(null);
        if (due != null) {
          throw due;
        }
        super.syncLog();
      }
    };
  }

  /// @param ahead so many waiting saves begin a commit ahead of a sync
  private DatabaseFixture database(int ahead) {
    return DatabaseFixture.onFile(
            folder,
            "purser.database.slots { work-limit = 20 s, elastic { spread-saves = %d, spread-wait = 60 s } }"
                .formatted(ahead),
            product -> product.syncers = this::gated)
        .ready();
  }

  /// What another process sees.
  private int committed() {
    try (Connection other = DriverManager.getConnection("jdbc:sqlite:" + folder + "/purser.db");
        Statement statement = other.createStatement();
        ResultSet count = statement.executeQuery("SELECT count(*) FROM purchases")) {
      return count.getInt(1);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private void awaitCommitted(DatabaseFixture db, int purchases) {
    await(db, () -> assertThat(committed()).isEqualTo(purchases));
  }

  private void awaitSyncs(DatabaseFixture db, int syncs) {
    await(db, () -> assertThat(began).hasValue(syncs));
  }

  private static void await(DatabaseFixture db, Runnable asserted) {
    TestProbe<Object> probe = db.kit.createTestProbe();
    probe.awaitAssert(
        DatabaseFixture.PATIENCE,
        () -> {
          asserted.run();
          return true;
        });
  }

  @Test
  void save_committed_toldNobodyBeforeItsSync() {
    try (DatabaseFixture db = database(1)) {
      TestProbe<SaveReply> save = db.save(first("a", purchase("1", 5)));
      awaitCommitted(db, 1);
      TestProbe<LoadReply> load = db.load("a");
      save.expectNoMessage(WHILE);
      load.expectNoMessage(WHILE);
      gate.release();
      assertThat(saved(save).outcomes()).containsExactly(Outcome.ACCEPTED);
      assertThat(loaded(load).profile().totals("GBP").grossMinor()).isEqualTo(5);
      assertThat(began).hasValue(1);
    }
  }

  @Test
  void commits_whileASyncRuns_goOnAndShareTheNext() {
    try (DatabaseFixture db = database(1)) {
      TestProbe<SaveReply> a = db.save(first("a", purchase("1", 5)));
      awaitSyncs(db, 1);
      TestProbe<SaveReply> b = db.save(first("b", purchase("1", 5)));
      awaitCommitted(db, 2);
      TestProbe<SaveReply> c = db.save(first("c", purchase("1", 5)));
      awaitCommitted(db, 3);
      gate.release();
      saved(a);
      awaitSyncs(db, 2);
      b.expectNoMessage(WHILE);
      gate.release();
      saved(b);
      saved(c);
      assertThat(began).hasValue(2);
    }
  }

  @Test
  void commits_aheadOfASlowDisk_bounded() {
    try (DatabaseFixture db = database(1)) {
      TestProbe<SaveReply> first = db.save(first("c0", purchase("1", 5)));
      awaitSyncs(db, 1);
      for (int i = 1; i < 8; i++) {
        db.save(first("c" + i, purchase("1", 5)));
        awaitCommitted(db, i + 1);
      }
      TestProbe<SaveReply> ninth = db.save(first("c8", purchase("1", 5)));
      TestProbe<SaveReply> tenth = db.save(first("c9", purchase("1", 5)));
      ninth.expectNoMessage(WHILE);
      assertThat(committed()).isEqualTo(8);
      gate.release(3);
      saved(first);
      saved(ninth);
      saved(tenth);
    }
  }

  @Test
  void save_few_waitForTheSyncAndShareACommit() {
    try (DatabaseFixture db = database(100)) {
      TestProbe<SaveReply> a = db.save(first("a", purchase("1", 5)));
      awaitSyncs(db, 1);
      TestProbe<SaveReply> b = db.save(first("b", purchase("1", 5)));
      b.expectNoMessage(WHILE);
      assertThat(committed()).isEqualTo(1);
      gate.release(2);
      saved(a);
      saved(b);
    }
  }

  @Test
  void sync_diskFails_nodeEndsAndNobodyIsTold() {
    try (DatabaseFixture db = database(1)) {
      failure.set(new Escalated("The disk fails.", null));
      TestProbe<SaveReply> save = db.save(first("a", purchase("1", 5)));
      awaitSyncs(db, 1);
      gate.release(10);
      save.expectTerminated(db.database, DatabaseFixture.PATIENCE);
      save.expectNoMessage(WHILE);
    }
  }

  @Test
  void syncer_lost_nextOneSyncsWhatWasCommitted() {
    try (DatabaseFixture db = database(1)) {
      failure.set(new IllegalStateException("a bug in the syncer"));
      TestProbe<SaveReply> a = db.save(first("a", purchase("1", 5)));
      awaitSyncs(db, 1);
      TestProbe<SaveReply> b = db.save(first("b", purchase("1", 5)));
      awaitCommitted(db, 2);
      gate.release(2);
      assertThat(saved(a).outcomes()).containsExactly(Outcome.ACCEPTED);
      assertThat(saved(b).outcomes()).containsExactly(Outcome.ACCEPTED);
      assertThat(began).hasValue(2);
      assertThat(syncer(db).restarts()).isEqualTo(1);
    }
  }

  private static SlotView syncer(DatabaseFixture db) {
    TestProbe<Database.SlotList> probe = db.kit.createTestProbe(Database.SlotList.class);
    db.database.tell(new Database.Slots(probe.ref()));
    return probe.receiveMessage().slots().stream()
        .filter(s -> s.kind().equals("syncer"))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void database_restartedDuringASync_savesRunAgainAndAcceptedOnce() {
    try (DatabaseFixture db = database(1)) {
      TestProbe<SaveReply> a = db.save(first("a", purchase("1", 5)));
      awaitCommitted(db, 1);
      // A room that cannot be: the actor fails on it as it would on a bug.
      db.database.tell(new Database.Roomy(null));
      gate.release(10);
      SaveReply.Saved reply = saved(a);
      assertThat(reply.outcomes()).containsExactly(Outcome.ACCEPTED);
      assertThat(reply.profile().totals("GBP").grossMinor()).isEqualTo(5);
      assertThat(committed()).isEqualTo(1);
    }
  }

  @Test
  void database_drained_syncsFirst() {
    try (DatabaseFixture db = database(1)) {
      TestProbe<SaveReply> save = db.save(first("a", purchase("1", 5)));
      awaitCommitted(db, 1);
      TestProbe<Done> drained = db.kit.createTestProbe(Done.class);
      db.database.tell(new Database.Drain(drained.ref()));
      drained.expectNoMessage(WHILE);
      gate.release();
      saved(save);
      drained.expectMessageClass(Done.class, DatabaseFixture.PATIENCE);
      // Nothing is left beside the file.
      assertThat(folder.resolve("purser.db-wal")).doesNotExist();
      assertThat(folder.resolve("purser.db")).exists();
    }
  }

  /// The JVM itself says which files it made the system write.
  @Test
  void save_answered_logWasForcedToTheDisk() {
    List<String> forced = new CopyOnWriteArrayList<>();
    try (RecordingStream events = new RecordingStream();
        DatabaseFixture db = database(1)) {
      events.enable("jdk.FileForce").withoutThreshold();
      events.onEvent("jdk.FileForce", (RecordedEvent e) -> forced.add(e.getString("path")));
      events.startAsync();
      gate.release();
      saved(db.save(first("a", purchase("1", 5))));
      events.stop();
      assertThat(forced)
          .filteredOn(path -> path.startsWith(folder.toString()))
          .containsExactly(folder.resolve("purser.db-wal").toString());
    }
  }
}
