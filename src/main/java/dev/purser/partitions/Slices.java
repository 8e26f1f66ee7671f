package dev.purser.partitions;

import dev.purser.database.Share;
import java.nio.charset.StandardCharsets;
import java.util.zip.CRC32C;

/// How ids are spread: an id's slice is the low byte of the CRC-32C (Castagnoli) of its UTF-8, the
/// same on all nodes and for ever; the partitions divide the slices into ranges. Immutable.
///
/// @param partitions how many there are, 1 to [Share#SLICES]
record Slices(int partitions) {

  Slices {
    if (partitions < 1 || partitions > Share.SLICES) {
      throw new IllegalArgumentException("no number of partitions: " + partitions);
    }
  }

  /// The slice of an id, 0 to 255.
  static int slice(String id) {
    CRC32C sum = new CRC32C();
    sum.update(id.getBytes(StandardCharsets.UTF_8));
    return (int) (sum.getValue() & (Share.SLICES - 1));
  }

  /// The partition that owns an id.
  int partition(String id) {
    return slice(id) * partitions / Share.SLICES;
  }

  /// What a partition owns of a collection.
  Share share(String collection, int partition) {
    return new Share(collection, first(partition), first(partition + 1) - 1);
  }

  /// The lowest slice that [#partition] maps to `partition` or beyond.
  private int first(int partition) {
    return (partition * Share.SLICES + partitions - 1) / partitions;
  }
}
