package dev.purser.vectors;

import dev.purser.config.Keys;
import dev.purser.faults.Backoff;
import java.time.Duration;

/// The keys of `purser.spaces.taste`, explained in conf/spaces.conf. Immutable.
///
/// @param pending customers whose news may wait on this node
/// @param batch customers whose news go to a partition together
/// @param interval the least time between two batches to one partition
/// @param timeout how long a batch, or a page of the database, may take
/// @param retry pauses after a batch or a reading that failed
/// @param reads customers that are read from the database at once
/// @param page rows of a page that is read
/// @param patience how long a question waits for what is on its way
/// @param reconcile how often everybody is compared with the database
record TasteSettings(
    int pending,
    int batch,
    Duration interval,
    Duration timeout,
    Backoff retry,
    int reads,
    int page,
    Duration patience,
    Duration reconcile) {

  static TasteSettings read(Keys keys) {
    Duration ms = Duration.ofMillis(1);
    Duration minute = Duration.ofMinutes(1);
    TasteSettings settings =
        new TasteSettings(
            keys.integer("pending", 1, 10_000_000),
            keys.integer("batch", 1, 1_000), // of 3 KiB: a message between nodes
            keys.duration("interval", ms, minute),
            keys.duration("timeout", ms, minute),
            new Backoff(
                keys.duration("retry-min", ms, minute), keys.duration("retry-max", ms, minute)),
            keys.integer("reads", 1, 1_000),
            keys.integer("page", 1, 10_000), // of 600 bytes: likewise
            keys.duration("patience", ms, minute),
            keys.duration("reconcile", ms, Duration.ofDays(30)));
    if (settings.retry.first().compareTo(settings.retry.cap()) > 0) {
      keys.refuse("retry-min", "must not be above retry-max");
    }
    if (settings.page > settings.pending) {
      keys.refuse("page", "must not be above pending");
    }
    return settings;
  }
}
