package dev.purser.faults;

import java.time.Duration;
import java.util.random.RandomGenerator;

/// Exponential backoff with full jitter: the wait before attempt n is uniform between 0 and `first
/// * 2^n`, capped. Full jitter spreads those who failed together over the whole interval, so that
///   they do not come back together ("Exponential Backoff And Jitter", AWS Architecture Blog,
///   2015). Immutable.
public record Backoff(Duration first, Duration cap) {

  /// The wait before repeating for the `attempt`-th time (0 is the first repetition).
  public long delayMillis(int attempt, RandomGenerator random) {
    return random.nextLong(ceilingMillis(attempt) + 1);
  }

  /// The longest wait that [#delayMillis] can give for `attempt`.
  public long ceilingMillis(int attempt) {
    // Beyond 2^30 every first wait of at least 1 ms is above any sensible cap.
    long doubled = first.toMillis() << Math.clamp(attempt, 0, 30);
    return Math.min(cap.toMillis(), doubled);
  }
}
