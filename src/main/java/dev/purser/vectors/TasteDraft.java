package dev.purser.vectors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/// The content of a taste's record.
///
///     byte 0      1, the format
///     byte 1 to 8 the customer's version that the sums cover, little-endian
///     byte 9 on   the sums as [TasteSums] has them
///
/// @param reserved bytes taken from the [Allowance] for a draft that adds a row, else 0
record TasteDraft(long covered, TasteSums sums, long reserved) {
  private static final byte FORMAT = 1;
  private static final int HEADER = 1 + Long.BYTES;

  byte[] encoded() {
    byte[] entries = sums.entries();
    return ByteBuffer.allocate(HEADER + entries.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(FORMAT)
        .putLong(covered)
        .put(entries)
        .array();
  }

  static TasteDraft decoded(byte[] content) {
    if (content.length < HEADER || content[0] != FORMAT) {
      throw new IllegalArgumentException("a taste in a format that this version does not know");
    }
    long covered = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong(1);
    return new TasteDraft(
        covered, new TasteSums(Arrays.copyOfRange(content, HEADER, content.length)), 0);
  }
}
