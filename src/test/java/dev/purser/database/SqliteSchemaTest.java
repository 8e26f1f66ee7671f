package dev.purser.database;

import static dev.purser.database.TestStore.purchase;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.faults.Escalated;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import org.flywaydb.core.Flyway;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteDataSource;

class SqliteSchemaTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("purser.db");
  }

  private void open() throws SQLException {
    SqliteStore.open(file, TestStore.SETTINGS, SqliteStore.Role.WRITER).close();
  }

  private void run(String... statements) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  private String pragma(String name) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("PRAGMA " + name)) {
      return row.getString(1);
    }
  }

  @Test
  void missingFile_isMadeWithTheNewestSchema() throws SQLException {
    open();
    assertThat(pragma("user_version")).isEqualTo(Integer.toString(SqliteSchema.VERSION));
    assertThat(pragma("application_id")).isEqualTo(Integer.toString(SqliteSchema.APPLICATION));
    assertThat(pragma("journal_mode")).isEqualTo("wal");
  }

  @Test
  void versionOfTheCode_isTheNewestMigration() throws Exception {
    Path migrations = Path.of("src/main/resources/db/sqlite");
    try (var files = Files.list(migrations)) {
      assertThat(files).hasSize(SqliteSchema.VERSION);
    }
  }

  @Test
  void currentSchema_isOpenedWithoutMigrating() throws SQLException {
    open();
    run("DELETE FROM flyway_schema_history");
    open();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM flyway_schema_history")) {
      assertThat(row.getInt(1)).isZero();
    }
  }

  @Test
  void emptyFile_isMigrated() throws Exception {
    Files.createFile(file);
    open();
    assertThat(pragma("user_version")).isEqualTo(Integer.toString(SqliteSchema.VERSION));
  }

  @Test
  void fileOfAProcessThatDiedBeforeItsFirstMigration_isMigrated() throws SQLException {
    open();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement()) {
      List<String> tables = new java.util.ArrayList<>();
      try (ResultSet rows =
          statement.executeQuery(
              "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
                  + " AND name <> 'flyway_schema_history'")) {
        while (rows.next()) {
          tables.add(rows.getString(1));
        }
      }
      for (String table : tables) {
        statement.execute("DROP TABLE " + table);
      }
    }
    run(
        "DELETE FROM flyway_schema_history",
        "PRAGMA user_version = 0",
        "PRAGMA application_id = 0");
    open();
    assertThat(pragma("user_version")).isEqualTo(Integer.toString(SqliteSchema.VERSION));
  }

  @Test
  void olderSchema_isMigratedWithWhatItHolds() throws SQLException {
    try (TestStore store = new TestStore(folder)) {
      store.saved("ada", purchase("p1", 5));
    }
    SQLiteDataSource source = new SQLiteDataSource();
    source.setUrl("jdbc:sqlite:" + file);
    try (Connection connection = source.getConnection();
        Statement statement = connection.createStatement()) {
      SqliteSchema.prepare(
          connection, source, file, 99, "classpath:db/sqlite", "classpath:db/later");
      try (ResultSet row = statement.executeQuery("SELECT note FROM later")) {
        assertThat(row.getString(1)).isEqualTo("found 1");
      }
    }
    assertThat(pragma("user_version")).isEqualTo("99");
  }

  @Test
  void fileOfTheFirstVersion_listsThePurchasesOfThoseWithMany_andOfNobodyElse() throws Exception {
    Path first = Files.createDirectory(folder.resolve("first"));
    Files.copy(
        Path.of("src/main/resources/db/sqlite/V1__ledger.sql"), first.resolve("V1__ledger.sql"));
    SQLiteDataSource source = new SQLiteDataSource();
    source.setUrl("jdbc:sqlite:" + file);
    try (Connection connection = source.getConnection()) {
      SqliteSchema.prepare(connection, source, file, 1, "filesystem:" + first);
    }
    run(
        "INSERT INTO customers VALUES ('few', 7, 1, 0, 1, 1), ('many', 7, 1, 0, 1, 1)",
        "INSERT INTO totals VALUES ('few', 'GBP', 2, 2, 0, 0, 0, 0),"
            + " ('many', 'EUR', 400, 400, 0, 0, 0, 0), ('many', 'GBP', 600, 600, 0, 0, 0, 0)",
        "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
            + " INSERT INTO purchases (customer, id, sku, quantity, amount_minor, currency,"
            + " at_micros, change_id) SELECT 'many', 'p' || i, 's', 1, 1, 'GBP', i, 1 FROM n",
        "INSERT INTO purchases (customer, id, sku, quantity, amount_minor, currency, at_micros,"
            + " change_id) VALUES ('few', 'a', 's', 1, 1, 'GBP', 1, 1),"
            + " ('few', 'b', 's', 1, 1, 'GBP', 2, 1)");
    try (TestStore store = new TestStore(folder)) {
      assertThat(store.store.answer(new Query.Purchases("few", 5, null)).orElseThrow())
          .extracting(p -> p.purchase().id())
          .containsExactly("b", "a");
      assertThat(store.store.answer(new Query.Purchases("many", 2, null)).orElseThrow())
          .extracting(p -> p.purchase().id())
          .containsExactly("p1000", "p999");
    }
    assertThat(one("SELECT count(*) FROM purchases WHERE listed = 1 AND customer = 'many'"))
        .isEqualTo(1_000);
    assertThat(one("SELECT count(*) FROM purchases WHERE listed = 1")).isEqualTo(1_000);
  }

  private long one(String sql) throws SQLException {
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file);
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.getLong(1);
    }
  }

  @Test
  void schemaOfVersionOne_isMigratedToHoldRecords() throws SQLException {
    SQLiteDataSource source = new SQLiteDataSource();
    source.setUrl("jdbc:sqlite:" + file);
    var _ =
        Flyway.configure()
            .dataSource(source)
            .locations("classpath:db/sqlite")
            .target("1")
            .load()
            .migrate();
    run("INSERT INTO customers VALUES ('ada', 7, 1, 0, NULL, NULL)");
    assertThat(pragma("user_version")).isEqualTo("1");
    try (TestStore store = new TestStore(folder)) {
      assertThat(store.profile("ada").version()).isEqualTo(7);
      Share share = new Share("documents", 0, 255);
      assertThat(store.store.answer(new Query.Records(share, 1, 1, null)).records()).isEmpty();
    }
    assertThat(pragma("user_version")).isEqualTo(Integer.toString(SqliteSchema.VERSION));
  }

  @Test
  void newerSchema_isRefusedInOneSentence_andLeftAlone() throws SQLException {
    open();
    run("PRAGMA user_version = 99");
    assertThatThrownBy(this::open)
        .isInstanceOf(Escalated.class)
        .hasMessageContaining("schema version 99")
        .hasMessageContaining("none above " + SqliteSchema.VERSION)
        .hasMessageContaining("newer Purser");
    assertThat(pragma("user_version")).isEqualTo("99");
  }

  @Test
  void fileOfAnotherProgram_isRefused_andLeftAlone() throws SQLException {
    run("CREATE TABLE recipes (name TEXT)");
    assertThatThrownBy(this::open)
        .isInstanceOf(Escalated.class)
        .hasMessageContaining("another program");
    assertThat(pragma("user_version")).isEqualTo("0");
  }

  @Test
  void whatWasCommitted_isThereAfterOpeningAgain() throws SQLException {
    try (TestStore store = new TestStore(folder)) {
      store.saved("ada", purchase("p1", 5));
    }
    try (TestStore store = new TestStore(folder)) {
      assertThat(store.profile("ada").totals("GBP").grossMinor()).isEqualTo(5);
    }
  }
}
