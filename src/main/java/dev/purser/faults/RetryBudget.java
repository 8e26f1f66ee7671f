package dev.purser.faults;

import java.time.InstantSource;

/// How many retries there may be: a share of the calls plus a small floor, as a token bucket, so
/// that an outage is not amplified by those who repeat. Safe for many threads.
public final class RetryBudget {
  private static final long TOKEN = 1_000;

  private final long perCall;
  private final long floorPerSecond;
  private final long capacity;
  private final InstantSource clock;
  private long tokens;
  private long filledMillis;

  /// A full bucket.
  ///
  /// @param share retries for each call, such as 0.2
  /// @param floorPerSecond retries a second that are allowed however few calls there are
  /// @param capacity the most retries that can be saved up for a burst
  public RetryBudget(double share, int floorPerSecond, int capacity, InstantSource clock) {
    this.perCall = Math.round(share * TOKEN);
    this.floorPerSecond = floorPerSecond;
    this.capacity = capacity * TOKEN;
    this.clock = clock;
    this.tokens = this.capacity;
    this.filledMillis = clock.millis();
  }

  /// Counts a call, which earns its share of a retry.
  public synchronized void call() {
    tokens = Math.min(capacity, tokens + perCall);
  }

  /// Takes one retry out of the budget; false if there is none left.
  public synchronized boolean take() {
    fillFloor();
    if (tokens < TOKEN) {
      return false;
    }
    tokens -= TOKEN;
    return true;
  }

  private void fillFloor() {
    long now = clock.millis();
    // A token is 1,000 parts and a second 1,000 ms: the floor needs no division.
    tokens = Math.min(capacity, tokens + Math.max(0, now - filledMillis) * floorPerSecond);
    filledMillis = now;
  }
}
