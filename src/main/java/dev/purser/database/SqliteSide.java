package dev.purser.database;

import dev.purser.database.CopyColumn.Kind;
import dev.purser.faults.Escalated;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteDataSource;

/// An SQLite file that a copy reads or writes; its folder is locked.
final class SqliteSide extends CopySide {
  private final Path file;
  private final SQLiteDataSource source;
  private final Connection connection;

  /// @param makes whether a missing file is made
  SqliteSide(Path file, SqliteSettings settings, boolean makes) {
    super("sqlite:" + file);
    this.file = file;
    if (!makes && !Files.isRegularFile(file)) {
      throw new Escalated(shown() + " does not exist: there is nothing to copy.", null);
    }
    create(file);
    SQLiteConfig config = new SQLiteConfig();
    config.setBusyTimeout(Math.toIntExact(settings.busyTimeout().toMillis()));
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    // Durable is what the last commit makes durable: a copy that a crash cuts off goes on.
    config.setSynchronous(SQLiteConfig.SynchronousMode.NORMAL);
    config.setCacheSize(-Math.toIntExact(settings.cacheBytes() >> 10));
    config.setGetGeneratedKeys(false);
    this.source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    this.connection = ask(source::getConnection);
  }

  private void create(Path file) {
    try {
      PrivateFiles.createFile(file);
    } catch (IOException e) {
      throw new Escalated(shown() + " cannot be made: " + e.getMessage(), e);
    }
  }

  @Override
  Connection connection() {
    return connection;
  }

  @Override
  String sentence(SQLException error) {
    return SqliteErrors.sentence(error);
  }

  @Override
  SchemaMark mark() {
    return ask(() -> SqliteSchema.mark(connection));
  }

  @Override
  int version() {
    return SqliteSchema.VERSION;
  }

  @Override
  void migrate() {
    var _ =
        ask(
            () -> {
              SqliteSchema.prepare(connection, source, file);
              return true;
            });
  }

  @Override
  void alone() {
    // The folder's lock says so.
  }

  @Override
  String marking(boolean whole) {
    return "PRAGMA application_id = "
        + (whole ? SqliteSchema.APPLICATION : SqliteSchema.COPYING_APPLICATION);
  }

  @Override
  void settle(boolean writes) {
    if (writes) {
      autoCommit(false);
    } else {
      run("PRAGMA query_only = ON");
    }
  }

  @Override
  void durable() {
    autoCommit(true);
    run("PRAGMA synchronous = FULL");
    autoCommit(false);
  }

  @Override
  List<CopyColumn.Found> columns(CopyTable table) {
    return list(
        "SELECT name, type FROM pragma_table_info('" + table.name() + "') ORDER BY cid",
        row ->
            new CopyColumn.Found(
                row.getString(1),
                switch (row.getString(2)) {
                  case "TEXT" -> Kind.TEXT;
                  case "BLOB" -> Kind.BYTES;
                  case "INTEGER" -> Kind.LONG;
                  default -> throw new IllegalStateException("unknown type in " + table.name());
                }));
  }

  @Override
  String selected(CopyColumn column) {
    return column.read() == Kind.TEXT ? "CAST(" + column.name() + " AS BLOB)" : column.name();
  }

  @Override
  RowSink sink(CopyTable table, List<CopyColumn> columns) {
    return new SqliteInserts(connection, table, columns, this::explain);
  }

  @Override
  long numbered(CopyTable table) {
    return one(
        "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = '" + table.name() + "'",
        row -> row.getLong(1));
  }

  @Override
  void numbered(CopyTable table, long last) {
    run(
        "DELETE FROM sqlite_sequence WHERE name = '" + table.name() + "'",
        "INSERT INTO sqlite_sequence (name, seq) VALUES ('" + table.name() + "', " + last + ")");
  }

  @Override
  boolean holdsZero() {
    return true;
  }
}
