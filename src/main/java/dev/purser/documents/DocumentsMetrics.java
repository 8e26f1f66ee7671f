package dev.purser.documents;

import dev.purser.metrics.Metrics;

/// What documents count beside their partitions. Safe for many threads.
final class DocumentsMetrics {
  private final Metrics.Counter full = Metrics.limitHit("documents");

  void full() {
    full.increment();
  }
}
