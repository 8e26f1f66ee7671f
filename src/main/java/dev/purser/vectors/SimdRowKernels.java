package dev.purser.vectors;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// The kernels of a scan with the machine's widest vectors of up to [#PANEL] lanes; narrower ones
/// go over a panel several times.
///
/// One query is unrolled over four values of the vectors: as many independent sums hide the latency
/// of the multiply-add. Four queries are unrolled over two values, or over two panels if the rows
/// are in the cache: eight sums, two rows and a query fit the sixteen registers of AVX2.
///
/// `conf/jvm.options` has what is called for each register inlined always. Left alone, the JIT does
/// not inline it in the loops over a rest of values, which few dimensions have; what such a call
/// returns is an object, and so are the sums of the whole loop then, for every dimension.
final class SimdRowKernels implements RowKernels {
  private static final VectorSpecies<Float> SPECIES =
      FloatVector.SPECIES_PREFERRED.length() <= PANEL
          ? FloatVector.SPECIES_PREFERRED
          : FloatVector.SPECIES_512;
  private static final int LANES = SPECIES.length();
  private static final int UNROLL = 4;

  /// Whether the machine multiplies and adds at once: all that have 256 bits do, and ARM. On others
  /// the JDK would compute each fused value in software.
  static final boolean FUSED = LANES > 4 || "aarch64".equals(System.getProperty("os.arch"));

  @Override
  public void dots(float[] query, int dimension, float[] rows, int at, int panels, float[] raw) {
    for (int row = 0; row < panels * PANEL; row += LANES) {
      dot(query, dimension, rows, first(at, row, dimension), raw, row);
    }
  }

  private static void dot(
      float[] query, int dimension, float[] rows, int at, float[] raw, int rawAt) {
    FloatVector sum0 = FloatVector.zero(SPECIES);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    int i = 0;
    for (; i <= dimension - UNROLL; i += UNROLL) {
      int x = at + i * PANEL;
      sum0 = plus(rows, x, query[i], sum0);
      sum1 = plus(rows, x + PANEL, query[i + 1], sum1);
      sum2 = plus(rows, x + 2 * PANEL, query[i + 2], sum2);
      sum3 = plus(rows, x + 3 * PANEL, query[i + 3], sum3);
    }
    for (; i < dimension; i++) {
      sum0 = plus(rows, at + i * PANEL, query[i], sum0);
    }
    sum0.add(sum1).add(sum2.add(sum3)).intoArray(raw, rawAt);
  }

  @Override
  public void dotsOfFour(
      float[] queries,
      int dimension,
      float[] rows,
      int at,
      int panels,
      float[] raw,
      int stride,
      boolean cached) {
    if (cached) {
      for (int row = 0;
          row < panels * PANEL;
          row += row % PANEL + LANES < PANEL ? LANES : PANEL + LANES) {
        dotOfFourTwice(queries, dimension, rows, first(at, row, dimension), raw, row, stride);
      }
    } else {
      for (int row = 0; row < panels * PANEL; row += LANES) {
        dotOfFour(queries, dimension, rows, first(at, row, dimension), raw, row, stride);
      }
    }
  }

  private static void dotOfFour(
      float[] queries, int dimension, float[] rows, int at, float[] raw, int rawAt, int stride) {
    FloatVector a0 = FloatVector.zero(SPECIES);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector b2 = a0;
    FloatVector b3 = a0;
    int i = 0;
    for (; i <= dimension - 2; i += 2) {
      FloatVector a = FloatVector.fromArray(SPECIES, rows, at + i * PANEL);
      FloatVector b = FloatVector.fromArray(SPECIES, rows, at + i * PANEL + PANEL);
      int q = i * QUERIES;
      a0 = plus(a, queries[q], a0);
      a1 = plus(a, queries[q + 1], a1);
      a2 = plus(a, queries[q + 2], a2);
      a3 = plus(a, queries[q + 3], a3);
      b0 = plus(b, queries[q + 4], b0);
      b1 = plus(b, queries[q + 5], b1);
      b2 = plus(b, queries[q + 6], b2);
      b3 = plus(b, queries[q + 7], b3);
    }
    if (i < dimension) {
      FloatVector a = FloatVector.fromArray(SPECIES, rows, at + i * PANEL);
      int q = i * QUERIES;
      a0 = plus(a, queries[q], a0);
      a1 = plus(a, queries[q + 1], a1);
      a2 = plus(a, queries[q + 2], a2);
      a3 = plus(a, queries[q + 3], a3);
    }
    a0.add(b0).intoArray(raw, rawAt);
    a1.add(b1).intoArray(raw, rawAt + stride);
    a2.add(b2).intoArray(raw, rawAt + 2 * stride);
    a3.add(b3).intoArray(raw, rawAt + 3 * stride);
  }

