package dev.purser.metrics;

import kamon.Kamon;
import kamon.tag.TagSet;

/// The one door to Kamon: instruments are looked up once and kept by whoever uses them. Safe for
/// many threads.
///
/// Names are given as they appear in the scrape, without the suffix that the format adds (`_total`,
/// `_seconds`).
public final class Metrics {

  private Metrics() {}

  /// A number that only grows; appears as `name_total`.
  @FunctionalInterface
  public interface Counter {
    void add(long n);

    default void increment() {
      add(1);
    }
  }

  /// A duration; appears as `name_seconds`.
  @FunctionalInterface
  public interface Timer {
    void recordNanos(long nanos);
  }

  /// A distribution of sizes.
  @FunctionalInterface
  public interface Histogram {
    void record(long value);
  }

  /// A level.
  @FunctionalInterface
  public interface Gauge {
    void set(double value);
  }

  /// The counter `name`; `tags` are name, value, name, value, and so on.
  public static Counter counter(String name, String help, String... tags) {
    kamon.metric.Counter c = Kamon.counter(name, help).withTags(tagSet(tags));
    return c::increment;
  }

  public static Timer timer(String name, String help, String... tags) {
    kamon.metric.Timer t = Kamon.timer(name, help).withTags(tagSet(tags));
    return t::record;
  }

  public static Histogram histogram(String name, String help, String... tags) {
    kamon.metric.Histogram h = Kamon.histogram(name, help).withTags(tagSet(tags));
    return h::record;
  }

  public static Gauge gauge(String name, String help, String... tags) {
    kamon.metric.Gauge g = Kamon.gauge(name, help).withTags(tagSet(tags));
    return g::update;
  }

  /// Counts that `limit` was hit: something was refused, cut or shed because of it. Back-pressure
  /// within a limit is none of these.
  public static Counter limitHit(String limit) {
    return counter("limit_hit", "Times a configured limit was hit", "limit", limit);
  }

  private static TagSet tagSet(String... tags) {
    TagSet set = TagSet.Empty();
    for (int i = 0; i < tags.length; i += 2) {
      set = set.withTag(tags[i], tags[i + 1]);
    }
    return set;
  }
}
