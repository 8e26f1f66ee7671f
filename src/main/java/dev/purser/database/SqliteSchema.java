package dev.purser.database;

import dev.purser.faults.Escalated;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import javax.sql.DataSource;
import org.flywaydb.core.Flyway;
import org.flywaydb.core.api.FlywayException;

/// The versioned schema of a database file. One cheap query decides whether Flyway is needed at
/// all, since it costs a cold start half a second.
///
/// A file is ours if it carries our application id. Files of other programs, and of newer versions
/// of this one, are refused untouched.
final class SqliteSchema {
  /// The schema that this version of the service writes; a migration `V<n>__*.sql` stands for each
  /// version up to it.
  static final int VERSION = 8;

  /// 'PURS'.
  static final int APPLICATION = 0x50555253;

  /// 'PURC': a file that a copy is not finished with. Older versions take it for another program's.
  static final int COPYING_APPLICATION = 0x50555243;

  // Flyway creates its own table first, in a transaction of its own: a process that died just
  // there leaves a file that is empty but for it.
  private static final String LOOK =
      "SELECT (SELECT application_id FROM pragma_application_id),"
          + " (SELECT user_version FROM pragma_user_version),"
          + " (SELECT count(*) FROM sqlite_schema WHERE tbl_name NOT IN"
          + " ('flyway_schema_history', 'sqlite_sequence'))";

  private SqliteSchema() {}

  private record State(int application, int version, int objects) {
    boolean empty() {
      return application == 0 && version == 0 && objects == 0;
    }
  }

  /// Brings the file behind `connection` to [#VERSION], or throws [Escalated] if it is not ours to
  /// touch.
  static void prepare(Connection connection, DataSource source, Path file) throws SQLException {
    prepare(connection, source, file, VERSION, "classpath:db/sqlite");
  }

  /// @param version what the migrations at `locations` lead to
  static void prepare(
      Connection connection, DataSource source, Path file, int version, String... locations)
      throws SQLException {
    State state = look(connection);
    if (state.application == COPYING_APPLICATION) {
      throw new Escalated(SchemaMark.unfinished(file.toString()), null);
    }
    if (!state.empty() && state.application != APPLICATION) {
      throw new Escalated(
          file
              + " is an SQLite database of another program: name another folder, or move the file"
              + " away.",
          null);
    }
    if (state.version > version) {
      throw new Escalated(
          file
              + " has schema version "
              + state.version
              + ", and this version of Purser knows none above "
              + version
              + ": start the newer Purser that wrote it, or restore an older copy.",
          null);
    }
    if (state.version < version) {
      migrate(source, locations);
    }
  }

  /// What the file behind `connection` says of itself.
  static SchemaMark mark(Connection connection) throws SQLException {
    State state = look(connection);
    return new SchemaMark(
        switch (state.application) {
          case APPLICATION -> SchemaMark.Kind.WHOLE;
          case COPYING_APPLICATION -> SchemaMark.Kind.COPYING;
          default -> state.empty() ? SchemaMark.Kind.EMPTY : SchemaMark.Kind.FOREIGN;
        },
        state.version);
  }

  private static State look(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(LOOK)) {
      return new State(row.getInt(1), row.getInt(2), row.getInt(3));
    }
  }

  private static void migrate(DataSource source, String... locations) throws SQLException {
    try {
      var _ = Flyway.configure().dataSource(source).locations(locations).load().migrate();
    } catch (FlywayException e) {
      // What the disk or the file has to say is classified like any other error of the database.
      for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
        if (cause instanceof SQLException error) {
          throw error;
        }
      }
      throw e;
    }
  }
}
