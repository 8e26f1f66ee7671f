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
  private static final VarHandle WORDS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long UNSIGNED = 0xFFFF_FFFFL;

  private final long[] keys;

  /// With keys that nobody can guess.
  public KeyedHash() {
    this(new SecureRandom());
  }

  /// With keys drawn from `random`.
  public KeyedHash(RandomGenerator random) {
    keys = random.longs(2 + MOST_BYTES / 4 + 2).toArray();
  }

  /// @throws IllegalArgumentException for a string above [#MOST_BYTES]
  @Override
  public int of(byte[] bytes, int from, int length) {
    if (length > MOST_BYTES) {
      throw new IllegalArgumentException("a string of " + length + " bytes");
    }
    return length > 16 ? ofLong(bytes, from, length) : ofShort(bytes, from, length);
  }

  /// One branch for each kind of length and no loop, for lengths are hard to predict.
  private int ofShort(byte[] bytes, int from, int length) {
    long low;
    long high;
    if (length >= 8) {
      low = (long) WORDS.get(bytes, from);
      high = (long) WORDS.get(bytes, from + length - 8);
    } else if (length >= 4) {
      low = word(bytes, from);
      high = word(bytes, from + length - 4);
    } else {
      low = length == 0 ? 0 : few(bytes, from, length);
      high = 0;
    }
    long[] k = keys;
    long sum = k[0] + k[1] * length + k[2] * (low & UNSIGNED) + k[3] * (low >>> 32);
    sum += k[4] * (high & UNSIGNED) + k[5] * (high >>> 32);
    return (int) (sum >>> 32);
  }

  private int ofLong(byte[] bytes, int from, int length) {
    long[] k = keys;
    long sum = k[0] + k[1] * length;
    int last = from + length - 8;
    int key = 2;
    for (int at = from; at < last; at += 8, key += 2) {
      long words = (long) WORDS.get(bytes, at);
      sum += k[key] * (words & UNSIGNED) + k[key + 1] * (words >>> 32);
    }
    long words = (long) WORDS.get(bytes, last);
    sum += k[key] * (words & UNSIGNED) + k[key + 1] * (words >>> 32);
    return (int) (sum >>> 32);
  }

  private static long word(byte[] bytes, int at) {
    return (int) WORD.get(bytes, at) & UNSIGNED;
  }

  private static long few(byte[] bytes, int from, int length) {
    return (bytes[from] & 0xFF)
        | ((bytes[from + (length >> 1)] & 0xFF) << 8)
        | ((bytes[from + length - 1] & 0xFF) << 16);
  }
}
