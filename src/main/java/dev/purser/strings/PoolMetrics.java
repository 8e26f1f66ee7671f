package dev.purser.strings;

import dev.purser.metrics.Metrics;

/// What is measured of the pool of this process. Safe for many threads.
final class PoolMetrics {
  static final Metrics.Gauge STRINGS =
      Metrics.gauge("pool_strings", "Distinct strings in the pool");
  static final Metrics.Gauge BYTES =
      Metrics.gauge("pool_bytes", "UTF-8 bytes of the distinct strings in the pool");
  static final Metrics.Counter STRINGS_HIT = Metrics.limitHit("pool_strings");
  static final Metrics.Counter BYTES_HIT = Metrics.limitHit("pool_bytes");
  static final Metrics.Counter PAGES_HIT = Metrics.limitHit("arena_pages");

  private PoolMetrics() {}
}
