package dev.purser.slots;

import dev.purser.faults.Phase;
import dev.purser.faults.ServiceError;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;

/// Counts the failures of one slot outside callers' work, within a sliding window. Confined to the
/// slot.
final class Strikes {
  private final int limit;
  private final long windowMillis;
  private final InstantSource clock;
  private final Deque<Long> failureMillis = new ArrayDeque<>();

  Strikes(int limit, Duration window, InstantSource clock) {
    this.limit = limit;
    this.windowMillis = window.toMillis();
    this.clock = clock;
  }

  /// Counts the failure if it is one that counts, and says whether there are more than the limit
  /// now.
  boolean tooMany(ServiceError error, Phase phase) {
    if (!counts(error, phase)) {
      return false;
    }
    long now = clock.millis();
    failureMillis.addLast(now);
    while (failureMillis.getFirst() < now - windowMillis) {
      failureMillis.removeFirst();
    }
    return failureMillis.size() > limit;
  }

  /// A bug counts, an outage never, and a lock held by somebody else only while the node starts.
  private static boolean counts(ServiceError error, Phase phase) {
    return switch (error) {
      case ServiceError.Database d ->
          switch (d.cause()) {
            case UNKNOWN, BAD_DATA -> true;
            case BUSY -> phase == Phase.STARTING;
            case UNREACHABLE, LEASE, SETUP, CORRUPT -> false;
          };
      default -> true;
    };
  }
}
