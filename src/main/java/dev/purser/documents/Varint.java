package dev.purser.documents;

import java.io.ByteArrayOutputStream;

/// Unsigned numbers in groups of seven bits, the lowest group first; the top bit of a byte tells
/// that another follows. Pure functions.
final class Varint {
  private Varint() {}

  /// The bytes that `number` takes, which is not negative.
  static int size(int number) {
    return (38 - Integer.numberOfLeadingZeros(number | 1)) / 7;
  }

  static void write(ByteArrayOutputStream out, int number) {
    int rest = number;
    for (; rest > 0x7F; rest >>>= 7) {
      out.write(rest | 0x80);
    }
    out.write(rest);
  }

  /// Writes to `bytes` at `at`, and returns where it ends.
  static int write(byte[] bytes, int at, int number) {
    int rest = number;
    int end = at;
    for (; rest > 0x7F; rest >>>= 7) {
      bytes[end++] = (byte) (rest | 0x80);
    }
    bytes[end++] = (byte) rest;
    return end;
  }

  /// The number at `at`.
  ///
  /// @throws IndexOutOfBoundsException if the bytes end before it does, or it is above 2^31-1
  static int read(byte[] bytes, int at) {
    int number = 0;
    for (int shift = 0, i = at; shift < 35; shift += 7, i++) {
      number |= (bytes[i] & 0x7F) << shift;
      if (bytes[i] >= 0) {
        if (number < 0 || (shift == 28 && bytes[i] > 7)) {
          break;
        }
        return number;
      }
    }
    throw new IndexOutOfBoundsException("a number that is too large, at " + at);
  }
}
