package dev.purser.metrics;

import com.typesafe.config.Config;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.util.List;
import java.util.function.ToLongFunction;
import java.util.regex.Pattern;
import kamon.Kamon;
import kamon.prometheus.PrometheusReporter;

/// Everything measured, as Prometheus text. Safe for many threads.
///
/// Kamon passes its figures to the reporter at every tick (`kamon.metric.tick-interval`), so they
/// are at most one tick old. The figures of the JVM are read at the scrape itself.
public final class Scrape {
  private static final Pattern COUNTER_HELP =
      Pattern.compile("^# HELP (\\w+)_total (.*)\n# TYPE \\1_total counter$", Pattern.MULTILINE);

  private Scrape() {}

  /// Starts to collect; to be called once, before anything is measured.
  ///
  /// @param config the whole configuration, with its section `kamon`
  /// @param version the version of this build
  public static void start(Config config, String version) {
    Kamon.initWithoutAttaching(config);
    Metrics.gauge("build_info", "Always 1; the labels tell the build", "version", version).set(1);
    var _ = Kamon.addReporter("prometheus", Reporter.INSTANCE);
  }

  /// The text of one scrape, in the text format 0.0.4.
  public static String text() {
    return Reporter.INSTANCE.scrapeData() + Jvm.text();
  }

  /// One scrape in the format OpenMetrics 1.0.0. It differs from [#text] in two things: a counter's
  /// metadata name it without `_total`, and the last line says that nothing is missing.
  public static String openMetrics() {
    return COUNTER_HELP.matcher(text()).replaceAll("# HELP $1 $2\n# TYPE $1 counter") + "# EOF\n";
  }

  /// Made at its first use, which is after the configuration with its buckets has been taken.
  private static final class Reporter {
    static final PrometheusReporter INSTANCE = PrometheusReporter.create();
  }

  /// What is measured of the JVM. It is not kept in Kamon's instruments, which a scrape would see
  /// one tick late, and whose counters cannot be set.
  private static final class Jvm {
    private Jvm() {}

    static String text() {
      MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
      StringBuilder text = new StringBuilder();
      gauge(text, "jvm_heap_used_bytes", "Heap in use", (double) heap.getUsed());
      gauge(text, "jvm_heap_max_bytes", "Largest heap", (double) heap.getMax());
      gauge(text, "jvm_direct_bytes", "Direct buffers outside of the heap", (double) directBytes());
      gauge(
          text,
          "jvm_threads",
          "Live threads",
          ManagementFactory.getThreadMXBean().getThreadCount());
      gauge(
          text,
          "process_uptime_seconds",
          "Since the process started",
          ManagementFactory.getRuntimeMXBean().getUptime() / 1000.0);
      counter(
          text,
          "jvm_gc_collections_total",
          "Garbage collections so far",
          (double) collectors(GarbageCollectorMXBean::getCollectionCount));
      counter(
          text,
          "jvm_gc_seconds_total",
          "Time spent in garbage collections so far",
          collectors(GarbageCollectorMXBean::getCollectionTime) / 1000.0);
      return text.toString();
    }

    private static long directBytes() {
      return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
          .mapToLong(BufferPoolMXBean::getMemoryUsed)
          .sum();
    }

    /// A figure of all collectors together; one that does not know it says -1.
    private static long collectors(ToLongFunction<GarbageCollectorMXBean> figure) {
      List<GarbageCollectorMXBean> all = ManagementFactory.getGarbageCollectorMXBeans();
      return all.stream().mapToLong(figure).filter(n -> n > 0).sum();
    }

    private static void gauge(StringBuilder text, String name, String help, double value) {
      family(text, name, "gauge", help, value);
    }

    private static void counter(StringBuilder text, String name, String help, double value) {
      family(text, name, "counter", help, value);
    }

    private static void family(
        StringBuilder text, String name, String type, String help, double value) {
      text.append("# HELP ").append(name).append(' ').append(help).append('\n');
      text.append("# TYPE ").append(name).append(' ').append(type).append('\n');
      text.append(name).append(' ').append(value).append('\n');
    }
  }
}
