package dev.purser.slots;

import dev.purser.faults.ServiceError;
import dev.purser.metrics.Metrics;

/// What slots count. The look-ups are rare: once for each opening and closing.
final class SlotMetrics {

  private SlotMetrics() {}

  static void closed(String kind, String reason) {
    Metrics.counter("slot_closed", "Connections closed, by reason", "kind", kind, "reason", reason)
        .increment();
  }

  static void opened(String kind, long millis) {
    Metrics.timer("slot_opening", "Time that opening a connection took", "kind", kind)
        .recordNanos(millis * 1_000_000);
  }

  static void slow(String kind) {
    Metrics.counter("slot_slow_work", "Units of work that took longer than slow", "kind", kind)
        .increment();
  }

  static void restarted(String kind, ServiceError error) {
    Metrics.counter(
            "slot_restarts",
            "Sessions replaced after a failure, by error",
            "kind",
            kind,
            "error",
            error.code())
        .increment();
  }

  static void escalated(ServiceError error) {
    Metrics.counter("escalations", "Failures that ended the node", "error", error.code())
        .increment();
  }
}
