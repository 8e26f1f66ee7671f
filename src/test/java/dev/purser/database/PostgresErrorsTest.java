package dev.purser.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.purser.faults.DatabaseCause;
import dev.purser.faults.ServiceError;
import dev.purser.testing.Postgres;
import dev.purser.testing.SmallDisk;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Each class of error, provoked on a real server.
class PostgresErrorsTest {
  private static final String SECRET = "s3cret%20pa%2Fss";
  private static Postgres server;

  @TempDir Path folder;

  @BeforeAll
  static void start() {
    server = Postgres.start(Map.of("max_connections", "12", "deadlock_timeout", "20ms"));
    server.run(
        "postgres",
        "CREATE ROLE guarded LOGIN PASSWORD 'another'",
        "CREATE ROLE barred LOGIN",
        "CREATE ROLE plain LOGIN");
    server.authenticate("host all guarded 127.0.0.1/32 scram-sha-256");
    server.authenticate("host all barred 127.0.0.1/32 reject");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static void expect(DatabaseCause cause, String words, ThrowingCallable call) {
    Throwable thrown = catchThrowable(call);
    assertThat(thrown).isNotNull();
    ServiceError meaning = PostgresProduct.meaning(thrown);
    assertThat(meaning)
        .as(thrown.toString())
        .isInstanceOfSatisfying(
            ServiceError.Database.class, e -> assertThat(e.cause()).isEqualTo(cause));
    assertThat(meaning.message()).startsWith("The database ").contains(words);
    for (Throwable t = thrown; t != null; t = t.getCause()) {
      assertThat(String.valueOf(t.getMessage())).doesNotContain("s3cret", "pa/ss");
    }
  }

  private static Store open(String user, String database) throws Exception {
    return open(user, "127.0.0.1:" + server.port(), database);
  }

  private static Store open(String user, String host, String database) throws Exception {
    String url = "postgresql://" + user + ":" + SECRET + "@" + host + "/" + database;
    return TestProduct.postgres(url, Duration.ofSeconds(5)).writer().open();
  }

  private static Connection connect() throws SQLException {
    return server.connect("postgres");
  }

  private static void run(Connection connection, String... sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      for (String one : sql) {
        statement.execute(one);
      }
    }
  }

  @Test
  void port_nobodyListens_isUnreachable() {
    expect(DatabaseCause.UNREACHABLE, "cannot be reached", () -> open("plain", "127.0.0.1:1", "d"));
  }

  @Test
  void host_unknown_isForTheOperator() {
    expect(
        DatabaseCause.SETUP, "host name", () -> open("plain", "no-such-host.invalid", "postgres"));
  }

  @Test
  void tls_demandedOfAServerWithout_isForTheOperator() {
    String url = server.url("postgres") + "?sslmode=require";
    expect(
        DatabaseCause.SETUP,
        "sslmode",
        () -> TestProduct.postgres(url, Duration.ofSeconds(5)).writer().open());
  }

  @Test
  void password_wrong_isForTheOperator() {
    expect(DatabaseCause.SETUP, "password", () -> open("guarded", "postgres"));
  }

  @Test
  void user_rejected_isForTheOperator() {
    expect(DatabaseCause.SETUP, "pg_hba.conf", () -> open("barred", "postgres"));
  }

  @Test
  void database_missing_isForTheOperator() {
    expect(DatabaseCause.SETUP, "does not exist", () -> open("plain", "nowhere"));
  }

  @Test
  void user_withoutRights_isForTheOperator() {
    expect(DatabaseCause.SETUP, "grant it CREATE", () -> open("plain", "postgres"));
  }

  @Test
  void connections_allTaken_isWaitedOut() throws Exception {
    List<AutoCloseable> taken = new ArrayList<>();
    try {
      expect(
          DatabaseCause.UNREACHABLE,
          "max_connections",
          () -> {
            for (int i = 0; i < 20; i++) {
              taken.add(
                  java.sql.DriverManager.getConnection(
                      "jdbc:postgresql://127.0.0.1:" + server.port() + "/postgres", "plain", ""));
            }
          });
    } finally {
      for (AutoCloseable c : taken) {
        c.close();
      }
    }
  }

  @Test
  void session_terminatedByTheAdministrator_isUnreachable() throws SQLException {
    try (Connection c = connect()) {
      int pid = c.unwrap(org.postgresql.PGConnection.class).getBackendPID();
      server.run("postgres", "SELECT pg_terminate_backend(" + pid + ", 5000)");
      expect(DatabaseCause.UNREACHABLE, "administrator", () -> run(c, "SELECT 1"));
      expect(DatabaseCause.UNREACHABLE, "", () -> run(c, "SELECT 1"));
    }
  }

  @Test
  void statement_pastItsLimit_isGivenUp() throws SQLException {
    try (Connection c = connect()) {
      run(c, "SET statement_timeout = '20ms'");
      expect(
          DatabaseCause.UNREACHABLE,
          "time limit",
          () -> run(c, "SELECT count(*) FROM generate_series(1, 1000000000)"));
    }
  }

  @Test
  void transaction_idleForLong_isEnded() throws SQLException {
    try (Connection c = connect()) {
      run(c, "SET idle_in_transaction_session_timeout = '20ms'", "BEGIN");
      int pid = c.unwrap(org.postgresql.PGConnection.class).getBackendPID();
      String alive = "SELECT pid FROM pg_stat_activity WHERE pid = " + pid;
      while (!server.ask("postgres", alive).isEmpty()) {
        Thread.onSpinWait();
      }
      expect(DatabaseCause.UNREACHABLE, "idle", () -> run(c, "SELECT 1"));
    }
  }

