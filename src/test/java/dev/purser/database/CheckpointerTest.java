package dev.purser.database;

import static dev.purser.database.DatabaseFixture.first;
import static dev.purser.database.DatabaseFixture.saved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.ledger.Change;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Purchase;
import dev.purser.slots.SlotView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// The write-ahead log on a real file: who copies it back, and when.
final class CheckpointerTest {
  private static final long MIB = 1 << 20;
  private static final long LIMIT = 4 * MIB;
  private static final String CONF = "purser.database.sqlite.checkpoint = 4 MiB";

  @TempDir Path folder;
  private int customers;

  /// One durable save of some 300 KiB.
  private void save(DatabaseFixture db) {
    Change[] changes = new Change[64];
    String text = "x".repeat(4000);
    for (int i = 0; i < changes.length; i++) {
      changes[i] = new Purchase("p" + i, "sku", text, 1, 100, "GBP", 1_000, 0, Map.of());
    }
    SaveReply.Saved saved = saved(db.save(first("c" + customers++, changes)));
    assertThat(saved.outcomes()).isEqualTo(Collections.nCopies(64, Outcome.ACCEPTED));
  }

  /// The most that the log has ever held: its file is overwritten, and never becomes shorter.
  private long log() throws IOException {
    return Files.size(folder.resolve("purser.db-wal"));
  }

  private static SlotView slot(DatabaseFixture db) {
    TestProbe<Database.SlotList> probe = db.kit.createTestProbe(Database.SlotList.class);
    db.database.tell(new Database.Slots(probe.ref()));
    return probe.receiveMessage().slots().getLast();
  }

  @Test
  void log_longEnough_copiedBesideCommitsAndBegunAnew() throws Exception {
    try (DatabaseFixture db = new DatabaseFixture(folder, CONF, s -> s, s -> s).ready()) {
      for (int i = 0; i < 200; i++) {
        save(db);
        // Gives the checkpointer its turn: it looks every 20 ms.
        Thread.sleep(2);
      }
      assertThat(Files.size(folder.resolve("purser.db"))).isGreaterThan(40 * MIB);
      // A log that was never begun anew would hold all of it. While it is being copied it grows, by
      // as much as commits are faster than the copying: mostly to 1.7 times its limit.
      assertThat(log()).isBetween(LIMIT, 3 * LIMIT);
      assertThat(slot(db).uses()).isPositive();
      assertThat(slot(db).kind()).isEqualTo("checkpointer");
      assertThat(slot(db).restarts()).isZero();
    }
  }

  @Test
  void log_oldStateIsRead_growsUntilThatEnds() throws Exception {
    try (DatabaseFixture db = new DatabaseFixture(folder, CONF, s -> s, s -> s).ready()) {
      save(db);
      try (Connection old =
              DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("purser.db"));
          Statement statement = old.createStatement()) {
        statement.execute("BEGIN");
        try (ResultSet count = statement.executeQuery("SELECT count(*) FROM purchases")) {
          assertThat(count.getLong(1)).isEqualTo(64);
        }
        while (log() < 3 * LIMIT) {
          save(db);
        }
        try (ResultSet count = statement.executeQuery("SELECT count(*) FROM purchases")) {
          assertThat(count.getLong(1)).isEqualTo(64);
        }
      }
      long grown = log();
      for (int i = 0; i < 100; i++) {
        save(db);
      }
      // What was added since went where the log began anew, but for what the turn itself took.
      assertThat(log()).isLessThan(grown + 2 * LIMIT);
    }
  }

  @Test
  void checkpointer_fails_commitsGoOnAndTheNextOneCopies() {
    AtomicInteger failures = new AtomicInteger(3);
    CountDownLatch copied = new CountDownLatch(1);
    DatabaseFixture db =
        DatabaseFixture.onFile(
            folder, CONF, product -> product.checkpointers = s -> failing(s, failures, copied));
    try (db) {
      db.ready();
      while (copied.getCount() > 0) {
        save(db);
      }
      assertThat(slot(db).restarts()).isEqualTo(3);
      assertThat(slot(db).state()).isEqualTo(SlotView.State.SERVING);
      save(db);
    }
  }

  private static Store failing(Store real, AtomicInteger failures, CountDownLatch copied) {
    return new WrappedStore(real) {
      @Override
      public void copyLog() throws SQLException {
        if (failures.getAndDecrement() > 0) {
          throw new SQLiteException("disk I/O error", SQLiteErrorCode.SQLITE_IOERR);
        }
        super.copyLog();
        copied.countDown();
      }
    };
  }

  @Test
  void lastPass_fails_heldCommitsGoOn() throws Exception {
    CountDownLatch failed = new CountDownLatch(1);
    // So small that all of it is left to the last pass, for which commits are held.
    String conf = "purser.database.sqlite.checkpoint = 512 KiB";
    DatabaseFixture db =
        new DatabaseFixture(
            conf,
            settings -> {
              WrappedProduct product =
                  new WrappedProduct(
                      new SqliteProduct(folder.resolve("purser.db"), settings.sqlite()),
                      s -> s,
                      s -> s);
              product.checkpointers =
                  s ->
                      new WrappedStore(s) {
                        @Override
                        public void copyLog() throws SQLException {
                          failed.countDown();
                          throw new SQLiteException("disk I/O error", SQLiteErrorCode.SQLITE_IOERR);
                        }
                      };
              return product;
            });
    try (db) {
      db.ready();
      while (failed.getCount() > 0) {
        save(db);
      }
      assertThat(failed.await(20, TimeUnit.SECONDS)).isTrue();
      for (int i = 0; i < 5; i++) {
        save(db);
      }
    }
  }
}
