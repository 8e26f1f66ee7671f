package dev.purser.vectors;

import dev.purser.metrics.Metrics;

/// What the stream workers tell about themselves. Safe for many threads.
final class VectorsMetrics {
  static final VectorsMetrics INSTANCE = new VectorsMetrics();

  final Metrics.Counter bytes =
      Metrics.counter("kernel_bytes", "Bytes that kernels have worked on");
  final Metrics.Gauge running = Metrics.gauge("kernel_streams_running", "Streams that are running");
  final Metrics.Counter done = streams("done");
  final Metrics.Counter cut = streams("cut");
  final Metrics.Counter left = streams("left");
  final Metrics.Counter failed = streams("failed");
  final Metrics.Counter kernelsHit = Metrics.limitHit("vectors_kernels");
  final Metrics.Counter streamsHit = Metrics.limitHit("vectors_streams");

  private VectorsMetrics() {}

  private static Metrics.Counter streams(String outcome) {
    return Metrics.counter("kernel_streams", "Streams that have ended, by how", "outcome", outcome);
  }
}
