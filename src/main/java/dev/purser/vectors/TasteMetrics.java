package dev.purser.vectors;

import dev.purser.metrics.Metrics;

/// What the keeping of tastes counts. Safe for many threads.
final class TasteMetrics {
  static final TasteMetrics INSTANCE = new TasteMetrics();

  private final Metrics.Counter dropped = Metrics.limitHit("taste_pending");
  private final Metrics.Counter refused =
      Metrics.counter("taste_refused", "News of a taste that its partition had no room for");
  private final Metrics.Counter failed =
      Metrics.counter("taste_failures", "Batches of news and readings of tastes that failed");
  private final Metrics.Counter sent =
      Metrics.counter("taste_news", "News of customers' tastes that were acknowledged");
  private final Metrics.Counter read =
      Metrics.counter("taste_read", "Customers whose taste was computed from the database");
  private final Metrics.Counter differing =
      Metrics.counter("taste_differing", "Customers whose taste was found to be out of date");
  private final Metrics.Gauge pending =
      Metrics.gauge("taste_pending", "Customers whose taste has news that are not acknowledged");

  private TasteMetrics() {}

  void dropped() {
    dropped.increment();
  }

  void refused() {
    refused.increment();
  }

  void failed() {
    failed.increment();
  }

  void acknowledged() {
    sent.increment();
  }

  void read() {
    read.increment();
  }

  void differing() {
    differing.increment();
  }

  void pending(int customers) {
    pending.set(customers);
  }
}
