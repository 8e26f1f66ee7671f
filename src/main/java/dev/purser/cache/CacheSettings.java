package dev.purser.cache;

import dev.purser.config.Keys;
import java.time.Duration;

/// Where cached copies are kept and for how long.
///
/// @param url `memory`
/// @param maxWeightBytes upper bound of all copies together
/// @param timeToLive of a copy, from its last change
/// @param absentTimeToLive of the mark that a customer was erased
public record CacheSettings(
    String url, long maxWeightBytes, Duration timeToLive, Duration absentTimeToLive) {

  /// Reads the keys below `purser.cache`.
  public static CacheSettings read(Keys keys) {
    CacheSettings settings =
        new CacheSettings(
            keys.text("url"),
            keys.bytes("max-weight", 64 << 10, 64L << 30),
            keys.duration("time-to-live", Duration.ofSeconds(1), Duration.ofDays(30)),
            keys.duration("absent-time-to-live", Duration.ofSeconds(1), Duration.ofDays(30)));
    if (!settings.url.equals("memory")) {
      keys.refuse("url", "must be memory");
    }
    return settings;
  }
}
