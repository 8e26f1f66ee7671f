package dev.purser.ingest;

import java.util.BitSet;

/// How many records from the start are settled without a gap, while records settle in any order.
/// Its memory is bounded by the records in flight. Confined to the run that owns it.
final class CommittedPrefix {
  /// Shifting is worth its copy only when it frees this many bits.
  private static final int SHIFT = 8 * 1024;

  private final BitSet settled = new BitSet();
  private long base; // records before it are settled, and `settled` begins with it

  /// The record `place`, counted from 0, is settled.
  void settle(long place) {
    settled.set(Math.toIntExact(place - base));
  }

  /// The length of the longest settled prefix, in records.
  long length() {
    int prefix = settled.nextClearBit(0);
    if (prefix >= SHIFT) {
      BitSet rest = settled.get(prefix, settled.length());
      settled.clear();
      settled.or(rest);
      base += prefix;
      return base;
    }
    return base + prefix;
  }
}
