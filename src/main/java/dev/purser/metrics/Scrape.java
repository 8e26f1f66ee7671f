package dev.purser.metrics;

import com.typesafe.config.Config;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import kamon.Kamon;
import kamon.prometheus.PrometheusReporter;

/// Everything measured, as Prometheus text. Safe for many threads.
///
/// Kamon hands its figures to the reporter at every tick (`kamon.metric.tick-interval`), so that a
/// scrape is at most one tick old.
public final class Scrape {
  private static final Jvm JVM = new Jvm();

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

  /// The text of one scrape.
  public static String text() {
    JVM.measure();
    return Reporter.INSTANCE.scrapeData();
  }

  /// Made at its first use, which is after the configuration with its buckets has been taken.
  private static final class Reporter {
    static final PrometheusReporter INSTANCE = PrometheusReporter.create();
  }

  /// What is measured of the JVM, at each scrape.
  private static final class Jvm {
    private final Metrics.Gauge heapUsed = Metrics.gauge("jvm_heap_used_bytes", "Heap in use");
    private final Metrics.Gauge heapMax = Metrics.gauge("jvm_heap_max_bytes", "Largest heap");
    private final Metrics.Gauge direct =
        Metrics.gauge("jvm_direct_bytes", "Direct buffers outside of the heap");
    private final Metrics.Gauge threads = Metrics.gauge("jvm_threads", "Live threads");
    private final Metrics.Gauge uptime =
        Metrics.gauge("process_uptime_millis", "Since the process started");
    private final Metrics.Gauge collections =
        Metrics.gauge("jvm_gc_collections", "Garbage collections so far");
    private final Metrics.Gauge collecting =
        Metrics.gauge("jvm_gc_millis", "Time spent in garbage collections so far");

    void measure() {
      MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
      heapUsed.set((double) heap.getUsed());
      heapMax.set((double) heap.getMax());
      direct.set(
          (double)
              ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                  .mapToLong(BufferPoolMXBean::getMemoryUsed)
                  .sum());
      threads.set(ManagementFactory.getThreadMXBean().getThreadCount());
      uptime.set((double) ManagementFactory.getRuntimeMXBean().getUptime());
      long count = 0;
      long millis = 0;
      for (GarbageCollectorMXBean gc : ManagementFactory.getGarbageCollectorMXBeans()) {
        count += Math.max(0, gc.getCollectionCount());
        millis += Math.max(0, gc.getCollectionTime());
      }
      collections.set((double) count);
      collecting.set((double) millis);
    }
  }
}
