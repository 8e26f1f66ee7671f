package dev.purser.ingest;

import dev.purser.metrics.Metrics;
import java.util.concurrent.ConcurrentHashMap;

/// What the bulk lane tells about itself. Safe for many threads.
final class IngestMetrics {
  static final IngestMetrics INSTANCE = new IngestMetrics();

  final Metrics.Counter accepted = lines("accepted");
  final Metrics.Counter duplicates = lines("duplicate");
  final Metrics.Counter rejected = lines("rejected");
  final Metrics.Counter skipped = lines("skipped");
  final Metrics.Counter bytes = Metrics.counter("ingest_bytes", "Bytes of uploads read");
  final Metrics.Counter retries =
      Metrics.counter("ingest_retries", "Batches sent again after a retryable refusal");
  final Metrics.Counter lettersExpired =
      Metrics.counter("dead_letters_expired", "Dead letters dropped for their age or number");
  final Metrics.Gauge running = Metrics.gauge("ingest_runs_running", "Runs that are running");
  final Metrics.Counter runsFull = Metrics.limitHit("ingest_runs");
  final Metrics.Counter lineTooLong = Metrics.limitHit("ingest_line");

  /// Back-pressure: nothing is refused, so it is not a limit that was hit.
  final Metrics.Counter waits =
      Metrics.counter(
          "ingest_waits", "Times an upload was read no further until its events were stored");

  /// Reasons are the fixed words of [Verdict.Rejected], so there are few.
  private final ConcurrentHashMap<String, Metrics.Counter> letters = new ConcurrentHashMap<>();

  private IngestMetrics() {}

  Metrics.Counter letters(String reason) {
    return letters.computeIfAbsent(
        reason, r -> Metrics.counter("dead_letters", "Lines that could not be used", "reason", r));
  }

  /// @param chore the name of its record, of which there are few
  Metrics.Counter failed(String chore) {
    return Metrics.counter(
        "ingest_chores_failed", "Writes beside the events that were given up", "chore", chore);
  }

  private static Metrics.Counter lines(String outcome) {
    return Metrics.counter("ingest_lines", "Lines of uploads by outcome", "outcome", outcome);
  }
}
