package dev.purser.vectors;

/// How long a stream's chunks take to be worked on, from those before. An estimate: of results that
/// several workers have at once, one may be lost. Safe for many threads.
final class Pace {
  /// Weight of the latest chunk. A few chunks forget that the first ones were interpreted.
  private static final double LATEST = 0.25;

  private volatile double nanosPerByte;

  /// The nanoseconds that so many bytes are expected to take; none before anything is known.
  double nanos(int bytes) {
    return nanosPerByte * bytes;
  }

  void took(long nanos, int bytes) {
    double now = (double) nanos / bytes;
    double before = nanosPerByte;
    nanosPerByte = before == 0 ? now : before + LATEST * (now - before);
  }
}
