package dev.purser.database;

import dev.purser.config.Keys;
import java.time.Duration;

/// How connections to a database server come and go; `purser.database.slots.elastic`. The embedded
/// database has one writer and a fixed few readers instead.
///
/// @param growAfter how long demand must be unmet, at least, before one more connection is opened;
///   never shorter than an opening takes
/// @param idle how long a connection beyond the minimum may have nothing to do
/// @param maxAge the age at which a connection is replaced; zero: never
/// @param validateIdle how long a connection may have nothing to do before it is checked; zero:
///   never
/// @param checkLimit the longest such a check may take
/// @param spreadSaves saves that must wait before a second commit is begun beside the first
/// @param spreadWait or the time that the first of them has waited
public record ElasticSettings(
    Range writers,
    Range readers,
    Duration growAfter,
    Duration idle,
    Duration maxAge,
    Duration validateIdle,
    Duration checkLimit,
    int spreadSaves,
    Duration spreadWait) {

  /// Connections of one kind, at least and at most.
  public record Range(int min, int max) {}

  /// Reads the keys below `purser.database.slots.elastic`.
  public static ElasticSettings read(Keys keys) {
    return new ElasticSettings(
        range(keys, "writers", 16),
        range(keys, "readers", 64),
        keys.duration("grow-after", Duration.ofMillis(1), Duration.ofMinutes(1)),
        keys.duration("idle", Duration.ofMillis(10), Duration.ofHours(24)),
        keys.duration("max-age", Duration.ZERO, Duration.ofDays(30)),
        keys.duration("validate-idle", Duration.ZERO, Duration.ofHours(24)),
        keys.duration("check-limit", Duration.ofMillis(10), Duration.ofMinutes(1)),
        keys.integer("spread-saves", 1, 1_000_000),
        keys.duration("spread-wait", Duration.ofMillis(1), Duration.ofMinutes(1)));
  }

  private static Range range(Keys keys, String kind, int most) {
    Range range =
        new Range(keys.integer(kind + "-min", 1, most), keys.integer(kind + "-max", 1, most));
    if (range.min() > range.max()) {
      keys.refuse(kind + "-min", "is above " + kind + "-max");
    }
    return range;
  }
}
