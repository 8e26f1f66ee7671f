package dev.purser.slots;

import dev.purser.faults.Backoff;
import java.time.Duration;
import java.util.random.RandomGenerator;

/// How slots behave.
///
/// @param dispatcher the configuration path of the dispatcher on which sessions block
/// @param backoff between attempts to open
/// @param workLimit the longest a unit of work may run before it is interrupted
/// @param slow a unit of work that took as long is logged; zero: never
/// @param maxAge the age at which an open connection is replaced at the latest; zero: never
/// @param failureLimit failures outside callers' work within `failureWindow` beyond which the slot
///   escalates
/// @param look how often a slot looks at its session for overdue work and age
public record SlotSettings(
    String dispatcher,
    Backoff backoff,
    Duration workLimit,
    Duration slow,
    Duration maxAge,
    int failureLimit,
    Duration failureWindow,
    Duration look) {

  /// Connections opened together retire apart, each within the last quarter of the maximum age.
  private static final int AGE_JITTER = 4;

  /// When a connection that was opened now is to be replaced.
  long retireMillis(long nowMillis, RandomGenerator random) {
    long age = maxAge.toMillis();
    return age == 0 ? Long.MAX_VALUE : nowMillis + age - random.nextLong(age / AGE_JITTER + 1);
  }

  /// The same with another maximum age.
  public SlotSettings withMaxAge(Duration age) {
    return new SlotSettings(
        dispatcher, backoff, workLimit, slow, age, failureLimit, failureWindow, look);
  }
}
