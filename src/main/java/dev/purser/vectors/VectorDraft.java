package dev.purser.vectors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// The content of a vector's record while it is decided.
///
///     byte 0      1, the format
///     byte 1 to 8 generation of its space, little-endian
///     byte 9 on   values as [FloatBytes] encodes them
///
/// @param values not to be changed
/// @param reserved bytes taken from the [Allowance] for a draft that adds a row, else 0
@SuppressWarnings("ArrayRecordComponent") // confined to the partition, compared by nobody
record VectorDraft(long generation, float[] values, long reserved) {
  private static final byte FORMAT = 1;
  private static final int HEADER = 1 + Long.BYTES;

  byte[] encoded() {
    ByteBuffer bytes =
        ByteBuffer.allocate(HEADER + values.length * Float.BYTES).order(ByteOrder.LITTLE_ENDIAN);
    bytes.put(FORMAT).putLong(generation);
    bytes.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
    return bytes.array();
  }

  static VectorDraft decoded(byte[] content) {
    if (content.length <= HEADER || content[0] != FORMAT) {
      throw new IllegalArgumentException("a vector in a format that this version does not know");
    }
    long generation = ByteBuffer.wrap(content).order(ByteOrder.LITTLE_ENDIAN).getLong(1);
    return new VectorDraft(generation, FloatBytes.decoded(content, HEADER), 0);
  }
}
