package dev.purser.strings;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.random.RandomGenerator;

/// The multilinear hash: strongly universal, so that whoever chooses strings without knowing the
/// random keys cannot make them collide more often than chance, once in 2^32 pairs. Immutable and
/// safe for many threads.
///
/// The string is cut into 32-bit words `w`, and the hash is the upper half of `k0 + k1 * length +
/// k2 * w0 + k3 * w1 + ...` modulo 2^64. The products do not depend on each other, which makes it
/// faster on short strings than hashes that chain them. A last word that is not full overlaps the
/// one before it; the length is hashed too, so different strings never have the same words. Source:
/// Lemire and Kaser, Strongly universal string hashing is fast, The Computer Journal 57 (2014),
/// section 3.
public final class KeyedHash implements Hash {
  /// The longest string that can be hashed, in bytes.
  public static final int MOST_BYTES = 4096;

  private static final VarHandle WORD =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long UNSIGNED = 0xFFFF_FFFFL;

  private final long[] keys;

  /// With keys that nobody can guess.
  public KeyedHash() {
    this(new SecureRandom());
  }

  /// With keys drawn from `random`.
  public KeyedHash(RandomGenerator random) {
    keys = random.longs(2 + MOST_BYTES / 4 + 1).toArray();
  }

  /// @throws IllegalArgumentException for a string above [#MOST_BYTES]
  @Override
  public int of(byte[] bytes, int from, int length) {
    if (length > MOST_BYTES) {
      throw new IllegalArgumentException("a string of " + length + " bytes");
    }
    long[] k = keys;
    long sum = k[0] + k[1] * length;
    int words = length >> 2;
    for (int i = 0; i < words; i++) {
      sum += k[2 + i] * word(bytes, from + (i << 2));
    }
    if ((length & 3) != 0) {
      sum += k[2 + words] * last(bytes, from, length);
    }
    return (int) (sum >>> 32);
  }

  private static long word(byte[] bytes, int at) {
    return (int) WORD.get(bytes, at) & UNSIGNED;
  }

  private static long last(byte[] bytes, int from, int length) {
    if (length > 4) {
      return word(bytes, from + length - 4);
    }
    return (bytes[from] & 0xFF)
        | (bytes[from + (length >> 1)] & 0xFF) << 8
        | (bytes[from + length - 1] & 0xFF) << 16;
  }
}
