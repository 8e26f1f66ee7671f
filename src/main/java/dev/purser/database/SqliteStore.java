package dev.purser.database;

import dev.purser.ledger.Profile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.sqlite.SQLiteConfig;
import org.sqlite.SQLiteConnection;
import org.sqlite.SQLiteDataSource;
import org.sqlite.SQLiteErrorCode;
import org.sqlite.SQLiteException;

/// [Store] on an SQLite file. One connection writes, others read beside it: the write-ahead log
/// keeps them out of each other's way, and each commit is synced before it is acknowledged.
final class SqliteStore implements Store {
  /// SQLite's default page; a checkpoint is due after so many pages.
  private static final int PAGE_BYTES = 4096;

  private final SQLiteConnection connection;
  private final Statements statements;
  private final CustomerRows customers;
  private final ErasureRows erasures;
  private final SaveBatch saves;
  private final EventPages pages;
  private final Segments segments;
  private final SettlementRows settlements;
  private final LetterRows letters;
  private final RunRows runs;
  private final RecordRows records;
  private boolean open;

  private SqliteStore(SQLiteConnection connection) {
    this.connection = connection;
    this.statements = new Statements(connection);
    this.customers = new CustomerRows(statements);
    this.erasures = new ErasureRows(statements);
    this.saves = new SaveBatch(statements);
    this.pages = new EventPages(statements);
    this.segments = new Segments(statements);
    this.settlements = new SettlementRows(statements);
    this.letters = new LetterRows(statements);
    this.runs = new RunRows(statements);
    this.records = new RecordRows(statements);
  }

  /// Opens a connection to `file`. A writing one creates the file and migrates its schema; a
  /// reading one can change nothing, and the file must stand.
  ///
  /// @throws dev.purser.faults.Escalated if the file is another program's, or a newer version's
  static SqliteStore open(Path file, SqliteSettings settings, boolean writer) throws SQLException {
    Path folder = file.toAbsolutePath().getParent();
    if (folder == null || !Files.isDirectory(folder)) {
      // The driver would say so without a code to classify it by.
      throw new SQLiteException("The folder is missing.", SQLiteErrorCode.SQLITE_CANTOPEN);
    }
    SQLiteDataSource source = source(file, settings, writer);
    SQLiteConnection connection = (SQLiteConnection) source.getConnection();
    try {
      if (writer) {
        SqliteSchema.prepare(connection, source, file);
      }
      return new SqliteStore(connection);
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
  public <T> T answer(Query<T> query) throws SQLException {
    return snapshot(() -> answerNow(query));
  }

  @Override
  public List<Result> apply(List<Write> writes) throws SQLException {
    var _ = statements.update("BEGIN IMMEDIATE", _ -> {});
    open = true;
    List<CustomerSave> batch = new ArrayList<>(writes.size());
    List<Write.OfRecords> kept = new ArrayList<>();
    for (Write write : writes) {
      switch (write) {
        case Write.OfCustomer(CustomerSave save, _) -> batch.add(save);
        case Write.OfRecords save -> kept.add(save);
        case Write.OfChore _ -> {} // below, each by itself
      }
    }
    var replies = saves.apply(batch).iterator();
    var keptReplies = records.apply(kept).iterator();
    List<Result> results = new ArrayList<>(writes.size());
    for (Write write : writes) {
      results.add(
          switch (write) {
            case Write.OfCustomer _ -> new Result.OfCustomer(replies.next());
            case Write.OfRecords _ -> new Result.OfRecords(keptReplies.next());
            case Write.OfChore(Chore chore) -> new Result.OfChore(run(chore));
          });
    }
    return results;
  }

  @Override
  public void commit() throws SQLException {
    var _ = statements.update("COMMIT", _ -> {});
    open = false;
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
        var _ = statements.update("ROLLBACK", _ -> {});
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
    var _ = statements.first("SELECT version FROM erased_floor", _ -> {}, row -> row.getLong(1));
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
    try (connection) {
      statements.close();
    }
  }

  /// Runs several statements on one state of the database: what is committed between two of them by
  /// another connection is seen by neither.
  private <T> T snapshot(Reading<T> reading) throws SQLException {
    var _ = statements.update("BEGIN", _ -> {});
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

  @FunctionalInterface
  private interface Reading<T> {
    T read() throws SQLException;
  }

  private Map<String, LoadReply.Loaded> loadNow(List<String> ids) throws SQLException {
    List<String> distinct = ids.stream().distinct().toList();
    Map<String, Profile> found = customers.load(distinct);
    List<String> absent = distinct.stream().filter(id -> !found.containsKey(id)).toList();
    Map<String, LoadReply.Loaded> loaded = new HashMap<>();
    found.forEach((id, profile) -> loaded.put(id, new LoadReply.Loaded(profile, 0, false)));
    if (!absent.isEmpty()) {
      erasures
          .traces(absent)
          .forEach(
              (id, t) ->
                  loaded.put(
                      id, new LoadReply.Loaded(Profile.absent(id), t.floor(), t.suppressed())));
    }
    return loaded;
  }

  @SuppressWarnings("unchecked") // each question names its answer in its type
  private <T> T answerNow(Query<T> query) throws SQLException {
    return (T)
        switch (query) {
          case Query.Purchases q -> pages.purchases(q);
          case Query.OnePurchase q -> pages.purchase(q);
          case Query.Refunds q -> pages.refunds(q);
          case Query.OneRefund q -> pages.refund(q);
          case Query.Segment q -> segments.page(q);
          case Query.PendingCustomers q -> segments.pending(q);
          case Query.SettlementSums q -> settlements.total(q.settlement());
          case Query.Letters q -> letters.page(q);
          case Query.OneLetter q -> letters.one(q.id());
          case Query.Runs q -> runs.page(q);
          case Query.OneRun q -> runs.one(q.id());
          case Query.RunByKey q -> runs.byKey(q);
          case Query.Records q -> records.page(q);
          case Query.SomeRecords q -> records.some(q);
          case Query.PendingErasures q -> erasures.pending(q.limit());
        };
  }

  private long run(Chore chore) throws SQLException {
    return switch (chore) {
      case Chore.KeepLetters c -> letters.keep(c.letters());
      case Chore.DropLetter c -> letters.drop(c.id());
      case Chore.DropLetterIds c -> letters.drop(c.ids());
      case Chore.DropLetters c -> letters.drop(c);
      case Chore.ExpireLetters c -> letters.expire(c);
      case Chore.KeepRun c -> runs.keep(c.run());
      case Chore.InterruptRuns _ -> runs.interrupt();
      case Chore.LiftSuppression c -> erasures.lift(c.customer());
      case Chore.ForgetErasures c -> erasures.forget(c.erasures());
    };
  }

  private static SQLiteDataSource source(Path file, SqliteSettings settings, boolean writer) {
    SQLiteConfig config = new SQLiteConfig();
    config.setBusyTimeout(Math.toIntExact(settings.busyTimeout().toMillis()));
    config.setJournalMode(SQLiteConfig.JournalMode.WAL);
    config.setSynchronous(SQLiteConfig.SynchronousMode.FULL);
    // Negative: KiB instead of pages.
    config.setCacheSize(-Math.toIntExact(settings.cacheBytes() >> 10));
    config.setTempStore(SQLiteConfig.TempStore.MEMORY);
    config.setReadOnly(!writer);
    config.setWalAutocheckpoint(Math.toIntExact(settings.checkpointBytes() / PAGE_BYTES));
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
