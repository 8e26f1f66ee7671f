package dev.purser.partitions;

import dev.purser.faults.Backoff;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;

/// How often one partition has failed of late: it outlives the restarts, so that one that fails as
/// soon as it is loaded does not keep the database busy. Confined to the partition, one incarnation
/// after the other.
final class Stumbles {
  private final Backoff pauses;
  private final InstantSource clock;
  private int failures;
  private long lastMillis;

  Stumbles(Backoff pauses, InstantSource clock) {
    this.pauses = pauses;
    this.clock = clock;
  }

  void failed() {
    long now = clock.millis();
    // One that has worked for ten of the longest pauses is as good as new.
    boolean old = now - lastMillis > 10 * pauses.cap().toMillis();
    failures = old ? 1 : failures + 1;
    lastMillis = now;
  }

  /// How long the next incarnation waits before it loads: not at all the first time.
  long pauseMillis() {
    return failures <= 1 ? 0 : pauses.delayMillis(failures - 2, ThreadLocalRandom.current());
  }
}
