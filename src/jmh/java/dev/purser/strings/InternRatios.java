package dev.purser.strings;

import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/// Runs [InternBenchmark] with one and with two threads and prints the ratios with their aims:
/// `java -cp ... dev.purser.strings.InternRatios`, in about two minutes.
public final class InternRatios {
  private InternRatios() {}

  /// Asserts nothing.
  public static void main(String[] args) throws RunnerException {
    for (int threads = 1; threads <= 2; threads++) {
      Collection<RunResult> results =
          new Runner(
                  new OptionsBuilder()
                      .include(InternBenchmark.class.getName())
                      .jvmArgsAppend("-Xmx512m")
                      .threads(threads)
                      .build())
              .run();
      Map<String, Double> nanos = new HashMap<>();
      results.forEach(
          r -> nanos.put(r.getPrimaryResult().getLabel(), r.getPrimaryResult().getScore()));
      print(threads, nanos, "poolIntern");
      print(threads, nanos, "poolFind");
    }
  }

  private static void print(int threads, Map<String, Double> nanos, String ours) {
    double own = nanos.getOrDefault(ours, Double.NaN);
    System.out.printf(
        "%s, %d thread(s): %.1f ns; %.2f times Caffeine's weak interner (aim 2), %.2f times"
            + " ConcurrentHashMap (aim 1.2)%n",
        ours,
        threads,
        own,
        nanos.getOrDefault("caffeineWeakInterner", Double.NaN) / own,
        nanos.getOrDefault("concurrentHashMap", Double.NaN) / own);
  }
}
