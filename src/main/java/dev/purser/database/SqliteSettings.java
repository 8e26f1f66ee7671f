package dev.purser.database;

import dev.purser.config.Keys;
import java.time.Duration;

/// How each connection to the embedded database is set up; `purser.database.sqlite`.
///
/// @param cacheBytes pages kept in memory by one connection
/// @param checkpointBytes size of the write-ahead log at which a commit copies it back
/// @param busyTimeout how long a connection waits for a lock that another one holds
public record SqliteSettings(long cacheBytes, long checkpointBytes, Duration busyTimeout) {

  public static SqliteSettings read(Keys keys) {
    return new SqliteSettings(
        keys.bytes("cache", 64 << 10, 8L << 30),
        keys.bytes("checkpoint", 64 << 10, 4L << 30),
        keys.duration("busy-timeout", Duration.ZERO, Duration.ofMinutes(1)));
  }
}
