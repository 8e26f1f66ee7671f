package dev.purser.config;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What may be held in the heap. Pure but for one line of the log.
public final class Heap {
  private static final Logger LOG = LoggerFactory.getLogger(Heap.class);

  /// What a busy node needs for everything else.
  private static final long REST = 512L << 20;

  private static final int SMALL_PARTS = 4;

  private Heap() {}

  /// `bytes`, or what the heap of this JVM has room for if that is less: refusing what comes beyond
  /// it is better than a node that runs out of memory.
  ///
  /// @param key for the log
  public static long fitting(String key, long bytes) {
    long heap = Runtime.getRuntime().maxMemory();
    long fits = fitting(bytes, heap);
    if (fits < bytes) {
      LOG.warn(
          "{} is {} MiB, and a heap of {} MiB has room for {} MiB: that is the limit",
          key,
          bytes >> 20,
          heap >> 20,
          fits >> 20);
    }
    return fits;
  }

  /// All but [#REST] of a large heap, a part of a small one.
  static long fitting(long bytes, long heap) {
    return Math.min(bytes, Math.max(heap / SMALL_PARTS, heap - REST));
  }
}
