package dev.purser.vectors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/// Vectors as bytes: f32, little-endian, one after the other. Pure.
public final class FloatBytes {
  /// FloatBytes of a vector at most.
  public static final int MOST = 4096;

  private FloatBytes() {}

  public static byte[] encoded(float[] values) {
    ByteBuffer bytes = ByteBuffer.allocate(values.length * Float.BYTES);
    bytes.order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().put(values);
    return bytes.array();
  }

  /// The values that `bytes` encode.
  ///
  /// @param bytes a multiple of four of them
  public static float[] decoded(byte[] bytes) {
    return decoded(bytes, 0);
  }

  static float[] decoded(byte[] bytes, int from) {
    float[] values = new float[(bytes.length - from) / Float.BYTES];
    ByteBuffer.wrap(bytes, from, bytes.length - from)
        .order(ByteOrder.LITTLE_ENDIAN)
        .asFloatBuffer()
        .get(values);
    return values;
  }
}