  /// The same lanes of two panels.
  private static void dotOfFourTwice(
      float[] queries, int dimension, float[] rows, int at, float[] raw, int rawAt, int stride) {
    FloatVector a0 = FloatVector.zero(SPECIES);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector b2 = a0;
    FloatVector b3 = a0;
    int next = at + PANEL * dimension;
    for (int i = 0; i < dimension; i++) {
      FloatVector a = FloatVector.fromArray(SPECIES, rows, at + i * PANEL);
      FloatVector b = FloatVector.fromArray(SPECIES, rows, next + i * PANEL);
      int q = i * QUERIES;
      a0 = plus(a, queries[q], a0);
      b0 = plus(b, queries[q], b0);
      a1 = plus(a, queries[q + 1], a1);
      b1 = plus(b, queries[q + 1], b1);
      a2 = plus(a, queries[q + 2], a2);
      b2 = plus(b, queries[q + 2], b2);
      a3 = plus(a, queries[q + 3], a3);
      b3 = plus(b, queries[q + 3], b3);
    }
    a0.intoArray(raw, rawAt);
    b0.intoArray(raw, rawAt + PANEL);
    a1.intoArray(raw, rawAt + stride);
    b1.intoArray(raw, rawAt + stride + PANEL);
    a2.intoArray(raw, rawAt + 2 * stride);
    b2.intoArray(raw, rawAt + 2 * stride + PANEL);
    a3.intoArray(raw, rawAt + 3 * stride);
    b3.intoArray(raw, rawAt + 3 * stride + PANEL);
  }

  @Override
  public void nearness(
      float[] query, int dimension, float[] rows, int at, int panels, float[] raw) {
    for (int row = 0; row < panels * PANEL; row += LANES) {
      near(query, dimension, rows, first(at, row, dimension), raw, row);
    }
  }

  private static void near(
      float[] query, int dimension, float[] rows, int at, float[] raw, int rawAt) {
    FloatVector sum0 = FloatVector.zero(SPECIES);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    int i = 0;
    for (; i <= dimension - UNROLL; i += UNROLL) {
      int x = at + i * PANEL;
      sum0 = plusSquare(FloatVector.fromArray(SPECIES, rows, x), query[i], sum0);
      sum1 = plusSquare(FloatVector.fromArray(SPECIES, rows, x + PANEL), query[i + 1], sum1);
      sum2 = plusSquare(FloatVector.fromArray(SPECIES, rows, x + 2 * PANEL), query[i + 2], sum2);
      sum3 = plusSquare(FloatVector.fromArray(SPECIES, rows, x + 3 * PANEL), query[i + 3], sum3);
    }
    for (; i < dimension; i++) {
      sum0 = plusSquare(FloatVector.fromArray(SPECIES, rows, at + i * PANEL), query[i], sum0);
    }
    sum0.add(sum1).add(sum2.add(sum3)).neg().intoArray(raw, rawAt);
  }

  @Override
  public void nearnessOfFour(
      float[] queries, int dimension, float[] rows, int at, int panels, float[] raw, int stride) {
    for (int row = 0; row < panels * PANEL; row += LANES) {
      nearOfFour(queries, dimension, rows, first(at, row, dimension), raw, row, stride);
    }
  }

  private static void nearOfFour(
      float[] queries, int dimension, float[] rows, int at, float[] raw, int rawAt, int stride) {
    FloatVector sum0 = FloatVector.zero(SPECIES);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    for (int i = 0; i < dimension; i++) {
      FloatVector a = FloatVector.fromArray(SPECIES, rows, at + i * PANEL);
      int q = i * QUERIES;
      sum0 = plusSquare(a, queries[q], sum0);
      sum1 = plusSquare(a, queries[q + 1], sum1);
      sum2 = plusSquare(a, queries[q + 2], sum2);
      sum3 = plusSquare(a, queries[q + 3], sum3);
    }
    sum0.neg().intoArray(raw, rawAt);
    sum1.neg().intoArray(raw, rawAt + stride);
    sum2.neg().intoArray(raw, rawAt + 2 * stride);
    sum3.neg().intoArray(raw, rawAt + 3 * stride);
  }

  @Override
  public int reaching(
      float[] raw, int rawAt, float[] norms, int normsAt, int from, int to, float a, float b) {
    int i = from;
    FloatVector slope = FloatVector.broadcast(SPECIES, b);
    FloatVector base = FloatVector.broadcast(SPECIES, a);
    for (; i <= to - LANES; i += LANES) {
      FloatVector bar = plus(FloatVector.fromArray(SPECIES, norms, normsAt + i), slope, base);
      VectorMask<Float> below =
          FloatVector.fromArray(SPECIES, raw, rawAt + i).compare(VectorOperators.LT, bar);
      if (!below.allTrue()) {
        return i + below.not().firstTrue();
      }
    }
    for (; i < to; i++) {
      if (!(raw[rawAt + i] < a + b * norms[normsAt + i])) {
        return i;
      }
    }
    return to;
  }

  /// The index of the first value of a row.
  private static int first(int at, int row, int dimension) {
    return at + row / PANEL * PANEL * dimension + row % PANEL;
  }

  private static FloatVector plus(float[] rows, int at, float factor, FloatVector sum) {
    return plus(FloatVector.fromArray(SPECIES, rows, at), factor, sum);
  }

  private static FloatVector plus(FloatVector a, float factor, FloatVector sum) {
    return plus(a, FloatVector.broadcast(SPECIES, factor), sum);
  }

  private static FloatVector plus(FloatVector a, FloatVector b, FloatVector sum) {
    return FUSED ? a.fma(b, sum) : a.mul(b).add(sum);
  }

  private static FloatVector plusSquare(FloatVector a, float b, FloatVector sum) {
    FloatVector d = a.sub(FloatVector.broadcast(SPECIES, b));
    return plus(d, d, sum);
  }
}
