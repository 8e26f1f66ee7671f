package dev.purser.faults;

/// What the error of a database means for whoever must decide about it, independent of the product.
public enum DatabaseCause {
  /// Connection lost or refused, server restarting, I/O timeout.
  UNREACHABLE,
  /// Serialization failure, deadlock, lock not available: the same work may be tried again at once.
  BUSY,
  /// A lease stands in the way: this node has lost its own, or that of a former owner has not run
  /// out. Nothing was done.
  LEASE,
  /// The statement's data was refused (constraint, range): the caller's answer, never a crash.
  BAD_DATA,
  /// Something an operator must mend: wrong password, missing database, read-only, full disk.
  SETUP,
  /// The data cannot be trusted: corrupt file, missing or newer schema.
  CORRUPT,
  /// Anything unrecognised: a bug until proven otherwise.
  UNKNOWN
}
