package dev.purser.database;

import static dev.purser.database.TestStore.purchase;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.purser.faults.DatabaseCause;
import dev.purser.testing.SmallDisk;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Each class of error, provoked on a real file.
class SqliteErrorsTest {
  @TempDir Path folder;

  private static void expect(DatabaseCause cause, String words, ThrowingCallable call) {
    SQLException error = catchThrowableOfType(SQLException.class, call);
    assertThat((Throwable) error).isNotNull();
    assertThat(SqliteErrors.cause(error)).as(error.toString()).isEqualTo(cause);
    assertThat(SqliteErrors.sentence(error)).startsWith("The database file").contains(words);
  }

  private Path filled() throws SQLException {
    try (TestStore store = new TestStore(folder)) {
      List<CustomerSave> saves = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        saves.add(store.draft("c" + i, purchase("p", 1, Map.of("n", "v".repeat(500)))));
      }
      var _ = store.commit(saves);
      return store.file;
    }
  }

  private static Connection connect(Path file) throws SQLException {
    return DriverManager.getConnection("jdbc:sqlite:" + file);
  }

  @Test
  void databaseFull_isForTheOperator() throws SQLException {
    try (Connection connection = connect(filled());
        Statement statement = connection.createStatement()) {
      statement.execute("PRAGMA max_page_count = 1");
      expect(
          DatabaseCause.SETUP,
          "full disk",
          () ->
              statement.executeUpdate(
                  "INSERT INTO suppressions SELECT randomblob(3000) FROM"
                      + " (SELECT 1 FROM preferences a, preferences b LIMIT 1000)"));
    }
  }

  @Test
  void diskFull_failsTheBatch_keepsWhatWasCommitted_andGoesOnWhenThereIsSpace() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(folder.resolve("small"), "1m")) {
      if (!disk.mounted()) {
        return; // without the right to mount, databaseFull_isForTheOperator stands alone
      }
      try (TestStore store = new TestStore(disk.folder())) {
        store.saved("ada", purchase("first", 1));
        List<Letter> letters = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
          letters.add(LettersTest.letter("derived-" + i + "-".repeat(200), null));
        }
        expect(DatabaseCause.SETUP, "full disk", () -> store.run(new Chore.KeepLetters(letters)));
        store.store.rollback();
        assertThat(store.profile("ada").totals("GBP").purchases()).isEqualTo(1);
        disk.resize("16m");
        assertThat(store.run(new Chore.KeepLetters(letters))).isEqualTo(5_000);
      }
    }
  }

  @Test
  void readOnlyDisk_isForTheOperator() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(folder.resolve("small"), "4m")) {
      if (!disk.mounted()) {
        return; // without the right to mount, readOnlyConnection_isForTheOperator stands alone
      }
      try (TestStore store = new TestStore(disk.folder())) {
        store.saved("ada", purchase("first", 1));
      }
      disk.remountReadOnly();
      expect(DatabaseCause.SETUP, "writable", () -> new TestStore(disk.folder()).close());
    }
  }

  @Test
  void readOnlyConnection_isForTheOperator() throws SQLException {
    Path file = filled();
    try (SqliteStore reader = SqliteStore.open(file, TestStore.SETTINGS, SqliteStore.Role.READER)) {
      assertThat(reader.load(List.of("c7")).get("c7").profile().stored()).isTrue();
      expect(
          DatabaseCause.SETUP,
          "read-only",
          () ->
              reader.apply(
                  List.of(
                      new Store.Write.OfChore(
                          new Chore.KeepRun(
                              new RunRow("1", "ingest", "done", null, 1, 1L, "{}"))))));
      reader.rollback();
    }
  }

  @Test
  void missingFolder_isForTheOperator() {
    expect(
        DatabaseCause.SETUP,
        "folder",
        () ->
            SqliteStore.open(
                folder.resolve("nowhere").resolve("purser.db"),
                TestStore.SETTINGS,
                SqliteStore.Role.WRITER));
  }

  @Test
  void missingFile_cannotBeReadFrom() {
    expect(
        DatabaseCause.SETUP,
        "cannot be opened",
        () ->
            SqliteStore.open(
                folder.resolve("purser.db"), TestStore.SETTINGS, SqliteStore.Role.READER));
  }

  @Test
  void foreignBytes_areCorrupt() throws IOException {
    Path file = folder.resolve("purser.db");
    Files.writeString(file, "This is a letter to my aunt. ".repeat(500));
    expect(
        DatabaseCause.CORRUPT,
        "not an SQLite database",
        () -> SqliteStore.open(file, TestStore.SETTINGS, SqliteStore.Role.WRITER));
  }

  @Test
  void overwrittenPages_areCorrupt() throws IOException, SQLException {
    Path file = filled();
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      byte[] noise = new byte[4096];
      java.util.Arrays.fill(noise, (byte) 0x5a);
      for (long at = 4096; at < bytes.length(); at += noise.length) {
        bytes.seek(at);
        bytes.write(noise);
      }
    }
    expect(
        DatabaseCause.CORRUPT,
        "corrupt",
        () -> {
          try (SqliteStore store =
              SqliteStore.open(file, TestStore.SETTINGS, SqliteStore.Role.WRITER)) {
            store.load(List.of("c7"));
          }
        });
  }

  @Test
  void lockHeldByAnother_isBusy() throws SQLException {
    Path file = filled();
    try (Connection other = connect(file);
        Statement statement = other.createStatement();
        SqliteStore store = SqliteStore.open(file, TestStore.SETTINGS, SqliteStore.Role.WRITER)) {
      statement.execute("BEGIN IMMEDIATE");
      expect(DatabaseCause.BUSY, "locked", () -> store.apply(List.of()));
      store.rollback();
      statement.execute("ROLLBACK");
      assertThat(store.apply(List.of())).isEmpty();
      store.commit();
    }
  }

  @Test
  void constraint_isBadData() throws SQLException {
    try (Connection connection = connect(filled());
        Statement statement = connection.createStatement()) {
      expect(
          DatabaseCause.BAD_DATA,
          "constraint",
          () -> statement.executeUpdate("INSERT INTO erased_floor VALUES (2, 0)"));
      expect(
          DatabaseCause.BAD_DATA,
          "constraint",
          () -> statement.executeUpdate("INSERT INTO erased_floor VALUES (1, 'text')"));
    }
  }

  @Test
  void unknownStatement_isABug() throws SQLException {
    try (Connection connection = connect(filled());
        Statement statement = connection.createStatement()) {
      expect(DatabaseCause.UNKNOWN, "unexpected", () -> statement.execute("SELEKT 1"));
    }
  }

  @Test
  void interrupt_fromAnotherThread_failsTheStatement_andTheStoreGoesOn() throws Exception {
    try (TestStore store = new TestStore(folder)) {
      List<Letter> letters = new ArrayList<>();
      for (int i = 0; i < 100_000; i++) {
        letters.add(LettersTest.letter("d" + i, null));
      }
      CompletableFuture<SQLException> failure =
          CompletableFuture.supplyAsync(
              () ->
                  catchThrowableOfType(
                      SQLException.class, () -> store.run(new Chore.KeepLetters(letters))));
      while (!failure.isDone()) {
        store.store.interrupt();
      }
      assertThat(SqliteErrors.sentence(failure.get())).contains("time limit");
      store.store.rollback();
      assertThat(store.store.answer(new Query.Letters(null, null, 1, 0))).isEmpty();
      assertThat(store.run(new Chore.KeepLetters(letters.subList(0, 5)))).isEqualTo(5);
    }
  }

  @Test
  void interrupt_ofAClosedStore_doesNothing() throws SQLException {
    TestStore store = new TestStore(folder);
    store.close();
    store.store.interrupt();
  }
}
