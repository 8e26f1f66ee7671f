package dev.purser.vectors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// What is kept of a space itself. Immutable.
///
/// The generation tells a space from an earlier one of the same name: vectors carry it, so that
/// none of a deleted space can appear in its successor, whatever was on its way.
///
///     byte 0       1, the format
///     byte 1       1 while the space is being deleted, else 0
///     byte 2 to 5  dimension, little-endian
///     byte 6 to 13 generation, little-endian
record SpaceRecord(int dimension, long generation, boolean closing) {
  private static final byte FORMAT = 1;
  private static final int LENGTH = 14;

  byte[] encoded() {
    return ByteBuffer.allocate(LENGTH)
        .order(ByteOrder.LITTLE_ENDIAN)
        .put(FORMAT)
        .put((byte) (closing ? 1 : 0))
        .putInt(dimension)
        .putLong(generation)
        .array();
  }

  static SpaceRecord decoded(byte[] content) {
    if (content.length != LENGTH || content[0] != FORMAT) {
      throw new IllegalArgumentException("a space in a format that this version does not know");
    }
    ByteBuffer bytes = ByteBuffer.wrap(content, 1, LENGTH - 1).order(ByteOrder.LITTLE_ENDIAN);
    boolean closing = bytes.get() == 1;
    return new SpaceRecord(bytes.getInt(), bytes.getLong(), closing);
  }
}
