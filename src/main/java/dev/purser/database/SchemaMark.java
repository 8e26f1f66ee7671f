package dev.purser.database;

/// What a database says of itself: whose tables it holds, and of what version. Immutable.
///
/// A database that a copy is still filling is marked as nobody's: every version of the service
/// refuses it, also those that know nothing of copies.
record SchemaMark(Kind kind, int version) {

  enum Kind {
    /// It holds nothing at all.
    EMPTY,
    WHOLE,
    /// A copy is not finished.
    COPYING,
    /// Another program's.
    FOREIGN
  }

  /// The sentence with which a service refuses an unfinished copy.
  static String unfinished(String shown) {
    return shown
        + " is an unfinished copy: finish it by running bin/purser copy again with the same"
        + " arguments, or drop it and begin anew.";
  }
}
