package dev.purser.vectors;

import dev.purser.metrics.Metrics;
import java.util.concurrent.atomic.AtomicLong;

/// The bytes that all blocks of a node may take together. Safe for many threads.
final class Allowance {
  private final long limit;
  private final AtomicLong taken = new AtomicLong();
  private final Metrics.Counter refused = Metrics.limitHit("vector_memory");
  private final Metrics.Gauge bytes =
      Metrics.gauge("vector_bytes", "Memory that the blocks of vectors take, ids included");

  /// @param limit in bytes
  Allowance(long limit) {
    this.limit = limit;
  }

  /// Whether `n` bytes could be taken now; if not, the refusal is counted.
  boolean has(long n) {
    boolean has = taken.get() + n <= limit;
    if (!has) {
      refused.increment();
    }
    return has;
  }

  /// Takes `n` bytes, or none and counts the refusal.
  boolean take(long n) {
    long before = taken.get();
    while (before + n <= limit) {
      if (taken.compareAndSet(before, before + n)) {
        bytes.set((double) (before + n));
        return true;
      }
      before = taken.get();
    }
    refused.increment();
    return false;
  }

  /// Counts `n` bytes that have been taken, whatever the limit.
  void add(long n) {
    bytes.set((double) taken.addAndGet(n));
  }

  /// Gives `n` bytes back.
  void give(long n) {
    bytes.set((double) taken.addAndGet(-n));
  }

  /// Bytes that are taken.
  long taken() {
    return taken.get();
  }
}
