package dev.purser.vectors;

import dev.purser.metrics.Metrics;

/// What spaces and searches count. Safe for many threads.
final class SpacesMetrics {
  static final SpacesMetrics INSTANCE = new SpacesMetrics();

  private final Metrics.Counter tooMany = Metrics.limitHit("vector_spaces");
  private final Metrics.Counter waiting = Metrics.limitHit("vector_searches");
  private final Metrics.Counter late =
      Metrics.counter("vector_searches_late", "Searches of a partition that missed their deadline");
  private final Metrics.Histogram together =
      Metrics.histogram("vector_searches_together", "Searches that shared one pass over a block");
  private final Metrics.Timer pass =
      Metrics.timer("vector_pass", "Passes over a block, from the first to the last worker");

  private SpacesMetrics() {}

  void tooManySpaces() {
    tooMany.increment();
  }

  void searchRefused() {
    waiting.increment();
  }

  void searchLate() {
    late.increment();
  }

  void passed(int searches, long nanos) {
    together.record(searches);
    pass.recordNanos(nanos);
  }
}
