package dev.purser.database;

import dev.purser.faults.Escalated;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// [Store] on an SQLite file. One connection writes, others read beside it: the write-ahead log
/// keeps them out of each other's way.
///
/// A commit is written to the log and not synced: SQLite would let the next transaction wait for
/// it. Another connection syncs the log meanwhile ([Syncer]), before anything is acknowledged.
/// SQLite itself syncs where the order of writes counts: the log before it is copied back, the
/// database file before the log is begun anew, and the log's header then.
final class SqliteStore extends LedgerStore {
  private final SQLiteConnection connection;
  private final SqliteFences fences;
  private final @Nullable FileChannel log;
  private boolean open;

  /// What a connection is for.
  enum Role {
    /// Creates the file if need be, migrates its schema, and writes.
    WRITER,
    /// Can change nothing; the file must stand.
    READER,
    /// Syncs the write-ahead log.
    SYNCER,
    /// Copies the write-ahead log back into the file.
    CHECKPOINTER
  }

  private SqliteStore(
      SQLiteConnection connection,
      Statements statements,
      CustomerRows customers,
      SqliteFences fences,
      @Nullable FileChannel log) {
    super(statements, customers, fences);
    this.connection = connection;
    this.fences = fences;
    this.log = log;
  }

  /// Opens a connection to `file`.
  ///
  /// @throws dev.purser.faults.Escalated if the file is another program's, or a newer version's
  static SqliteStore open(Path file, SqliteSettings settings, Role role) throws SQLException {
    return open(file, settings, role, List.of());
  }

  /// @param parts how the ledger is divided here
  static SqliteStore open(Path file, SqliteSettings settings, Role role, List<Ledger.Parts> parts)
      throws SQLException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      // The driver would say so without a code to classify it by.
      throw new SQLiteException("The folder is missing.", SQLiteErrorCode.SQLITE_CANTOPEN);
    }
    if (role != Role.READER) {
      create(file);
    }
    SQLiteDataSource source = source(file, settings, role);
    SQLiteConnection connection = (SQLiteConnection) source.getConnection();
    try {
      if (role == Role.WRITER) {
        SqliteSchema.prepare(connection, source, file);
        Ledger.divide(connection, parts);
        unsynced(connection);
      }
      FileChannel log = role == Role.SYNCER ? log(connection, file) : null;
      Statements statements = new SqliteStatements(connection);
      CustomerRows customers = new CustomerRows(statements);
      SqliteFences fences = new SqliteFences(statements, customers);
      return new SqliteStore(connection, statements, customers, fences, log);
    } catch (SQLException | RuntimeException e) {
      closeAfter(e, connection);
      throw e;
    }
  }

  @Override
  public Map<String, LoadReply.Loaded> load(List<String> ids) throws SQLException {
    return snapshot(() -> loadNow(ids));
  }

  @Override
  boolean shared() {
    return false;
  }

  @Override
  void begin() throws SQLException {
    var _ = statements().update("BEGIN IMMEDIATE", _ -> {});
    open = true;
  }

  @Override
  public void commit() throws SQLException {
    var _ = statements().update("COMMIT", _ -> {});
    open = false;
    fences.committed();
  }

  @Override
  public boolean uncommitted(SQLException error) {
    return SqliteErrors.uncommitted(error);
  }

  @Override
  public void rollback() throws SQLException {
    if (open) {
      open = false;
      try {
        var _ = statements().update("ROLLBACK", _ -> {});
      } catch (SQLException e) {
        // After a full disk, an I/O error or an interrupt SQLite may have rolled back by itself.
        if (!String.valueOf(e.getMessage()).contains("no transaction is active")) {
          throw e;
        }
      }
    }
  }

  @Override
  public void validate() throws SQLException {
    // The result is closed at once: an open one would pin the snapshot that it read, and the log.
    var _ = statements().first("SELECT version FROM erased_floor", _ -> {}, row -> row.getLong(1));
  }

  @Override
  public void syncLog() {
    if (log == null) {
      return;
    }
    try {
      log.force(false);
    } catch (ClosedChannelException e) {
      throw new IllegalStateException("the log was closed while it was to be synced", e);
    } catch (IOException e) {
      // After it the operating system may take for written what is not: trying again proves
      // nothing.
      throw new Escalated(
          "The disk fails: the log of the database cannot be synced ("
              + e.getMessage()
              + "). What was acknowledged is stored; mend the disk and start again.",
          e);
    }
  }

  @Override
  public Backlog backlog() throws SQLException {
    return checkpoint("NOOP");
  }

  @Override
  public void copyLog() throws SQLException {
    var _ = checkpoint("PASSIVE");
  }

  private Backlog checkpoint(String mode) throws SQLException {
    // A row of: whether somebody else is at it, pages of the log, pages of it that are in the file.
    return statements()
        .one(
            "PRAGMA wal_checkpoint(" + mode + ")",
            row -> new Backlog(row.getLong(2), row.getLong(2) - row.getLong(3)));
  }

  @Override
  public void interrupt() {
    try {
      connection.getDatabase().interrupt();
    } catch (SQLException _) {
      // The connection is closed: nothing runs on it that could be interrupted.
    }
  }

  @Override
  public void close() throws SQLException {
    try (connection;
        FileChannel _ = log) {
      statements().close();
    } catch (IOException e) {
      throw new SQLException("the log could not be closed", e);
    }
  }

  @Override
  <T> T snapshot(Reading<T> reading) throws SQLException {
    var _ = statements().update("BEGIN", _ -> {});
    open = true;
    T read;
    try {
      read = reading.read();
    } catch (SQLException | RuntimeException e) {
      try {
        rollback();
      } catch (SQLException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
    rollback();
    return read;
  }

  /// Commits of this connection are written to the log and synced by others.
  private static void unsynced(SQLiteConnection connection) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      var _ = statement.execute("PRAGMA synchronous = NORMAL");
    }
  }

  private static void create(Path file) throws SQLException {
    try {
      PrivateFiles.createFile(file);
    } catch (IOException e) {
      throw new SQLiteException("no file: " + e.getMessage(), SQLiteErrorCode.SQLITE_CANTOPEN);
    }
  }

  /// The log, which stands and stays the same file as long as a connection has read through it.
  private static FileChannel log(SQLiteConnection connection, Path file) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      var _ = statement.execute("SELECT version FROM erased_floor");
    }
    Path log = file.resolveSibling(file.getFileName() + "-wal");
    try {
      return FileChannel.open(log, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw new SQLiteException("no log: " + e.getMessage(), SQLiteErrorCode.SQLITE_CANTOPEN);
    }
  }

  private static SQLiteDataSource source(Path file, SqliteSettings settings, Role role) {
    SQLiteConfig config = new SQLiteConfig();
    config.setBusyTimeout(Math.toIntExact(settings.busyTimeout().toMillis()));
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    // Negative: KiB instead of pages.
    config.setCacheSize(-Math.toIntExact(settings.cacheBytes() >> 10));
    config.setTempStore(SQLiteConfig.TempStore.MEMORY);
    config.setReadOnly(role == Role.READER);
    // For a log that the checkpointer does not keep up with: a commit copies it back itself.
    config.setWalAutocheckpoint(2 * settings.checkpointPages());
    // Else each insert is followed by a question for the row's number.
    config.setGetGeneratedKeys(false);
    SQLiteDataSource source = new SQLiteDataSource(config);
    source.setUrl("jdbc:sqlite:" + file);
    return source;
  }

  private static void closeAfter(Exception failure, Connection connection) {
    try {
      connection.close();
    } catch (SQLException e) {
      failure.addSuppressed(e);
    }
  }
}
