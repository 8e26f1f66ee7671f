package dev.purser.cache;

import dev.purser.metrics.Metrics;

/// What the cache counts. Safe for many threads.
final class CacheMetrics {
  private final Metrics.Counter hits = request("hit");
  private final Metrics.Counter absences = request("absent");
  private final Metrics.Counter misses = request("miss");
  private final Metrics.Counter unreadable =
      Metrics.counter("cache_unreadable", "Copies dropped because their format is unknown");
  private final Metrics.Counter outweighed = eviction("weight");
  private final Metrics.Counter expired = eviction("age");
  private final Metrics.Gauge entries = Metrics.gauge("cache_entries", "Copies held");

  private static Metrics.Counter request(String result) {
    return Metrics.counter("cache_requests", "Copies asked for, by result", "result", result);
  }

  /// A full cache evicts all the time and refuses nothing, so this is not a limit that was hit.
  private static Metrics.Counter eviction(String reason) {
    return Metrics.counter("cache_evictions", "Copies that left, by reason", "reason", reason);
  }

  /// Counts `reply` by what it is.
  Cache.Reply counted(Cache.Reply reply) {
    switch (reply) {
      case Cache.Hit _ -> hits.increment();
      case Cache.Absent _ -> absences.increment();
      case Cache.Miss _ -> misses.increment();
    }
    return reply;
  }

  void miss() {
    misses.increment();
  }

  void unreadable() {
    unreadable.increment();
  }

  void evicted(boolean forWeight) {
    (forWeight ? outweighed : expired).increment();
  }

  void held(long copies) {
    entries.set((double) copies);
  }
}
