package dev.purser.database;

import java.time.Instant;

/// A pause that an operator has ordered. Immutable.
///
/// @param by who ordered it
public record Paused(String by, Instant since) {

  /// The refusal of work that waited in vain.
  String sentence() {
    return "the database is paused since " + since + " by " + by;
  }
}
