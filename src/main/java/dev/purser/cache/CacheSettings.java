package dev.purser.cache;

import dev.purser.config.Keys;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/// Where cached copies are kept and for how long.
///
/// @param maxWeightBytes upper bound of all copies together, in this process
/// @param timeToLive of a copy, from its last change
/// @param absentTimeToLive of the mark that a customer was erased
/// @param redis the Redis that keeps them, or null if this process does
public record CacheSettings(
    long maxWeightBytes,
    Duration timeToLive,
    Duration absentTimeToLive,
    @Nullable RedisSettings redis) {

  /// Reads the keys below `purser.cache`.
  public static CacheSettings read(Keys keys) {
    RedisUrl url = null;
    String text = keys.text("url");
    if (!text.equals("memory")) {
      try {
        url = RedisUrl.parse(text);
      } catch (RedisUrl.Refused e) {
        keys.refuse("url", e.reason());
      }
    }
    // Read in either case: a value that is wrong is found before it is needed.
    RedisSettings redis = RedisSettings.read(url, keys.at("redis"));
    return new CacheSettings(
        keys.bytes("max-weight", 64 << 10, 64L << 30),
        keys.duration("time-to-live", Duration.ofSeconds(1), Duration.ofDays(30)),
        keys.duration("absent-time-to-live", Duration.ofSeconds(1), Duration.ofDays(30)),
        redis);
  }
}
