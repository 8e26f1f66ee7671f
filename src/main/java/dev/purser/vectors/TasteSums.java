package dev.purser.vectors;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/// The raw sums of one customer's taste, or a change of them, in double precision so that the order
/// of adding makes no difference that counts. Sums that are exactly zero are left out.
///
///     9 bytes for each sum: its index, 0 to 255, and its value, little-endian f64
///
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

  TasteSums {
    if (entries.length % ENTRY != 0) {
      throw new IllegalArgumentException("sums of taste that are cut short");
    }
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

  /// Both together.
  TasteSums plus(TasteSums other) {
    if (other.entries.length == 0) {
      return this;
    }
    double[] sums = dense();
    other.addTo(sums);
    return of(sums);
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
