package dev.purser.database;

import static dev.purser.database.TestStore.purchase;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.faults.Escalated;
import dev.purser.ledger.Settle;
import dev.purser.testing.Postgres;
import java.io.IOException;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/// Copies between real databases of both products.
final class CopyTest {
  private static final DatabaseSettings SETTINGS =
      DatabaseFixture.settings(DatabaseFixture.config(""));

  @TempDir Path folder;
  private Path from;
  private Path to;

  @BeforeEach
  void folders() throws IOException {
    from = Files.createDirectory(folder.resolve("from"));
    to = Files.createDirectory(folder.resolve("to"));
  }

  static Stream<Arguments> ways() {
    return Stream.of(TestProduct.values())
        .flatMap(a -> Stream.of(TestProduct.values()).map(b -> Arguments.of(a, b)));
  }

  private static List<String> copy(DatabaseUrl source, DatabaseUrl target) throws IOException {
    return Copy.run(source, target, SETTINGS, _ -> {});
  }

  private List<String> copy(TestProduct a, TestProduct b) throws IOException {
    return copy(a.url(from), b.url(to));
  }

  private static void refused(ThrowingCallable copying, String... words) {
    assertThatThrownBy(copying)
        .isInstanceOfSatisfying(
            Escalated.class, e -> assertThat(e.sentence()).contains(words).doesNotContain("\n"));
  }

  private static void run(TestProduct product, Path folder, String... statements)
      throws SQLException {
    try (Connection connection = product.connect(folder);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    }
  }

  /// A copy of which all rows have been copied and nothing else; the caller closes both sides.
  private static void rowsOnly(DatabaseUrl source, DatabaseUrl target) {
    try (CopyProgress progress = new CopyProgress(_ -> {});
        CopySide a = Copy.open(source, SETTINGS, false);
        CopySide b = Copy.open(target, SETTINGS, true)) {
      Copy copy = new Copy(a, b, progress);
      copy.begin();
      assertThat(copy.rows()).isPositive();
    }
  }

  @ParameterizedTest
  @MethodSource("ways")
  void ledger_copied_isReadTheSame(TestProduct a, TestProduct b) throws Exception {
    CopyLedger.fill(a, from);
    List<Object> before = CopyLedger.read(a, from);
    assertThat(copy(a, b))
        .contains("customers: 5 rows", "letters: 39 rows")
        .anyMatch(line -> line.startsWith("GBP: 1203 purchases, gross 9007199255461597,"));
    assertThat(CopyLedger.read(b, to)).isEqualTo(before);
    assertThat(CopyLedger.read(a, from)).isEqualTo(before);
  }

  @ParameterizedTest
  @MethodSource("ways")
  void ledger_copied_goesOnAsTheSourceWould(TestProduct a, TestProduct b) throws Exception {
    CopyLedger.fill(a, from);
    copy(a, b);
    List<Object> here = goOn(a, from);
    assertThat(goOn(b, to)).isEqualTo(here);
  }

  /// Duplicates are known, settlements are told again, letters get new numbers, the erased stay so.
  private static List<Object> goOn(TestProduct product, Path folder) throws SQLException {
    try (TestStore store = new TestStore(product, folder)) {
      List<Object> told =
          Stream.of(
                  store.saved("ada", purchase("p1", 9_007_199_254_740_991L), new Settle("s1")),
                  store.saved("many", purchase("p5000", 1)),
                  store.saved("bob", purchase("p1", 6)))
              .flatMap(saved -> saved.outcomes().stream())
              .<Object>map(TestStore::word)
              .collect(Collectors.toList());
      store.run(new Chore.KeepLetters(List.of(LettersTest.letter("new", null))));
      told.add(store.store.answer(new Query.Letters(null, null, 100, 0)).getLast().id());
      told.add(store.load("suppressed"));
      told.add(store.load("gone"));
      return told;
    }
  }

