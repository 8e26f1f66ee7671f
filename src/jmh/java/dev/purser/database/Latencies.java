package dev.purser.database;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;

/// How long each answer of one caller took, in nanoseconds. Confined to that caller until it has
/// ended.
final class Latencies {
  private long[] nanos = new long[1 << 12];
  private int count;

  /// What all callers of a round measured together; latencies in microseconds.
  ///
  /// Callers whom luck favours make more requests and so more of the latencies; in `p99Each` every
  /// caller counts the same, however few answers it had.
  record Pace(double perSecond, double p50, double p99, double p99Each, double longest) {
    @Override
    public String toString() {
      return "%,.0f/s, p50 %,.0f us, p99 %,.0f us (each caller alike %,.0f us), longest %,.0f us"
          .formatted(perSecond, p50, p99, p99Each, longest);
    }
  }

  private record Weighed(long nanos, double weight) {}

  void add(long tookNanos) {
    if (count == nanos.length) {
      nanos = Arrays.copyOf(nanos, 2 * count);
    }
    nanos[count++] = tookNanos;
  }

  static Pace pace(List<Latencies> callers, double seconds) {
    long[] all =
        callers.stream().flatMapToLong(c -> Arrays.stream(c.nanos, 0, c.count)).sorted().toArray();
    return new Pace(
        all.length / seconds,
        all[all.length / 2] / 1e3,
        all[(int) (all.length * 0.99)] / 1e3,
        p99Each(callers) / 1e3,
        all[all.length - 1] / 1e3);
  }

  private static long p99Each(List<Latencies> callers) {
    List<Weighed> all = new ArrayList<>();
    for (Latencies caller : callers) {
      for (int i = 0; i < caller.count; i++) {
        all.add(new Weighed(caller.nanos[i], 1.0 / caller.count));
      }
    }
    all.sort(Comparator.comparingLong(Weighed::nanos).reversed());
    double above = 0;
    for (Weighed w : all) {
      above += w.weight;
      if (above >= 0.01 * callers.size()) {
        return w.nanos;
      }
    }
    throw new IllegalStateException("nobody was answered");
  }
}
