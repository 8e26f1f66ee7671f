package dev.purser.database;

import dev.purser.faults.DatabaseCause;
import java.sql.SQLException;
import java.util.Map;
import java.util.Set;

/// What the errors of SQLite mean: a table over its primary result codes, refined by extended ones
/// where the primary code says too little. Immutable.
final class SqliteErrors {
  private static final Meaning UNKNOWN =
      new Meaning(DatabaseCause.UNKNOWN, "failed in an unexpected way");

  /// By result code, extended ones first; see https://sqlite.org/rescode.html.
  private static final Map<Integer, Meaning> MEANINGS =
      Map.ofEntries(
          Map.entry(5, busy("is locked by another process; close what holds it open")),
          Map.entry(6, busy("has a table locked by another connection")),
          Map.entry(9, unreachable("gave up a statement that ran past its time limit")),
          Map.entry(3, setup("may not be opened; give this user the rights to it and its folder")),
          Map.entry(23, setup("may not be used; give this user the rights to it")),
          Map.entry(8, setup("is read-only; make it and its folder writable for this user")),
          Map.entry(13, setup("is on a full disk; free some space")),
          Map.entry(14, setup("cannot be opened; check that its folder exists and is writable")),
          Map.entry(22, setup("is too large for this system")),
          Map.entry(7, unreachable("ran out of memory")),
          Map.entry(10, unreachable("cannot be read or written; check the disk")),
          Map.entry(15, unreachable("lost its lock; try again")),
          Map.entry(11, corrupt("is corrupt; restore it from a backup")),
          Map.entry(26, corrupt("is not an SQLite database; move it away or restore a backup")),
          Map.entry(24, corrupt("has a format that is not known; restore a backup")),
          Map.entry(19, data("refused a row that breaks a constraint")),
          Map.entry(20, data("refused a value of another type")),
          Map.entry(18, data("refused a value that is too large")),
          Map.entry(25, data("refused a value that is out of range")),
          // Extended codes: the disk behind the file is gone or broken in a way that its primary
          // code (10, "disk I/O error") would have us try again for ever.
          Map.entry(10 | 33 << 8, corrupt("has damaged pages; restore it from a backup")),
          Map.entry(10 | 32 << 8, corrupt("has damaged pages; restore it from a backup")),
          Map.entry(10 | 27 << 8, setup("was moved or deleted while open; put it back")),
          Map.entry(8 | 4 << 8, setup("was moved or deleted while open; put it back")));

  /// Commits that fail with these primary codes are not applied. Busy and constraint leave the
  /// transaction open, as https://sqlite.org/lang_transaction.html says of a commit; read-only
  /// comes before anything is written. A full disk is told by the write itself: a commit counts
  /// only once the last frame of its log is whole (https://sqlite.org/walformat.html), and after
  /// the last write comes only the sync, whose failures are I/O errors. Those are not listed: what
  /// a failed sync left may be read as committed after a crash.
  private static final Set<Integer> UNCOMMITTED = Set.of(5, 8, 13, 19);

  private SqliteErrors() {}

  /// What an error means.
  ///
  /// @param sentence what the file `is`, `has` or `cannot`, to be put after its name
  private record Meaning(DatabaseCause cause, String sentence) {}

  static DatabaseCause cause(SQLException error) {
    return meaning(error).cause;
  }

  /// Whether a commit that failed with `error` is certain not to have been applied.
  static boolean uncommitted(SQLException error) {
    return UNCOMMITTED.contains(code(error) & 0xff);
  }

  /// One sentence for an operator: what is wrong and how to mend it.
  static String sentence(SQLException error) {
    return "The database file " + meaning(error).sentence + " (SQLite code " + code(error) + ").";
  }

  private static Meaning meaning(SQLException error) {
    int code = code(error);
    Meaning refined = MEANINGS.get(code);
    return refined == null ? MEANINGS.getOrDefault(code & 0xff, UNKNOWN) : refined;
  }

  /// The extended result code. The driver keeps only the primary one where JDBC has room for it.
  private static int code(SQLException error) {
    return error instanceof org.sqlite.SQLiteException e
        ? e.getResultCode().code
        : error.getErrorCode();
  }

  private static Meaning busy(String sentence) {
    return new Meaning(DatabaseCause.BUSY, sentence);
  }

  private static Meaning setup(String sentence) {
    return new Meaning(DatabaseCause.SETUP, sentence);
  }

  private static Meaning unreachable(String sentence) {
    return new Meaning(DatabaseCause.UNREACHABLE, sentence);
  }

  private static Meaning corrupt(String sentence) {
    return new Meaning(DatabaseCause.CORRUPT, sentence);
  }

  private static Meaning data(String sentence) {
    return new Meaning(DatabaseCause.BAD_DATA, sentence);
  }
}
