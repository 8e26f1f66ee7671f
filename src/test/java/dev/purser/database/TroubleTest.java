package dev.purser.database;

import static dev.purser.database.DatabaseFixture.first;
import static dev.purser.database.DatabaseFixture.loaded;
import static dev.purser.database.DatabaseFixture.notSaved;
import static dev.purser.database.DatabaseFixture.saved;
import static dev.purser.database.TestStore.purchase;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.database.Database.Lane;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.Decision;
import dev.purser.faults.Escalated;
import dev.purser.faults.ServiceError;
import dev.purser.faults.SupervisionLog;
import dev.purser.ledger.Outcome;
import dev.purser.slots.SlotView;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// Trouble with the file, the disk and whoever else holds them, on real files.
final class TroubleTest {
  @TempDir Path folder;

  private final AtomicBoolean stuck = new AtomicBoolean();
  private final AtomicBoolean full = new AtomicBoolean();
  private final AtomicInteger opened = new AtomicInteger();

  private Connection other() throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("purser.db"));
  }

  private static void run(Connection c, String sql) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.execute(sql);
    }
  }

  /// The node's end, as the root would see it.
  private static String sentenceOf(DatabaseFixture db) {
    TestProbe<Object> probe = db.kit.createTestProbe();
    probe.expectTerminated(db.database, DatabaseFixture.PATIENCE);
    List<SupervisionLog.Entry> latest = db.log.latest();
    assertThat(latest.getFirst().decision()).isEqualTo(Decision.ESCALATE);
    return latest.getFirst().message();
  }

  /// A writer that runs a statement without end on a connection of its own, interruptible as the
  /// store's are.
  private Store sticking(Store real) {
    opened.incrementAndGet();
    return new WrappedStore(real) {
      private volatile Statement running;

      @Override
      public List<Result> apply(List<Write> writes) throws SQLException {
        if (stuck.getAndSet(false)) {
          try (Connection c = other();
              Statement s = c.createStatement()) {
            running = s;
            s.execute(
                "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)"
                    + " SELECT max(i) FROM n");
          } finally {
            running = null;
          }
        }
        return super.apply(writes);
      }

      @Override
      public void interrupt() {
        Statement s = running;
        if (s != null) {
          try {
            s.cancel();
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        }
      }
    };
  }

  @Test
  void statement_stuck_interruptedAndConnectionReplaced() {
    try (DatabaseFixture db = new DatabaseFixture(folder, "", this::sticking, s -> s).ready()) {
      stuck.set(true);
      var a = db.save(first("a", purchase("1", 5)));
      // Waits for the one writer, which is stuck, and is refused at its deadline.
      var b = db.save(first("b", purchase("1", 5)), Lane.INTERACTIVE, Duration.ofMillis(100));
      assertThat(notSaved(b).error().retryable()).isTrue();
      assertThat(saved(a).outcomes()).containsExactly(Outcome.ACCEPTED);
      saved(db.save(first("b", purchase("1", 5))));
      assertThat(opened.get()).isEqualTo(2);
      SlotView writer = slots(db).getFirst();
      assertThat(writer.state()).isEqualTo(SlotView.State.SERVING);
      assertThat(writer.lastError()).contains("longer than 400 ms");
    }
  }

  private static List<SlotView> slots(DatabaseFixture db) {
    TestProbe<Database.SlotList> probe = db.kit.createTestProbe(Database.SlotList.class);
    db.database.tell(new Database.Slots(probe.ref()));
    return probe.receiveMessage().slots();
  }

  @Test
  void slots_asked_shownInOrder() {
    try (DatabaseFixture db = new DatabaseFixture(folder).ready()) {
      assertThat(slots(db)).extracting(SlotView::n).containsExactly(1, 2, 3, 4, 5);
      assertThat(slots(db))
          .extracting(SlotView::kind)
          .containsExactly("writer", "reader", "reader", "syncer", "checkpointer");
      // Nobody waits for the checkpointer.
      TestProbe<Object> probe = db.kit.createTestProbe();
      probe.awaitAssert(
          DatabaseFixture.PATIENCE,
          () -> assertThat(slots(db)).allMatch(s -> s.openedMillis() > 0 && s.restarts() == 0));
    }
  }

  private Store filling(Store real) {
    return new WrappedStore(real) {
      @Override
      public void commit() throws SQLException {
        if (full.get()) {
          throw new SQLiteException("no space", SQLiteErrorCode.SQLITE_FULL);
        }
        super.commit();
      }

      @Override
      public List<Result> apply(List<Write> writes) throws SQLException {
        if (full.get()) {
          throw new SQLiteException("no space", SQLiteErrorCode.SQLITE_FULL);
        }
        return super.apply(writes);
      }
    };
  }

  @Test
  void disk_fullWhileServing_writesRefusedReadsGoOn() {
    try (DatabaseFixture db = new DatabaseFixture(folder, "", this::filling, s -> s).ready()) {
      saved(db.save(first("a", purchase("1", 5))));
      full.set(true);
      ServiceError error = notSaved(db.save(first("b", purchase("1", 5)))).error();
      assertThat(error.code()).isEqualTo("ERR_DB");
      assertThat(error.retryable()).isTrue();
      assertThat(loaded(db.load("a")).profile().stored()).isTrue();
      SupervisionLog.Entry entry = db.log.latest().getFirst();
      assertThat(entry.decision()).isEqualTo(Decision.RESTART);
      assertThat(entry.message()).contains("full disk; free some space");
      db.awaitStanding(Standing::degraded);
      full.set(false);
      // The next write finds out, and the others of that moment are refused.
      SaveReply reply = new SaveReply.Moved();
      while (!(reply instanceof SaveReply.Saved)) {
        reply = db.save(first("b", purchase("1", 5))).receiveMessage(DatabaseFixture.PATIENCE);
      }
      db.awaitStanding(s -> !s.degraded());
    }
  }

  /// The commit itself finds the disk full: SQLite is certain that it is not applied.
  @Test
  void commit_refusedByAFullDisk_notSavedAtOnce() {
    UnaryOperator<Store> full =
        real ->
            new WrappedStore(real) {
              @Override
              public void commit() throws SQLException {
                throw new SQLiteException("no space", SQLiteErrorCode.SQLITE_FULL);
              }
            };
    try (DatabaseFixture db = new DatabaseFixture(folder, "", full, s -> s).ready()) {
      ServiceError error = notSaved(db.save(first("a", purchase("1", 5)))).error();
      assertThat(error.code()).isEqualTo("ERR_DB");
      assertThat(error.retryable()).isTrue();
      assertThat(loaded(db.load("a")).profile().stored()).isFalse();
    }
  }

  @Test
  void disk_belowWatermark_writesRefusedBeforeTheDiskDoes() {
    try (DatabaseFixture db = new DatabaseFixture(folder).ready()) {
      db.product.usable = 10;
      db.awaitStanding(s -> !s.writing());
      ServiceError error = notSaved(db.save(first("b", purchase("1", 5)))).error();
      assertThat(error.message()).contains("10 bytes are free").contains("make room");
      loaded(db.load("b"));
      db.product.usable = Long.MAX_VALUE;
      db.awaitStanding(Standing::writing);
      saved(db.save(first("b", purchase("1", 5))));
    }
  }

  @Test
  void file_lockedForAWhile_writesWaitAndSucceed() throws SQLException {
    try (DatabaseFixture db = new DatabaseFixture(folder).ready();
        Connection c = other()) {
      run(c, "BEGIN IMMEDIATE");
      var a = db.save(first("a", purchase("1", 5)));
      a.expectNoMessage(Duration.ofMillis(200));
      run(c, "COMMIT");
      saved(a);
      assertThat(slots(db).getFirst().restarts()).isZero();
    }
  }

  @Test
  void file_lockedBeyondDeadline_refusedNotApplied() throws SQLException {
    try (DatabaseFixture db = new DatabaseFixture(folder).ready();
        Connection c = other()) {
      run(c, "BEGIN IMMEDIATE");
      var a = db.save(first("a", purchase("1", 5)), Lane.INTERACTIVE, Duration.ofMillis(150));
      assertThat(notSaved(a).error())
          .isInstanceOfSatisfying(
              ServiceError.Database.class,
              e -> assertThat(e.cause()).isEqualTo(DatabaseCause.BUSY));
      run(c, "ROLLBACK");
      assertThat(loaded(db.load("a")).profile().stored()).isFalse();
    }
  }

  @Test
  void file_lockedAtStart_escalatesAfterTheLimit() throws SQLException {
    try (Connection c = other()) {
      run(c, "BEGIN EXCLUSIVE");
      try (DatabaseFixture db = new DatabaseFixture(folder)) {
        assertThat(sentenceOf(db)).contains("locked by another process");
      }
    }
  }

  @Test
  void file_notADatabase_escalates() throws IOException {
    Files.writeString(folder.resolve("purser.db"), "this is no database at all".repeat(100));
    try (DatabaseFixture db = new DatabaseFixture(folder)) {
      assertThat(sentenceOf(db)).contains("not an SQLite database");
    }
  }

  @Test
  void file_corruptUnderUse_escalates() throws Exception {
    try (DatabaseFixture db = new DatabaseFixture(folder).ready()) {
      for (int i = 0; i < 50; i++) {
        saved(db.save(first("a" + i, purchase("1", 5))));
      }
    }
    Path file = folder.resolve("purser.db");
    try (Connection c = other()) {
      run(c, "PRAGMA wal_checkpoint(TRUNCATE)");
    }
    try (RandomAccessFile raw = new RandomAccessFile(file.toFile(), "rw")) {
      for (long at = 8192; at < raw.length(); at += 512) {
        raw.seek(at);
        raw.write(new byte[] {99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99, 99});
      }
    }
    try (DatabaseFixture db = new DatabaseFixture(folder)) {
      db.load("a1");
      assertThat(sentenceOf(db)).contains("corrupt");
    }
  }

  @Test
  void schema_newer_escalatesUntouched() throws Exception {
    try (DatabaseFixture db = new DatabaseFixture(folder).ready()) {
      saved(db.save(first("a", purchase("1", 5))));
    }
    try (Connection c = other()) {
      run(c, "PRAGMA user_version = 999");
    }
    try (DatabaseFixture db = new DatabaseFixture(folder)) {
      assertThat(sentenceOf(db)).contains("schema version 999").contains("start the newer");
    }
  }

  @Test
  void escalation_underTheRoot_arrivesWithItsSentence() throws IOException {
    Files.writeString(folder.resolve("purser.db"), "this is no database at all".repeat(100));
    try (DatabaseFixture db = new DatabaseFixture(folder)) {
      TestProbe<String> probe = db.kit.createTestProbe(String.class);
      db.kit.spawn(
          Behaviors.<Void>setup(
              root -> {
                root.watch(root.spawn(db.supervised(), "database"));
                return Behaviors.receive(
                    (_, _) -> Behaviors.same(),
                    (_, signal) -> {
                      if (signal instanceof ChildFailed f && f.getCause() instanceof Escalated e) {
                        probe.ref().tell(e.sentence());
                      }
                      return Behaviors.same();
                    });
              }));
      assertThat(probe.receiveMessage(DatabaseFixture.PATIENCE)).contains("not an SQLite database");
    }
  }

  @Test
  void folder_missing_escalates() {
    try (DatabaseFixture db = new DatabaseFixture(folder.resolve("nowhere"))) {
      assertThat(sentenceOf(db)).isNotBlank();
    }
  }

  @Test
  void dataFolder_lockedTwice_secondRefusedWithOneSentence() throws IOException {
    try (DataFolder held = DataFolder.lock(folder.resolve("data"))) {
      assertThat(held).isNotNull();
      assertThatThrownBy(() -> DataFolder.lock(folder.resolve("data")))
          .isInstanceOfSatisfying(
              Escalated.class, e -> assertThat(e.sentence()).contains("in use by another Purser"));
    }
    DataFolder.lock(folder.resolve("data")).close();
  }

  @Test
  void dataFolder_lockedByAnotherProcess_refused() throws Exception {
    Path data = Files.createDirectories(folder.resolve("data"));
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    Process holder =
        new ProcessBuilder(
                java,
                "-cp",
                System.getProperty("java.class.path"),
                Holder.class.getName(),
                "" + data)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try {
      assertThat(holder.getInputStream().read()).isEqualTo('+');
      assertThatThrownBy(() -> DataFolder.lock(data)).isInstanceOf(Escalated.class);
    } finally {
      holder.destroyForcibly().waitFor();
    }
    DataFolder.lock(data).close();
  }

  /// Another process that holds a data folder until it is killed.
  static final class Holder {
    private Holder() {}

    public static void main(String[] args) throws Exception {
      try (DataFolder held = DataFolder.lock(Path.of(args[0]))) {
        System.out.write('+');
        System.out.flush();
        var _ = System.in.read();
        assertThat(held).isNotNull();
      }
    }
  }
}
