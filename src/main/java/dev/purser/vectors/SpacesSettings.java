package dev.purser.vectors;

import dev.purser.config.Keys;
import dev.purser.partitions.PartitionSettings;

/// The keys of `purser.spaces`, explained in conf/spaces.conf. Immutable.
///
/// @param memoryBytes what all vectors of this node may take
/// @param most spaces whose names one partition owns
/// @param waiting searches of one space that may wait in one partition
/// @param together searches that share one pass
/// @param workers parts that a pass is cut into
/// @param vectors the partitions of vectors
/// @param names the partitions of the spaces' names
/// @param taste how the space of tastes is kept
public record SpacesSettings(
    long memoryBytes,
    int most,
    int waiting,
    int together,
    int workers,
    PartitionSettings vectors,
    PartitionSettings names,
    TasteSettings taste) {

  /// Of all spaces: a partition tells what it holds of each in one message, of up to 600 bytes a
  /// space.
  static final int MOST_SPACES = 10_000;

  public static SpacesSettings read(Keys keys) {
    SpacesSettings settings =
        new SpacesSettings(
            keys.bytes("memory", 1 << 20, 1L << 40),
            keys.integer("partition-spaces", 1, 1_000_000),
            keys.integer("waiting", 1, 100_000),
            keys.integer("together", 1, 1_000),
            keys.integer("workers", 1, 256),
            PartitionSettings.read(keys.at("partitions")),
            PartitionSettings.read(keys.at("names")),
            TasteSettings.read(keys.at("taste")));
    if (settings.together > settings.waiting) {
      keys.refuse("together", "must not be above waiting");
    }
    if ((long) settings.most * settings.names.count() > MOST_SPACES) {
      keys.refuse(
          "partition-spaces", "times names.count must not be above " + MOST_SPACES + " spaces");
    }
    return settings;
  }
}
