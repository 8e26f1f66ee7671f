package dev.purser.database;

import dev.purser.faults.Escalated;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;
import org.jspecify.annotations.Nullable;

/// The versioned schema of a PostgreSQL database. One cheap query of the catalogue decides whether
/// Flyway is needed at all.
///
/// The tables are ours if the comment on `customers` says so; it also tells their version. Tables
/// of others, and of newer versions of this service, are refused untouched.
///
/// ## Concurrency
///
/// Nodes that start together migrate once: whoever finds an older version takes an advisory lock
/// and looks again.
final class PostgresSchema {
  /// The schema that this version of the service writes; a migration `V<n>__*.sql` stands for each
  /// version up to it.
  static final int VERSION = 5;

  /// Older servers are out of support, and lack what a session is set up with.
  static final int OLDEST_SERVER = 14;

  /// 'PURS'.
  private static final long LOCK = 0x50555253;

  /// What the comment on `customers` is, before the version.
  static final String LEDGER = "Purser ledger ";

  /// The same of tables that a copy is not finished with. Older versions take them for another
  /// program's.
  static final String COPY = "Purser copy ";

  private static final Pattern MARK = Pattern.compile("(" + LEDGER + "|" + COPY + ")(\\d{1,9})");

  private static final String LOOK =
      "SELECT current_setting('server_version_num')::int / 10000,"
          + " current_setting('server_encoding'), current_setting('transaction_read_only'),"
          + " (SELECT obj_description(c.oid, 'pg_class') FROM pg_class c"
          + " JOIN pg_namespace n ON n.oid = c.relnamespace"
          + " WHERE n.nspname = ? AND c.relname = 'customers'),"
          + " (SELECT min(c.relname) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace"
          + " WHERE n.nspname = ? AND c.relname = ANY (?))";

  private PostgresSchema() {}

  /// @param server the server's major version
  /// @param mark the comment on `customers`
  /// @param table one of the names of our tables that is taken
  private record State(
      int server,
      String encoding,
      boolean readOnly,
      @Nullable String mark,
      @Nullable String table) {

    SchemaMark marked() {
      Matcher ours = mark == null ? null : MARK.matcher(mark);
      if (table == null) {
        return new SchemaMark(SchemaMark.Kind.EMPTY, 0);
      }
      if (ours == null || !ours.matches()) {
        return new SchemaMark(SchemaMark.Kind.FOREIGN, 0);
      }
      return new SchemaMark(
          ours.group(1).equals(COPY) ? SchemaMark.Kind.COPYING : SchemaMark.Kind.WHOLE,
          Integer.parseInt(ours.group(2)));
    }
  }

  /// What the tables in `schema` say of themselves.
  static SchemaMark mark(Connection connection, String schema) throws SQLException {
    return look(connection, schema).marked();
  }

  /// Brings `schema` to [#VERSION], or throws [Escalated] if it is not ours to touch.
  ///
  /// @param connection in auto-commit mode
  /// @param source further connections, for Flyway
  static void prepare(Connection connection, DataSource source, String schema) throws SQLException {
    prepare(connection, source, schema, VERSION, "classpath:db/postgresql");
  }

  /// @param version what the migrations at `locations` lead to
  static void prepare(
      Connection connection, DataSource source, String schema, int version, String... locations)
      throws SQLException {
    if (checked(look(connection, schema), schema, version) == version) {
      return;
    }
    run(connection, "SELECT pg_advisory_lock(" + LOCK + ")");
    try {
      if (checked(look(connection, schema), schema, version) < version) {
        migrate(source, schema, locations);
      }
    } finally {
      run(connection, "SELECT pg_advisory_unlock(" + LOCK + ")");
    }
  }

  private static int checked(State state, String schema, int version) throws SQLException {
    if (state.server < OLDEST_SERVER) {
      throw refused(
          "The database runs on PostgreSQL "
              + state.server
              + ", and Purser needs "
              + OLDEST_SERVER
              + " or newer: upgrade the server.");
    }
    if (!state.encoding.equals("UTF8")) {
      throw refused(
          "The database has the encoding "
              + state.encoding
              + ", and Purser needs UTF8: create one with ENCODING 'UTF8'.");
    }
    if (state.readOnly) {
      // Classified as the server itself would, once it is written to.
      throw new SQLException("the session is read-only", "25006");
    }
    SchemaMark stands = state.marked();
    if (stands.kind() == SchemaMark.Kind.COPYING) {
      throw refused(SchemaMark.unfinished("The schema " + schema + " of the database"));
    }
    if (stands.kind() == SchemaMark.Kind.FOREIGN) {
      throw refused(
          "The schema "
              + schema
              + " of the database holds a table "
              + state.table
              + " of another program: name another database, or another schema in"
              + " purser.database.postgres.schema.");
    }
    if (stands.version() > version) {
      throw refused(
          "The database has schema version "
              + stands.version()
              + ", and this version of Purser knows none above "
              + version
              + ": start the newer Purser that wrote it, or restore an older copy.");
    }
    return stands.version();
  }

  private static Escalated refused(String sentence) {
    return new Escalated(sentence, null);
  }

  private static State look(Connection connection, String schema) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(LOOK)) {
      statement.setString(1, schema);
      statement.setString(2, schema);
      statement.setArray(3, connection.createArrayOf("text", CopyTable.names().toArray()));
      try (ResultSet row = statement.executeQuery()) {
        var _ = row.next();
        return new State(
            row.getInt(1), row.getString(2), row.getBoolean(3), row.getString(4), row.getString(5));
      }
    }
  }

  private static void run(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static void migrate(DataSource source, String schema, String... locations)
      throws SQLException {
    try {
      // A schema that somebody has made for us may hold other things beside ours.
      var _ =
          Flyway.configure()
              .dataSource(source)
              .schemas(schema)
              .table("purser_schema_history")
              .baselineOnMigrate(true)
              .baselineVersion("0")
              .locations(locations)
              .load()
              .migrate();
    } catch (FlywayException e) {
      for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
        if (cause instanceof SQLException error) {
          throw error;
        }
      }
      throw e;
    }
  }
}
