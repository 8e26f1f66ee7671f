package dev.purser.partitions;

import dev.purser.metrics.Metrics;

/// What the partitions of one kind count. Safe for many threads.
final class PartitionMetrics {
  private final Metrics.Counter loaded;
  private final Metrics.Counter loadFailures;
  private final Metrics.Counter moved;
  private final Metrics.Counter restarts;
  private final Metrics.Counter bufferFull;
  private final Metrics.Counter waiters;
  private final Metrics.Histogram changes;

  PartitionMetrics(String kind) {
    String[] tags = {"kind", kind};
    loaded = Metrics.counter("partition_records_loaded", "Records read at start", tags);
    loadFailures = Metrics.counter("partition_load_failures", "Pages that failed", tags);
    moved = Metrics.counter("partition_moved", "Changes that missed their fence", tags);
    restarts = Metrics.counter("partition_restarts", "Partitions that failed", tags);
    changes = Metrics.histogram("partition_save_changes", "Records of one save", tags);
    bufferFull = Metrics.limitHit(kind + "_buffer");
    waiters = Metrics.limitHit(kind + "_wakes");
  }

  void loaded(int records) {
    loaded.add(records);
  }

  void loadFailed() {
    loadFailures.increment();
  }

  void moved() {
    moved.increment();
  }

  void restarted() {
    restarts.increment();
  }

  void bufferFull() {
    bufferFull.increment();
  }

  void wakesFull() {
    waiters.increment();
  }

  void saving(int records) {
    changes.record(records);
  }
}
