package dev.purser.cache;

import dev.purser.faults.Backoff;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/// A circuit breaker: closed while calls go well; open when too large a share of the calls within a
/// window failed or were slow, and then nobody calls; half-open after a pause, while probes are
/// sent one after the other, of which enough must go well in a row. Each failed probe doubles the
/// pause. (M. Nygard, "Release It!", 2007; the sliding window of time is that of Resilience4j.)
///
/// Time is a parameter, in nanoseconds of one clock. Confined to one actor.
final class Breaker {
  private static final int BUCKETS = 10;

  /// @param window the time that counts
  /// @param calls fewer within the window say nothing
  /// @param share of bad calls among them that opens
  /// @param slow a call that took longer is a bad one
  /// @param pauses between opening and the first probe
  /// @param probes in a row that close
  record Settings(
      Duration window, int calls, double share, Duration slow, Backoff pauses, int probes) {}

  enum State {
    CLOSED(0),
    HALF_OPEN(1),
    OPEN(2);

    /// How it is shown in metrics.
    final int level;

    State(int level) {
      this.level = level;
    }
  }

  private final Settings settings;
  private final RandomGenerator random;
  private final long bucketNanos;
  private final long[] bucket = new long[BUCKETS];
  private final int[] calls = new int[BUCKETS];
  private final int[] bad = new int[BUCKETS];
  private State state = State.CLOSED;
  private long untilNanos;
  private int pause;
  private int goodProbes;

  Breaker(Settings settings, RandomGenerator random) {
    this.settings = settings;
    this.random = random;
    bucketNanos = settings.window().toNanos() / BUCKETS;
    forget();
  }

  State state() {
    return state;
  }

  /// Whether calls may be made.
  boolean closed() {
    return state == State.CLOSED;
  }

  /// Whether a call that took so long is a good one.
  boolean quick(long nanos) {
    return nanos <= settings.slow().toNanos();
  }

  /// Counts a call that was made while closed; opens if that makes too many bad ones.
  void called(boolean good, long nowNanos) {
    if (state != State.CLOSED) {
      return; // made before it opened
    }
    long number = Math.floorDiv(nowNanos, bucketNanos);
    int i = Math.floorMod(number, BUCKETS);
    if (bucket[i] != number) {
      bucket[i] = number;
      calls[i] = 0;
      bad[i] = 0;
    }
    calls[i]++;
    if (!good) {
      bad[i]++;
      openIfTooMany(number, nowNanos);
    }
  }

  /// Whether it is time for the next probe. Becomes half-open if so; whoever is told true sends one
  /// and tells how it went before asking again.
  boolean probeDue(long nowNanos) {
    if (state == State.OPEN && nowNanos - untilNanos >= 0) {
      state = State.HALF_OPEN;
      goodProbes = 0;
    }
    return state == State.HALF_OPEN;
  }

  /// How a probe went.
  void probed(boolean good, long nowNanos) {
    if (state != State.HALF_OPEN) {
      return;
    }
    if (!good) {
      open(nowNanos);
    } else if (++goodProbes >= settings.probes()) {
      state = State.CLOSED;
      pause = 0;
      forget();
    }
  }

  /// A new connection stands: probing need not wait.
  void connected(long nowNanos) {
    untilNanos = nowNanos;
    goodProbes = 0;
  }

  /// What was counted, in words.
  String tally() {
    return Arrays.stream(bad).sum() + " of " + Arrays.stream(calls).sum() + " calls";
  }

  private void openIfTooMany(long number, long nowNanos) {
    int allCalls = 0;
    int allBad = 0;
    for (int i = 0; i < BUCKETS; i++) {
      if (number - bucket[i] < BUCKETS) {
        allCalls += calls[i];
        allBad += bad[i];
      } else {
        calls[i] = 0;
        bad[i] = 0;
      }
    }
    if (allCalls >= settings.calls() && allBad >= settings.share() * allCalls) {
      open(nowNanos);
    }
  }

  private void open(long nowNanos) {
    state = State.OPEN;
    // Half of it is jitter: nodes that share a Redis do not probe it together.
    long ceiling = settings.pauses().ceilingMillis(pause++);
    long wait = ceiling / 2 + random.nextLong(ceiling / 2 + 1);
    untilNanos = nowNanos + TimeUnit.MILLISECONDS.toNanos(wait);
  }

  private void forget() {
    Arrays.fill(bucket, Long.MIN_VALUE / 2);
    Arrays.fill(calls, 0);
    Arrays.fill(bad, 0);
  }
}
