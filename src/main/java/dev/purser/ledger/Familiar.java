package dev.purser.ledger;

import org.jspecify.annotations.Nullable;

/// Short strings that come again and again, such as names and values of preferences, one copy each
/// while they are familiar: those who keep many profiles need not keep each string as often.
///
/// ## Concurrency
///
/// Safe for many threads, without a lock: strings are immutable, so whatever a thread finds in a
/// slot is whole, and a string that is lost to a race is only one that is kept twice.
///
/// ## Limits
///
/// A string has one slot, by its hash, and takes it from the one before: 4,096 strings of 64
/// characters at most, half a megabyte. Whoever got a string from here holds it by himself; nothing
/// counts references, and it is no place to look anything up.
final class Familiar {
  private static final int SLOTS = 1 << 12;
  private static final int MOST_CHARS = 64;
  private static final @Nullable String[] STRINGS = new String[SLOTS];

  private Familiar() {}

  /// The same string, perhaps another copy of it.
  static String copy(String string) {
    if (string.length() > MOST_CHARS) {
      return string;
    }
    int hash = string.hashCode();
    int slot = (hash ^ hash >>> 12 ^ hash >>> 24) & (SLOTS - 1);
    String known = STRINGS[slot];
    if (known != null && known.equals(string)) {
      return known;
    }
    STRINGS[slot] = string;
    return string;
  }
}
