package dev.purser.documents;

import dev.purser.config.Keys;
import dev.purser.partitions.PartitionSettings;
import dev.purser.strings.StringPool;

/// The keys of `purser.documents`, explained in conf/documents.conf. Immutable.
///
/// @param most documents of one partition
/// @param pool what the strings of this node's documents may take
public record DocumentsSettings(int most, StringPool.Limits pool, PartitionSettings partitions) {

  public static DocumentsSettings read(Keys keys) {
    return new DocumentsSettings(
        keys.integer("partition-documents", 1, 100_000_000),
        new StringPool.Limits(
            keys.integer("pool-strings", 1, 500_000_000),
            keys.bytes("pool-bytes", 1 << 10, 1L << 36)),
        PartitionSettings.read(keys.at("partitions")));
  }
}
