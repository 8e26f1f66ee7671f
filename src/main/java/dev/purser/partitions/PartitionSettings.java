package dev.purser.partitions;

import dev.purser.config.Keys;
import dev.purser.faults.Backoff;
import java.time.Duration;

/// Limits and patience of one kind's partitions; each has its reason where it is configured.
///
/// @param count how many partitions, the same on all nodes
/// @param pageRecords records read at a time while loading
/// @param pageBytes their contents
/// @param saveChanges changes of one save
/// @param saveBytes their weight
/// @param bufferChanges changes that may wait for the save in flight
/// @param bufferBytes their weight
/// @param loadTimeout how long the database may take for one page
/// @param retry pauses after a page that failed, and after a partition that did
/// @param movedLimit how often one change is decided again because its record moved
/// @param settling how long after its deadline a save may go unanswered
/// @param wake how often each partition is made sure of
public record PartitionSettings(
    int count,
    int pageRecords,
    long pageBytes,
    int saveChanges,
    long saveBytes,
    int bufferChanges,
    long bufferBytes,
    Duration loadTimeout,
    Backoff retry,
    int movedLimit,
    Duration settling,
    Duration wake) {

  /// Reads the keys of a section `partitions`.
  public static PartitionSettings read(Keys keys) {
    Duration ms = Duration.ofMillis(1);
    Duration minute = Duration.ofMinutes(1);
    PartitionSettings settings =
        new PartitionSettings(
            keys.integer("count", 1, 256),
            keys.integer("page-records", 1, 100_000),
            keys.bytes("page-bytes", 1 << 10, 1L << 30),
            keys.integer("save-changes", 1, 100_000),
            keys.bytes("save-bytes", 1 << 10, 1L << 30),
            keys.integer("buffer-changes", 1, 10_000_000),
            keys.bytes("buffer-bytes", 1 << 10, 1L << 32),
            keys.duration("load-timeout", ms, minute),
            new Backoff(
                keys.duration("retry-min", ms, minute), keys.duration("retry-max", ms, minute)),
            keys.integer("moved-limit", 1, 100),
            keys.duration("settling", ms, Duration.ofHours(1)),
            keys.duration("wake", ms.multipliedBy(10), Duration.ofHours(1)));
    if (settings.retry.first().compareTo(settings.retry.cap()) > 0) {
      keys.refuse("retry-min", "must not be above retry-max");
    }
    if (settings.saveChanges > settings.bufferChanges) {
      keys.refuse("save-changes", "must not be above buffer-changes");
    }
    return settings;
  }
}