  @Test
  void tables_ofBothSchemas_areAllCopied() throws Exception {
    for (TestProduct product : TestProduct.values()) {
      new TestStore(product, from).close();
      try (Connection connection = product.connect(from);
          var tables =
              connection
                  .getMetaData()
                  .getTables(
                      null,
                      product == TestProduct.POSTGRES ? "purser" : null,
                      "%",
                      new String[] {"TABLE"})) {
        Set<String> found = new TreeSet<>();
        while (tables.next()) {
          found.add(tables.getString("TABLE_NAME"));
        }
        found.removeIf(t -> t.endsWith("schema_history") || t.startsWith("sqlite_"));
        Set<String> ours = new TreeSet<>(CopyTable.names());
        if (product == TestProduct.SQLITE) {
          ours.remove("nodes"); // one process at a time holds the folder
        }
        assertThat(found).isEqualTo(ours);
      }
    }
  }

  @Test
  void columns_ofBothSchemas_haveTheSameNames() throws Exception {
    try (TestStore _ = new TestStore(TestProduct.SQLITE, from);
        CopySide a = Copy.open(TestProduct.SQLITE.url(from), SETTINGS, false);
        CopySide b = Copy.open(TestProduct.POSTGRES.url(to), SETTINGS, false)) {
      for (CopyTable table : CopyTable.ALL) {
        assertThat(a.columns(table).stream().map(CopyColumn.Found::name))
            .as(table.name())
            .containsExactlyInAnyOrderElementsOf(
                b.columns(table).stream().map(CopyColumn.Found::name).toList())
            .containsAll(table.key());
      }
    }
  }

  @Test
  void database_thatIsEmpty_getsTheSchema() throws Exception {
    CopyLedger.fill(TestProduct.SQLITE, from);
    String name = Postgres.shared().freshDatabase();
    copy(TestProduct.SQLITE.url(from), DatabaseUrl.parse(Postgres.shared().url(name)));
    assertThat(Postgres.shared().ask(name, "SELECT count(*) FROM purser.letters"))
        .containsExactly("39");
    assertThat(Postgres.shared().ask(name, "SELECT to_regclass('purser.unfinished_copy')::text"))
        .containsExactly((String) null);
  }

  @ParameterizedTest
  @MethodSource("ways")
  void target_unfinished_isServedByNobody_andFinishedByTheSameCopy(TestProduct a, TestProduct b)
      throws Exception {
    CopyLedger.fill(a, from);
    rowsOnly(a.url(from), b.url(to));
    refused(() -> new TestStore(b, to), "unfinished copy", "bin/purser copy");
    refused(() -> copy(b.url(to), TestProduct.SQLITE.url(folder)), "itself an unfinished copy");
    // As a copy leaves it that is cut off between two pages of purchases.
    run(
        b,
        to,
        "DELETE FROM runs",
        "DELETE FROM letters",
        "DELETE FROM purchases WHERE customer > 'many' OR (customer = 'many' AND id > 'p7')");
    copy(a, b);
    assertThat(CopyLedger.read(b, to)).isEqualTo(CopyLedger.read(a, from));
  }

  @ParameterizedTest
  @EnumSource(TestProduct.class)
  void target_unfinishedOfAnother_isRefused(TestProduct b) throws Exception {
    CopyLedger.fill(TestProduct.SQLITE, from);
    rowsOnly(TestProduct.SQLITE.url(from), b.url(to));
    Path other = Files.createDirectory(folder.resolve("other"));
    CopyLedger.fill(TestProduct.SQLITE, other);
    refused(() -> copy(TestProduct.SQLITE.url(other), b.url(to)), "unfinished copy of", "from");
  }

  @ParameterizedTest
  @MethodSource("ways")
  void check_findsARowThatWasTamperedWith(TestProduct a, TestProduct b) throws Exception {
    CopyLedger.fill(a, from);
    rowsOnly(a.url(from), b.url(to));
    run(b, to, "UPDATE letters SET message = 'n' WHERE line = 3");
    refused(() -> copy(a, b), "letters has 39 rows on both sides, which differ");
    run(
        b,
        to,
        "DELETE FROM letters",
        "UPDATE purchases SET amount_minor = 8 WHERE id = 'p2' AND customer = 'ada'");
    refused(() -> copy(a, b), "EUR in the source", "gross 7", "gross 8", "by its totals");
    run(b, to, "DELETE FROM purchases");
    copy(a, b);
    assertThat(CopyLedger.read(b, to)).isEqualTo(CopyLedger.read(a, from));
  }

  @ParameterizedTest
  @EnumSource(TestProduct.class)
  void check_findsTotalsThatAreNotThoseOfTheRows(TestProduct a) throws Exception {
    CopyLedger.fill(a, from);
    run(a, from, "UPDATE totals SET gross_minor = gross_minor + 1 WHERE customer = 'bob'");
    refused(() -> copy(a, TestProduct.SQLITE), "GBP by the source's rows", "by its totals");
  }

