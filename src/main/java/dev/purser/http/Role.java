package dev.purser.http;

/// What a caller may do; each role includes the former ones.
public enum Role {
  /// Nobody needs a token: health.
  ANYONE,
  /// Reads customers, runs, letters and metrics.
  READER,
  /// Writes everything under `/v1`.
  WRITER,
  /// Operates the node under `/ops`.
  OPERATOR;

  boolean includes(Role other) {
    return compareTo(other) >= 0;
  }
}
