package dev.purser.vectors;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/// The raw sums of one customer's taste, or a change of them, in double precision so that the order
/// of adding makes no difference that counts. Sums that are exactly zero are left out.
///
///     9 bytes for each sum: its index, 0 to 255, ascending, and its value, little-endian f64
///
/// Nearly all changes are of one sum, so they are worked on as they are: every save makes one.
/// Immutable.
///
/// @param entries as above; handed over
@SuppressWarnings("ArrayRecordComponent") // a documented hand-over; compared by equalTo
record TasteSums(byte[] entries) {
  /// How many sums there are.
  static final int DIMENSION = 256;

  static final TasteSums NONE = new TasteSums(new byte[0]);

  /// Whatever is smaller is what rounding left of something that was taken back: the smallest
  /// purchase of any currency counts for 1e-4.
  private static final double ZERO = 1e-9;

  private static final int ENTRY = 1 + Double.BYTES;

  private static final VarHandle VALUE =
      MethodHandles.byteArrayViewVarHandle(double[].class, ByteOrder.LITTLE_ENDIAN);

  TasteSums {
    if (entries.length % ENTRY != 0) {
      throw new IllegalArgumentException("sums of taste that are cut short");
    }
  }

  /// A single sum.
  static TasteSums one(int at, double value) {
    byte[] entry = new byte[ENTRY];
    return write(entry, 0, at, value) == 0 ? NONE : new TasteSums(entry);
  }

  /// The sums of `dense`, one for each index.
  static TasteSums of(double[] dense) {
    ByteBuffer bytes = ByteBuffer.allocate(dense.length * ENTRY).order(ByteOrder.LITTLE_ENDIAN);
    for (int i = 0; i < dense.length; i++) {
      if (dense[i] != 0) {
        bytes.put((byte) i).putDouble(dense[i]);
      }
    }
    return bytes.position() == 0
        ? NONE
        : new TasteSums(Arrays.copyOf(bytes.array(), bytes.position()));
  }

  /// Both together: a merge by index.
  TasteSums plus(TasteSums other) {
    byte[] left = entries;
    byte[] right = other.entries;
    byte[] both = new byte[Math.min(left.length + right.length, DIMENSION * ENTRY)];
    int length = 0;
    for (int l = 0, r = 0; l < left.length || r < right.length; ) {
      int at = Math.min(index(left, l), index(right, r));
      double sum = 0;
      if (index(left, l) == at) {
        sum += (double) VALUE.get(left, l + 1);
        l += ENTRY;
      }
      if (index(right, r) == at) {
        sum += (double) VALUE.get(right, r + 1);
        r += ENTRY;
      }
      length = write(both, length, at, sum);
    }
    return new TasteSums(length == both.length ? both : Arrays.copyOf(both, length));
  }

  /// The index of the entry at `offset`, beyond all others at the end.
  private static int index(byte[] entries, int offset) {
    return offset < entries.length ? Byte.toUnsignedInt(entries[offset]) : DIMENSION;
  }

  /// Writes an entry unless it is zero; answers where the next one goes.
  private static int write(byte[] entries, int offset, int at, double value) {
    if (value == 0) {
      return offset;
    }
    entries[offset] = (byte) at;
    VALUE.set(entries, offset + 1, value);
    return offset + ENTRY;
  }

  /// Every sum, by its index.
  double[] dense() {
    double[] dense = new double[DIMENSION];
    addTo(dense);
    return dense;
  }

  private void addTo(double[] dense) {
    ByteBuffer bytes = ByteBuffer.wrap(entries).order(ByteOrder.LITTLE_ENDIAN);
    while (bytes.hasRemaining()) {
      int at = Byte.toUnsignedInt(bytes.get());
      dense[at] += bytes.getDouble();
    }
  }

  /// The vector of length 1 in their direction; all zeros if they are.
  float[] direction() {
    double[] sums = dense();
    double square = 0;
    for (int i = 0; i < DIMENSION; i++) {
      sums[i] = Math.abs(sums[i]) < ZERO ? 0 : sums[i];
      square += sums[i] * sums[i];
    }
    float[] direction = new float[DIMENSION];
    double norm = Math.sqrt(square);
    for (int i = 0; i < DIMENSION && norm > 0; i++) {
      direction[i] = (float) (sums[i] / norm);
    }
    return direction;
  }

  boolean equalTo(TasteSums other) {
    return Arrays.equals(entries, other.entries);
  }
}
