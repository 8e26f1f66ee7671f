package dev.purser.vectors;

import dev.purser.config.Keys;
import java.time.Duration;

/// The keys of `purser.vectors`, explained in conf/vectors.conf. Immutable.
///
/// @param chunkBytes the most bytes that a worker takes at once
/// @param inFlight chunks of one stream that are worked on or wait to be sent
/// @param handOver work that takes longer is handed over to the workers
/// @param streams streams at once
/// @param kernels the most kernels of a chain
public record VectorsSettings(
    int chunkBytes, int inFlight, Duration handOver, int streams, int kernels) {

  /// Reads the keys below `purser.vectors`.
  public static VectorsSettings read(Keys keys) {
    // The dispatcher's own keys are Pekko's to read.
    var _ = keys.names("dispatcher");
    // At the least one vector of the most dimensions.
    int least = Chain.MOST_DIMENSIONS * Float.BYTES;
    return new VectorsSettings(
        Math.toIntExact(keys.bytes("chunk", least, 16 << 20)),
        keys.integer("in-flight", 1, 1_000),
        keys.duration("hand-over", Duration.ZERO, Duration.ofSeconds(1)),
        keys.integer("streams", 1, 100_000),
        keys.integer("kernels", 1, 1_000));
  }
}
