package dev.purser.database;

import static dev.purser.database.DatabaseFixture.first;
import static dev.purser.database.DatabaseFixture.loaded;
import static dev.purser.database.DatabaseFixture.notSaved;
import static dev.purser.database.DatabaseFixture.saved;
import static dev.purser.database.TestStore.purchase;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.database.Database.Lane;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.Decision;
import dev.purser.faults.ServiceError;
import dev.purser.faults.SupervisionLog;
import dev.purser.ledger.Outcome;
import dev.purser.testing.Postgres;
import java.io.IOException;
import java.nio.file.Files;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// Trouble with the server and the sessions, on a real server that is stopped, started and changed
/// under a database actor.
final class PostgresTroubleTest {
  private static Postgres server;
  private String database = "";

  @BeforeAll
  static void start() {
    server = Postgres.start(Map.of());
    server.run("postgres", "CREATE ROLE guarded LOGIN SUPERUSER PASSWORD 'right'");
    server.authenticate("host all guarded 127.0.0.1/32 scram-sha-256");
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @BeforeEach
  void make() {
    database = server.freshDatabase();
  }

  private DatabaseFixture database(String url) {
    return new DatabaseFixture(
        settings -> TestProduct.postgres(url, settings.slots().workLimit()), "", s -> s, s -> s);
  }

  private DatabaseFixture database() {
    return database(server.url(database)).ready();
  }

  private static String sentenceOf(DatabaseFixture db) {
    TestProbe<Object> probe = db.kit.createTestProbe();
    probe.expectTerminated(db.database, DatabaseFixture.PATIENCE);
    List<SupervisionLog.Entry> latest = db.log.latest();
    assertThat(latest.getFirst().decision()).isEqualTo(Decision.ESCALATE);
    return latest.getFirst().message();
  }

  /// Saves until one is taken: what is refused meanwhile must say that it may be sent again.
  private static SaveReply.Saved savedAtLast(DatabaseFixture db, CustomerSave save) {
    while (true) {
      SaveReply reply = db.save(save).receiveMessage(DatabaseFixture.PATIENCE);
      if (reply instanceof SaveReply.Saved done) {
        return done;
      }
      assertThat(((SaveReply.NotSaved) reply).error().retryable()).isTrue();
    }
  }

  private List<String> backends() {
    return server.ask(
        database,
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'purser'"
            + " AND datname = current_database()");
  }

  private static void signal(String signal, List<String> pids) throws Exception {
    for (String pid : pids) {
      assertThat(new ProcessBuilder("kill", "-" + signal, pid).start().waitFor()).isZero();
    }
  }

  @Test
  void server_crashedUnderLoad_nothingLostAndNothingTwice() {
    try (DatabaseFixture db = database()) {
      List<TestProbe<SaveReply>> saves = new ArrayList<>();
      for (int i = 0; i < 400; i++) {
        saves.add(db.save(first("c" + i, purchase("1", 5)), Lane.BULK, Duration.ofMinutes(1)));
        if (i == 200) {
          server.stop(Postgres.Stop.IMMEDIATE);
        }
      }
      server.startAgain();
      int taken = 0;
      for (TestProbe<SaveReply> save : saves) {
        SaveReply reply = save.receiveMessage(DatabaseFixture.PATIENCE);
        if (reply instanceof SaveReply.Saved(var profile, var outcomes)) {
          assertThat(outcomes).containsExactly(Outcome.ACCEPTED);
          assertThat(profile.totals("GBP").purchases()).isEqualTo(1);
          taken++;
        } else {
          assertThat(((SaveReply.NotSaved) reply).error().retryable()).isTrue();
        }
      }
      assertThat(taken).isGreaterThan(200);
      assertThat(server.ask(database, "SELECT count(*) FROM purser.purchases"))
          .containsExactly(Integer.toString(taken));
    }
  }

  @Test
  void sessions_terminatedByTheAdministrator_areReplaced() {
    try (DatabaseFixture db = database()) {
      saved(db.save(first("a", purchase("1", 5))));
      backends().forEach(pid -> server.run("postgres", "SELECT pg_terminate_backend(" + pid + ")"));
      savedAtLast(db, first("b", purchase("1", 5)));
      assertThat(db.log.latest())
          .anySatisfy(
              e -> {
                assertThat(e.decision()).isEqualTo(Decision.RESTART);
                assertThat(e.message()).contains("The database");
              });
    }
  }

  @Test
  void backends_fallenSilent_areAbortedAndReplaced() throws Exception {
    try (DatabaseFixture db = database()) {
      List<String> silent = backends();
      assertThat(silent).hasSize(3);
      signal("STOP", silent);
      try {
        var a = db.save(first("a", purchase("1", 5)));
        var b = db.load("b");
        // Within the slot's limit of 400 ms, not within the socket's of seconds.
        assertThat(saved(a).outcomes()).containsExactly(Outcome.ACCEPTED);
        b.receiveMessage(DatabaseFixture.PATIENCE);
        assertThat(backends()).hasSizeGreaterThan(3);
      } finally {
        signal("CONT", silent);
      }
      assertThat(loaded(db.load("a")).profile().totals("GBP").purchases()).isEqualTo(1);
    }
  }

  @Test
  void row_lockedBeyondTheLimit_isBusyAndNotApplied() throws Exception {
    try (DatabaseFixture db = database()) {
      SaveReply.Saved made = saved(db.save(first("a", purchase("1", 5))));
      try (Connection c = server.connect(database);
          Statement s = c.createStatement()) {
        s.execute("BEGIN");
        s.execute("SELECT * FROM purser.customers FOR UPDATE");
        CustomerSave next = DatabaseFixture.save(made.profile(), purchase("2", 5));
        ServiceError error =
            notSaved(db.save(next, Lane.INTERACTIVE, Duration.ofMillis(300))).error();
        assertThat(error.retryable()).isTrue();
        s.execute("ROLLBACK");
        assertThat(saved(db.save(next)).profile().totals("GBP").purchases()).isEqualTo(2);
      }
    }
  }

  @Test
  void password_wrongAtStart_escalatesWithoutTellingIt() {
    try (DatabaseFixture db =
        database("postgresql://guarded:hunter2@127.0.0.1:" + server.port() + "/" + database)) {
      assertThat(sentenceOf(db)).contains("refused the password").doesNotContain("hunter2");
      assertThat(db.log.latest().toString()).doesNotContain("hunter2");
    }
  }

  @Test
  void database_missingAtStart_escalates() {
    try (DatabaseFixture db = database(server.url("nowhere"))) {
      assertThat(sentenceOf(db)).contains("does not exist; create it");
    }
  }

  @Test
  void server_notThereYet_isWaitedFor() {
    server.stop(Postgres.Stop.FAST);
    try (DatabaseFixture db = database(server.url(database))) {
      while (db.log.latest().isEmpty()) {
        Thread.onSpinWait();
      }
      assertThat(db.log.latest().getFirst().message()).contains("cannot be reached");
      server.startAgain();
      savedAtLast(db.ready(), first("a", purchase("1", 5)));
    }
  }

  @Test
  void password_changedWhileServing_isToldAndHealsWhenMended() {
    String url = "postgresql://guarded:right@127.0.0.1:" + server.port() + "/" + database;
    try (DatabaseFixture db = database(url).ready()) {
      server.run("postgres", "ALTER ROLE guarded PASSWORD 'changed'");
      try {
        backends()
            .forEach(pid -> server.run("postgres", "SELECT pg_terminate_backend(" + pid + ")"));
        while (db.log.latest().stream().noneMatch(e -> e.message().contains("the password"))) {
          var save = db.save(first("a", purchase("1", 5)), Lane.BULK, Duration.ofMillis(50));
          assertThat(notSaved(save).error().retryable()).isTrue();
        }
      } finally {
        server.run("postgres", "ALTER ROLE guarded PASSWORD 'right'");
      }
      savedAtLast(db, first("a", purchase("1", 5)));
    }
  }

  @Test
  void server_failedOverToAStandby_writesRefusedReadsGoOn() throws IOException {
    try (DatabaseFixture db = database()) {
      saved(db.save(first("a", purchase("1", 5))));
      server.stop(Postgres.Stop.FAST);
      Files.createFile(server.data().resolve("standby.signal"));
      server.startAgain();
      ServiceError error = new ServiceError.Timeout("");
      while (!error.message().contains("read-only")) {
        error =
            notSaved(db.save(first("b", purchase("1", 5)), Lane.BULK, Duration.ofMillis(200)))
                .error();
        assertThat(error.retryable()).isTrue();
      }
      LoadReply reply = db.load("a").receiveMessage(DatabaseFixture.PATIENCE);
      while (!(reply instanceof LoadReply.Loaded)) {
        reply = db.load("a").receiveMessage(DatabaseFixture.PATIENCE);
      }
      assertThat(((LoadReply.Loaded) reply).profile().stored()).isTrue();
      assertThat(db.log.latest())
          .anySatisfy(
              e -> {
                assertThat(e.message()).contains("is read-only");
                assertThat(e.decision()).isEqualTo(Decision.RESTART);
              });
      server.run("postgres", "SELECT pg_promote()");
      savedAtLast(db, first("b", purchase("1", 5)));
    }
  }

  @Test
  void tables_dropped_escalates() {
    try (DatabaseFixture db = database()) {
      server.run(database, "DROP SCHEMA purser CASCADE");
      db.load("a");
      assertThat(sentenceOf(db)).contains("lacks a table");
      assertThat(PostgresErrors.cause(new java.sql.SQLException("", "42P01")))
          .isEqualTo(DatabaseCause.CORRUPT);
    }
  }
}