  @ParameterizedTest
  @EnumSource(TestProduct.class)
  void target_withData_isRefusedUntouched(TestProduct b) throws Exception {
    CopyLedger.fill(TestProduct.SQLITE, from);
    CopyLedger.fill(b, to);
    List<Object> before = CopyLedger.read(b, to);
    refused(() -> copy(TestProduct.SQLITE, b), "holds data already");
    assertThat(CopyLedger.read(b, to)).isEqualTo(before);
  }

  @ParameterizedTest
  @EnumSource(TestProduct.class)
  void source_asTarget_isRefused(TestProduct product) throws Exception {
    CopyLedger.fill(product, from);
    refused(() -> copy(product.url(from), product.url(from)), "both what is copied and where to");
  }

  @Test
  void source_missingOrEmpty_isRefusedAndNotMade() {
    refused(() -> copy(TestProduct.SQLITE, TestProduct.POSTGRES), "does not exist");
    assertThat(from.resolve("purser.db")).doesNotExist();
    DatabaseUrl empty = DatabaseUrl.parse(Postgres.shared().url(Postgres.shared().freshDatabase()));
    refused(() -> copy(empty, TestProduct.SQLITE.url(to)), "holds no tables of Purser");
  }

  @ParameterizedTest
  @EnumSource(TestProduct.class)
  void schema_ofAnotherVersion_isRefusedOnBothSides(TestProduct product) throws Exception {
    CopyLedger.fill(product, from);
    new TestStore(TestProduct.SQLITE, to).close();
    for (int version : List.of(0, 99)) {
      run(
          product,
          from,
          product == TestProduct.SQLITE
              ? "PRAGMA user_version = " + version
              : "COMMENT ON TABLE customers IS 'Purser ledger " + version + "'");
      String what = version == 0 ? "brings it up to date" : "newer Purser";
      refused(() -> copy(product, TestProduct.SQLITE), "schema version " + version, what);
    }
    refused(() -> copy(TestProduct.SQLITE.url(to), product.url(from)), "newer Purser");
  }

  @Test
  void server_servedByANode_isRefused() throws Exception {
    CopyLedger.fill(TestProduct.SQLITE, from);
    try (TestStore _ = new TestStore(TestProduct.POSTGRES, to)) {
      refused(() -> copy(TestProduct.SQLITE, TestProduct.POSTGRES), "served by a node");
    }
  }

  @Test
  void folder_ofARunningService_isRefused() throws Exception {
    CopyLedger.fill(TestProduct.SQLITE, from);
    try (DataFolder _ = DataFolder.lock(from)) {
      refused(() -> copy(TestProduct.SQLITE, TestProduct.POSTGRES), "in use by another Purser");
    }
  }

  @Test
  void server_inTrouble_isNamedWithoutItsPassword() throws Exception {
    CopyLedger.fill(TestProduct.SQLITE, from);
    int port;
    try (ServerSocket free = new ServerSocket(0)) {
      port = free.getLocalPort();
    }
    DatabaseUrl silent = DatabaseUrl.parse("postgresql://u:hunter2@127.0.0.1:" + port + "/d");
    assertThatThrownBy(() -> copy(TestProduct.SQLITE.url(from), silent))
        .isInstanceOf(Escalated.class)
        .hasMessageContaining("127.0.0.1:" + port + "/d: The database cannot be reached")
        .hasMessageNotContaining("hunter2");
    DatabaseUrl missing = DatabaseUrl.parse(Postgres.shared().url("no_such"));
    refused(() -> copy(TestProduct.SQLITE.url(from), missing), "does not exist; create it");
  }

  @Test
  void progress_isToldWhileRowsAreCopied() throws Exception {
    List<String> lines = new CopyOnWriteArrayList<>();
    try (CopyProgress progress = new CopyProgress(lines::add)) {
      progress.stage("copying", 1_000, 400);
      progress.add(100);
      while (lines.size() < 2) {
        Thread.onSpinWait();
      }
    }
    assertThat(lines.getLast()).isEqualTo("copying: 500 of 1,000 rows, 0 rows/s, 500 left");
  }
}
