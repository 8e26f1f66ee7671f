package dev.purser.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What a session of PostgreSQL is set to, whatever the server's or the user's defaults are.
final class PostgresSession {
  private static final Logger LOG = LoggerFactory.getLogger(PostgresSession.class);

  /// Stricter than `on` is only what waits for standbys too; `off`, `local` and `remote_write` are
  /// weaker than what acknowledging promises.
  private static final String SYNCED =
      "SELECT set_config('synchronous_commit', CASE WHEN current_setting('synchronous_commit') ="
          + " 'remote_apply' THEN 'remote_apply' ELSE 'on' END, false), current_setting('fsync')";

  private PostgresSession() {}

  /// Sets a new connection up.
  ///
  /// @param limit the longest a statement, or a wait for a lock or for us, may take
  static void begin(Connection connection, String schema, Duration limit, boolean writes)
      throws SQLException {
    String millis = Long.toString(limit.toMillis());
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("search_path", schema);
    settings.put("statement_timeout", millis);
    settings.put("lock_timeout", millis);
    settings.put("idle_in_transaction_session_timeout", millis);
    settings.put("default_transaction_isolation", writes ? "read committed" : "repeatable read");
    settings.put("default_transaction_read_only", writes ? "off" : "on");
    // A server that has lost a machine finds out within half a minute instead of hours.
    settings.put("tcp_keepalives_idle", "10");
    settings.put("tcp_keepalives_interval", "5");
    settings.put("tcp_keepalives_count", "4");
    // All is found by keys. Where statistics are young, as after a first load, the planner would
    // read tables as a whole that have grown since, and keep that plan.
    settings.put("enable_seqscan", "off");
    settings.put("jit", "off");
    set(connection, settings);
    if (writes) {
      sync(connection);
    }
    noticeTheLost(connection);
  }

  private static void set(Connection connection, Map<String, String> settings) throws SQLException {
    StringJoiner calls = new StringJoiner(", ", "SELECT ", "");
    settings.forEach((_, _) -> calls.add("set_config(?, ?, false)"));
    try (PreparedStatement statement = connection.prepareStatement(calls.toString())) {
      int at = 0;
      for (Map.Entry<String, String> setting : settings.entrySet()) {
        statement.setString(++at, setting.getKey());
        statement.setString(++at, setting.getValue());
      }
      statement.executeQuery().close();
    }
  }

  private static void sync(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(SYNCED)) {
      if (row.next() && !row.getBoolean(2)) {
        LOG.warn(
            "The database server runs with fsync = off: what it acknowledges is lost if its machine"
                + " fails; set fsync = on");
      }
    }
  }

  /// Lets the server end a statement whose client is gone, and free its locks. Servers on some
  /// systems cannot, and say so.
  private static void noticeTheLost(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SET client_connection_check_interval = '1s'");
    } catch (SQLException e) {
      if (!"22023".equals(e.getSQLState())) {
        throw e;
      }
    }
  }
}