  @Test
  void rows_lockedByOthers_areBusy() throws SQLException {
    String database = server.freshDatabase();
    try (Connection a = server.connect(database);
        Connection b = server.connect(database)) {
      run(a, "CREATE TABLE t (id int PRIMARY KEY)", "INSERT INTO t VALUES (1), (2)");
      run(a, "BEGIN", "UPDATE t SET id = 1 WHERE id = 1");
      run(b, "SET lock_timeout = '20ms'");
      expect(DatabaseCause.BUSY, "locked", () -> run(b, "UPDATE t SET id = 1 WHERE id = 1"));

      run(b, "SET lock_timeout = 0", "BEGIN", "UPDATE t SET id = 2 WHERE id = 2");
      CompletableFuture<Throwable> first =
          CompletableFuture.supplyAsync(
              () -> catchThrowable(() -> run(a, "UPDATE t SET id = 2 WHERE id = 2")));
      Throwable second = catchThrowable(() -> run(b, "UPDATE t SET id = 1 WHERE id = 1"));
      // The server ends one of the two.
      run(second == null ? b : a, "ROLLBACK");
      Throwable victim = second == null ? first.join() : second;
      expect(
          DatabaseCause.BUSY,
          "busy",
          () -> {
            throw victim;
          });
    }
  }

  @Test
  void serialization_failed_isBusy() throws SQLException {
    String database = server.freshDatabase();
    try (Connection a = server.connect(database);
        Connection b = server.connect(database)) {
      run(a, "CREATE TABLE t (id int)", "INSERT INTO t VALUES (1)");
      run(a, "BEGIN ISOLATION LEVEL REPEATABLE READ", "SELECT * FROM t");
      run(b, "UPDATE t SET id = 2");
      expect(DatabaseCause.BUSY, "busy", () -> run(a, "UPDATE t SET id = 3"));
      assertThat(PostgresErrors.uncommitted(new SQLException("", "40001"))).isTrue();
    }
  }

  @Test
  void data_refused_isTheCallers() throws SQLException {
    String database = server.freshDatabase();
    try (Connection c = server.connect(database)) {
      run(c, "CREATE TABLE t (id int PRIMARY KEY, big text)", "CREATE INDEX ON t (big)");
      run(c, "INSERT INTO t VALUES (1)");
      expect(DatabaseCause.BAD_DATA, "constraint", () -> run(c, "INSERT INTO t VALUES (1)"));
      expect(DatabaseCause.BAD_DATA, "value", () -> run(c, "SELECT 2147483647 + 1"));
      expect(DatabaseCause.BAD_DATA, "encoding", () -> run(c, "SELECT E'\\xff'"));
      expect(
          DatabaseCause.BAD_DATA,
          "limits",
          () ->
              run(
                  c,
                  "INSERT INTO t SELECT 2, string_agg(md5(i::text), '')"
                      + " FROM generate_series(1, 200) i"));
    }
  }

  @Test
  void database_readOnly_isForTheOperator() {
    String database = server.freshDatabase();
    server.run(
        "postgres", "ALTER DATABASE " + database + " SET default_transaction_read_only = on");
    expect(DatabaseCause.SETUP, "read-only", () -> open("postgres", database));
  }

  @Test
  void disk_full_isForTheOperator() throws Exception {
    try (SmallDisk disk = SmallDisk.mount(folder.resolve("small"), "2m")) {
      assumeTrue(disk.mounted(), "there is no right to mount a small disk");
      String database = server.freshDatabase();
      server.run(database, "CREATE TABLESPACE small LOCATION '" + disk.folder() + "'");
      try (Connection c = server.connect(database)) {
        run(c, "CREATE TABLE t (x text) TABLESPACE small");
        expect(
            DatabaseCause.SETUP,
            "full disk; free some space",
            () -> run(c, "INSERT INTO t SELECT md5(i::text) FROM generate_series(1, 200000) i"));
        run(c, "DROP TABLE t", "DROP TABLESPACE small");
      }
      assertThat(PostgresErrors.uncommitted(new SQLException("", "53100"))).isFalse();
    }
  }

  @Test
  void tables_missing_areNotTrusted() throws Exception {
    String database = server.freshDatabase();
    String url = server.url(database);
    try (Store store = TestProduct.postgres(url, Duration.ofSeconds(5)).writer().open()) {
      server.run(database, "DROP TABLE purser.letters");
      expect(
          DatabaseCause.CORRUPT,
          "lacks a table",
          () -> store.answer(new Query.Letters(null, null, 1, 0)));
    }
  }

  @Test
  void server_crashedOrWithDamagedPages_isToldApart() throws Exception {
    try (Postgres own = Postgres.start(Map.of())) {
      String database = own.freshDatabase();
      Connection c = own.connect(database);
      run(c, "CREATE TABLE t AS SELECT i FROM generate_series(1, 1000) i", "CHECKPOINT");
      String file = own.ask(database, "SELECT pg_relation_filepath('t')").getFirst();
      own.stop(Postgres.Stop.IMMEDIATE);
      expect(DatabaseCause.UNREACHABLE, "", () -> run(c, "SELECT 1"));
      try (RandomAccessFile raw = new RandomAccessFile(own.data().resolve(file).toFile(), "rw")) {
        raw.seek(100);
        raw.write(new byte[] {9, 9, 9, 9});
        raw.seek(5_000);
        raw.write(new byte[] {9, 9, 9, 9});
      }
      own.startAgain();
      try (Connection again = own.connect(database)) {
        expect(DatabaseCause.CORRUPT, "damaged pages", () -> run(again, "SELECT count(*) FROM t"));
      }
    }
  }
}
