package dev.purser.database;

import dev.purser.database.ElasticSettings.Range;
import dev.purser.faults.Backoff;
import dev.purser.metrics.Metrics;
import dev.purser.slots.Connector;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/// The slots of one kind, and the decision when one more is to be filled or one emptied. Confined
/// to the database actor.
///
/// ## Growth
///
/// To wait or to open a connection is the question of whoever may rent skis or buy them: nobody
/// knows how long the demand will last. Whoever rents until the rent has cost as much as the skis
/// never pays more than twice what the best choice would have cost (Karlin, Manasse, Rudolph,
/// Sleator: "Competitive snoopy caching", Algorithmica 3, 1988). So one more is opened when
/// something has waited as long as an opening takes, and one at a time: a burst that the open ones
/// answer sooner opens none. What cannot be opened is not tried again before a backoff that all
/// slots of the kind share.
///
/// ## Failure
///
/// Of slots whose session failed, only as many as the minimum go on trying; the others become
/// vacant and come back with the demand. So an outage is not met with every connection there ever
/// was.
final class Crew {
  final String kind;
  final Connector<Store> connector;
  private final int first;
  private final Range range;
  private final Duration growAfter;
  private final Backoff backoff;
  private final InstantSource clock;

  private final Metrics.Counter grown;

  /// Slots that have a connection or try to get one.
  private final Set<Integer> engaged = new TreeSet<>();

  private final Set<Integer> open = new TreeSet<>();
  private long openingMillis;
  private int failures;
  private long notBeforeMillis;
  private String refusal = "";

  /// @param first the number of its first slot
  Crew(String kind, Connector<Store> connector, int first, Range range, Shared shared) {
    this.kind = kind;
    this.connector = connector;
    this.first = first;
    this.range = range;
    this.growAfter = shared.settings().elastic().growAfter();
    this.backoff = shared.settings().slots().backoff();
    this.clock = shared.clock();
    this.grown = Metrics.counter("slot_growth", "Slots filled by demand", "kind", kind);
  }

  /// Whether slot `n` is one of these.
  boolean has(int n) {
    return n >= first && n < first + range.max();
  }

  int first() {
    return first;
  }

  /// The number after the last one.
  int end() {
    return first + range.max();
  }

  /// Whether as many are open as there shall be at least.
  boolean complete() {
    return open.size() >= range.min();
  }

  boolean engages(int n) {
    return engaged.contains(n);
  }

  boolean opens(int n) {
    return open.contains(n);
  }

  /// Which slot is to be filled to reach the minimum; null if none is.
  @Nullable Integer fill() {
    return engaged.size() < range.min() ? engage() : null;
  }

  /// Which slot is to be filled because work has waited for `waitedMillis`; null if none is.
  @Nullable Integer grow(long waitedMillis) {
    if (range.max() == range.min()) {
      return null;
    }
    if (waitedMillis < Math.max(growAfter.toMillis(), openingMillis)) {
      refusal = "";
      return null;
    }
    if (engaged.size() > open.size()) {
      return refused("opening");
    }
    if (engaged.size() >= range.max()) {
      return refused("max");
    }
    if (clock.millis() < notBeforeMillis) {
      return refused("backoff");
    }
    refusal = "";
    grown.increment();
    return engage();
  }

  /// Counts each reason once as long as it lasts. The work goes on waiting: that all slots are in
  /// use refuses nothing, so it is not a limit that was hit.
  private @Nullable Integer refused(String reason) {
    if (!reason.equals(refusal)) {
      refusal = reason;
      Metrics.counter(
              "slot_growth_refused",
              "Unmet demand that was not answered with one more slot, by reason",
              "kind",
              kind,
              "reason",
              reason)
          .increment();
    }
    return null;
  }

  private Integer engage() {
    int n = first;
    while (engaged.contains(n)) {
      n++;
    }
    engaged.add(n);
    return n;
  }

  /// Which slot is to become vacant because it had nothing to do for `idle`; null if none is.
  @Nullable Integer shrink(Seats<?> seats, Duration idle) {
    if (open.size() <= range.min()) {
      return null;
    }
    Integer n = seats.retire(idle);
    if (n != null) {
      engaged.remove(n);
      open.remove(n);
    }
    return n;
  }

  /// A connection was opened.
  void ready(int n, long tookMillis) {
    // Remembers about the last four: a server may become slower.
    openingMillis = open.isEmpty() ? tookMillis : (3 * openingMillis + tookMillis) / 4;
    open.add(n);
    engaged.add(n);
    failures = 0;
    notBeforeMillis = 0;
  }

  /// A connection is gone or could not be opened; says whether its slot is to become vacant.
  boolean lost(int n, boolean failed) {
    boolean wasOpen = open.remove(n);
    if (!failed || !engaged.contains(n)) {
      return false;
    }
    if (!wasOpen) {
      notBeforeMillis = clock.millis() + backoff.delayMillis(failures, ThreadLocalRandom.current());
      failures++;
    }
    return engaged.size() > range.min() && engaged.remove(n);
  }
}
