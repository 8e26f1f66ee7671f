package dev.purser.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.ledger.Profile;
import dev.purser.testing.Postgres;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.postgresql.jdbc.PgConnection;

/// How PostgreSQL plans what saves and loads execute all the time.
final class PostgresPlansTest {
  private static final int TIMES = 30;

  /// The server's own: so many times it plans for the values before it may keep a plan.
  private static final int PLANNED_FIRST = 5;

  @Test
  void loadAndSave_ofOneCustomer_areNotPlannedAnewEachTime() throws Exception {
    String database = Postgres.shared().freshDatabase();
    new PostgresProduct(
            PostgresUrl.parse(Postgres.shared().url(database)),
            new PostgresSettings("purser", Duration.ofSeconds(5)),
            Duration.ofSeconds(10))
        .writer()
        .open()
        .close();
    try (PgConnection connection = Postgres.shared().connect(database).unwrap(PgConnection.class)) {
      PostgresSession.begin(connection, "purser", Duration.ofSeconds(10), true);
      PostgresStore store = PostgresStore.on(connection, true, NodeLease.unshared());
      Profile profile = Profile.absent("a");
      for (int i = 0; i < TIMES; i++) {
        profile = save(store, profile, i);
        assertThat(store.load(List.of("a")).get("a").profile()).isEqualTo(profile);
      }
      assertThat(profile.purchases()).isEqualTo(TIMES);
      assertThat(plans(connection, "generic_plans > 0")).hasSizeGreaterThanOrEqualTo(5);
      assertThat(plans(connection, "custom_plans > " + PLANNED_FIRST)).isEmpty();
    }
  }

  private static Profile save(PostgresStore store, Profile base, int i) throws SQLException {
    CustomerSave save =
        new CustomerSave(
            base.id(), 100 + i, base, 0, 1_000, List.of(TestStore.purchase("p" + i, 100)));
    List<Store.Result> results = store.apply(List.of(new Store.Write.OfCustomer(save, false)));
    store.commit();
    var reply = ((Store.Result.OfCustomer) results.getFirst()).reply();
    return ((SaveReply.Saved) reply).profile();
  }

  private static List<String> plans(PgConnection connection, String condition) throws SQLException {
    List<String> statements = new ArrayList<>();
    try (Statement statement = connection.createStatement();
        ResultSet rows =
            statement.executeQuery(
                "SELECT statement FROM pg_prepared_statements WHERE " + condition)) {
      while (rows.next()) {
        statements.add(rows.getString(1));
      }
    }
    return statements;
  }
}
