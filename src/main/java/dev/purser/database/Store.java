package dev.purser.database;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One open connection and every statement that runs on it. Confined to the session that owns it,
/// but for [#interrupt()].
///
/// All SQL of a product stands behind this interface. Errors leave as they come from the driver;
/// the product's classification ([dev.purser.faults.DatabaseCause]) says what they mean.
interface Store extends AutoCloseable {

  /// Loads customers, absent ones too: one entry for each distinct id asked.
  Map<String, LoadReply.Loaded> load(List<String> customers) throws SQLException;

  /// Answers a question outside of any transaction of ours.
  <T> T answer(Query<T> query) throws SQLException;

  /// Opens a transaction and applies the writes in it, each whole or not at all; nothing is
  /// committed yet. Writes of one batch concern distinct customers and shares. The result has one
  /// entry for each write, in their order.
  List<Result> apply(List<Write> writes) throws SQLException;

  /// Commits what [#apply] did. If this throws, the outcome is unknown, unless [#uncommitted] knows
  /// better. Where the product has a syncer, what was committed is seen by all and outlives the
  /// process, but may be lost with the machine until [#syncLog] was called after it.
  void commit() throws SQLException;

  /// Makes sure that all that was committed before, by whatever connection, is on the disk; does
  /// nothing where commits do so themselves.
  ///
  /// @throws dev.purser.faults.Escalated if the disk fails: nobody can say what it holds
  default void syncLog() {}

  /// Whether a commit that failed with `error` is certain not to have been applied, now or after a
  /// crash.
  boolean uncommitted(SQLException error);

  /// Takes back what [#apply] did; does nothing if no transaction is open.
  void rollback() throws SQLException;

  /// Fails if the connection is no longer usable.
  void validate() throws SQLException;

  /// What the write-ahead log holds; nothing where the database keeps its log by itself.
  default Backlog backlog() throws SQLException {
    return new Backlog(0, 0);
  }

  /// Copies the write-ahead log back into the database file, as far as nobody reads an older state,
  /// while others read and commit; does nothing where the database keeps its log by itself.
  default void copyLog() throws SQLException {}

  /// Makes a statement that is running on another thread fail soon. May be called from any thread.
  void interrupt();

  @Override
  void close() throws SQLException;

  /// The write-ahead log, in pages.
  ///
  /// @param pages what it holds since it was last begun anew
  /// @param left those that are not in the database file yet
  record Backlog(long pages, long left) {}

  /// A unit of a group commit.
  sealed interface Write {
    /// `again` marks a save whose outcome is unknown: it may be in the database already.
    record OfCustomer(CustomerSave save, boolean again) implements Write {}

    /// `again` as above.
    record OfRecords(RecordSave save, boolean again) implements Write {}

    record OfChore(Chore chore) implements Write {}
  }

  /// What became of a [Write] when the transaction commits.
  sealed interface Result {
    /// `NotSaved` only for a customer that is still being erased: what the store cannot apply it
    /// throws.
    record OfCustomer(SaveReply reply) implements Result {}

    record OfRecords(RecordReply.Saved reply) implements Result {}

    /// `rest` is what the next piece of it has to do, or null if it is done.
    record OfChore(long rows, @Nullable Chore rest) implements Result {}
  }
}
