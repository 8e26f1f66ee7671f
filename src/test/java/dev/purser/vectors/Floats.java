package dev.purser.vectors;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;

/// Values and lengths that tests of kernels share.
final class Floats {
  /// Every kind of float: zeros, subnormals, the ends of the range, infinities, NaN with and
  /// without a payload.
  static final float[] EXTREMES = {
    0f,
    -0f,
    Float.MIN_VALUE,
    -Float.MIN_VALUE,
    0x0.fffffep-126f,
    Float.MIN_NORMAL,
    -Float.MIN_NORMAL,
    1f,
    -1f,
    Math.nextUp(1f),
    Math.nextDown(1f),
    3.1415927f,
    1e20f,
    -1e20f,
    0x1p63f,
    Float.MAX_VALUE,
    -Float.MAX_VALUE,
    Float.POSITIVE_INFINITY,
    Float.NEGATIVE_INFINITY,
    Float.NaN,
    Float.intBitsToFloat(0x7fc12345),
    Float.intBitsToFloat(0xffc54321)
  };

  /// 0 to 70, and around every multiple of 64 that a lane boundary or an unrolled body may have, up
  /// to 4,098.
  static final List<Integer> LENGTHS = lengths();

  private Floats() {}

  private static List<Integer> lengths() {
    TreeSet<Integer> lengths = new TreeSet<>();
    for (int n = 0; n <= 70; n++) {
      lengths.add(n);
    }
    for (int around = 64; around <= 4_096; around += around < 512 ? 16 : 256) {
      for (int n = around - 2; n <= around + 2; n++) {
        lengths.add(n);
      }
    }
    return List.copyOf(lengths);
  }

  /// Values between -2 and 2.
  static float[] ordinary(Random random, int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      values[i] = random.nextFloat() * 4 - 2;
    }
    return values;
  }

  /// Values of any bits, a third of them extremes.
  static float[] wild(Random random, int length) {
    float[] values = new float[length];
    for (int i = 0; i < length; i++) {
      int bits = random.nextInt();
      boolean signalling = Float.isNaN(Float.intBitsToFloat(bits)) && (bits & 0x00400000) == 0;
      values[i] =
          random.nextInt(3) == 0 || signalling
              ? EXTREMES[random.nextInt(EXTREMES.length)]
              : Float.intBitsToFloat(bits);
    }
    return values;
  }

  static float[] finite(float[] values) {
    for (int i = 0; i < values.length; i++) {
      values[i] = Float.isFinite(values[i]) ? values[i] : i;
    }
    return values;
  }

  static void assertSameBits(String what, float[] actual, float[] expected) {
    assertThat(actual).as(what).hasSameSizeAs(expected);
    for (int i = 0; i < actual.length; i++) {
      int a = Float.floatToRawIntBits(actual[i]);
      int e = Float.floatToRawIntBits(expected[i]);
      if (a != e) {
        throw new AssertionError(
            "%s: at %d %s (%x), expected %s (%x)".formatted(what, i, actual[i], a, expected[i], e));
      }
    }
  }

  static byte[] bytes(float... values) {
    ByteBuffer buffer = ByteBuffer.allocate(values.length * 4).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(values);
    return buffer.array();
  }

  static float[] floats(byte[] bytes) {
    float[] values = new float[bytes.length / 4];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return values;
  }

  /// A list of all `values` as lists of one.
  static List<Float> list(float... values) {
    List<Float> list = new ArrayList<>();
    for (float v : values) {
      list.add(v);
    }
    return list;
  }
}
