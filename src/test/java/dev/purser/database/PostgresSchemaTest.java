package dev.purser.database;

import static dev.purser.database.TestStore.purchase;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.faults.Escalated;
import dev.purser.testing.Postgres;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/// Making, finding and refusing schemas on a real server.
final class PostgresSchemaTest {
  private final Postgres server = Postgres.shared();
  private final String database = server.freshDatabase();

  private Store open() throws Exception {
    return open(database);
  }

  private Store open(String name) throws Exception {
    return TestProduct.postgres(server.url(name), Duration.ofSeconds(20)).writer().open();
  }

  private void refused(String words) {
    assertThatThrownBy(this::open)
        .isInstanceOfSatisfying(
            Escalated.class, e -> assertThat(e.sentence()).contains(words).endsWith("."));
  }

  @Test
  void nodes_startingTogether_migrateOnce() throws Exception {
    int nodes = 6;
    CyclicBarrier together = new CyclicBarrier(nodes);
    try (var threads = Executors.newFixedThreadPool(nodes)) {
      List<Future<Object>> opened =
          threads.invokeAll(
              IntStream.range(0, nodes)
                  .<Callable<Object>>mapToObj(
                      _ ->
                          () -> {
                            var _ = together.await();
                            open().close();
                            return "opened";
                          })
                  .toList());
      for (Future<Object> o : opened) {
        assertThat(o.get()).isEqualTo("opened");
      }
    }
    assertThat(
            server.ask(
                database, "SELECT count(*) FROM purser.purser_schema_history WHERE type = 'SQL'"))
        .containsExactly(Integer.toString(PostgresSchema.VERSION));
  }

  @Test
  void schema_ofThisVersion_isNotMigratedAgain() throws Exception {
    open().close();
    server.run(database, "DROP TABLE purser.purser_schema_history");
    open().close();
    assertThat(server.ask(database, "SELECT to_regclass('purser.purser_schema_history')::text"))
        .containsExactly((String) null);
  }

  @Test
  void schema_newer_isRefusedUntouched() throws Exception {
    open().close();
    server.run(database, "COMMENT ON TABLE purser.customers IS 'Purser ledger 7'");
    refused("schema version 7");
  }

  @Test
  void tables_ofAnotherProgram_areRefusedUntouched() {
    server.run(
        database,
        "CREATE SCHEMA purser",
        "CREATE TABLE purser.refunds (theirs int)",
        "INSERT INTO purser.refunds VALUES (5)");
    refused("table refunds of another program");
    assertThat(server.ask(database, "SELECT theirs FROM purser.refunds")).containsExactly("5");
    assertThat(server.ask(database, "SELECT relname FROM pg_class WHERE relname = 'customers'"))
        .isEmpty();
  }

  @Test
  void customers_ofAnotherProgram_areRefusedUntouched() {
    server.run(database, "CREATE SCHEMA purser", "CREATE TABLE purser.customers (id int)");
    refused("table customers of another program");
  }

  @Test
  void schema_sharedWithOtherTables_isUsed() throws Exception {
    server.run(database, "CREATE SCHEMA purser", "CREATE TABLE purser.elsewhere (id int)");
    open().close();
    assertThat(server.ask(database, "SELECT count(*) FROM purser.customers")).containsExactly("0");
  }

  @Test
  void tables_ofTheSameNamesInOtherSchemas_areNobodysBusiness() throws Exception {
    server.run(database, "CREATE TABLE public.customers (id int)");
    open().close();
  }

  @Test
  void encoding_otherThanUtf8_isRefused() {
    String latin = server.freshDatabase() + "_latin";
    server.run(
        "postgres",
        "CREATE DATABASE " + latin + " ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0");
    assertThatThrownBy(() -> open(latin))
        .isInstanceOfSatisfying(
            Escalated.class, e -> assertThat(e.sentence()).contains("LATIN1", "needs UTF8"));
  }

  @Test
  void sessions_areSetUp_whateverTheDefaultsAre() throws Exception {
    server.run(
        "postgres",
        "ALTER DATABASE " + database + " SET synchronous_commit = off",
        "ALTER DATABASE " + database + " SET default_transaction_isolation = serializable",
        "ALTER DATABASE " + database + " SET search_path = nowhere");
    PostgresProduct product = TestProduct.postgres(server.url(database), Duration.ofMillis(1_500));
    try (PostgresStore writer = (PostgresStore) product.writer().open();
        PostgresStore reader = (PostgresStore) product.reader().open()) {
      assertThat(shown(writer, "synchronous_commit")).isEqualTo("on");
      assertThat(shown(writer, "transaction_isolation")).isEqualTo("read committed");
      assertThat(shown(writer, "statement_timeout")).isEqualTo("1500ms");
      assertThat(shown(writer, "lock_timeout")).isEqualTo("1500ms");
      assertThat(shown(writer, "idle_in_transaction_session_timeout")).isEqualTo("1500ms");
      assertThat(shown(writer, "application_name")).isEqualTo("purser");
      assertThat(shown(reader, "transaction_read_only")).isEqualTo("on");
      assertThat(shown(reader, "transaction_isolation")).isEqualTo("repeatable read");
    }
  }

  private static String shown(PostgresStore store, String setting) throws Exception {
    String value =
        store
            .statements()
            .first("SELECT current_setting('" + setting + "')", _ -> {}, r -> r.getString(1));
    return String.valueOf(value);
  }

  @Test
  void standby_isRefusedForWriting_andReadFrom() throws Exception {
    try (Postgres own = Postgres.start(java.util.Map.of())) {
      String name = own.freshDatabase();
      PostgresProduct product = TestProduct.postgres(own.url(name), Duration.ofSeconds(20));
      try (Store store = product.writer().open()) {
        var _ =
            store.apply(
                List.of(
                    new Store.Write.OfCustomer(
                        DatabaseFixture.first("ada", purchase("p1", 5)), false)));
        store.commit();
      }
      own.stop(Postgres.Stop.FAST);
      java.nio.file.Files.createFile(own.data().resolve("standby.signal"));
      own.startAgain();
      assertThatThrownBy(() -> product.writer().open())
          .satisfies(
              e -> assertThat(PostgresProduct.meaning(e).message()).contains("is read-only"));
      try (Store store = product.reader().open()) {
        product.reader().validate(store);
        assertThat(store.load(List.of("ada")).get("ada").profile().stored()).isTrue();
      }
    }
  }
}
