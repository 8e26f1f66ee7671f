package dev.purser.database;

import dev.purser.config.Keys;
import java.time.Duration;

/// How each connection to the embedded database is set up; `purser.database.sqlite`.
///
/// @param cacheBytes pages kept in memory by one connection
/// @param checkpointBytes size of the write-ahead log at which it is copied back
/// @param busyTimeout how long a connection waits for a lock that another one holds
public record SqliteSettings(long cacheBytes, long checkpointBytes, Duration busyTimeout) {
  /// SQLite's default page.
  private static final int PAGE_BYTES = 4096;

  public static SqliteSettings read(Keys keys) {
    return new SqliteSettings(
        keys.bytes("cache", 64 << 10, 8L << 30),
        keys.bytes("checkpoint", 64 << 10, 4L << 30),
        keys.duration("busy-timeout", Duration.ZERO, Duration.ofMinutes(1)));
  }

  /// The size of the write-ahead log at which it is copied back, in pages.
  int checkpointPages() {
    return Math.toIntExact(checkpointBytes / PAGE_BYTES);
  }
}
