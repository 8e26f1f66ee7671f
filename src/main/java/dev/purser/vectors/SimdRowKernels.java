package dev.purser.vectors;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// The kernels of a scan with the machine's widest vectors.
///
/// One query takes [#ROWS] rows at a time: as many independent sums hide the latency of the
/// multiply-add, and the query is loaded once for all of them. Four queries take two rows: eight
/// sums, four queries and two rows fit the sixteen registers of AVX2, and each row is loaded once.
/// Lanes beyond the last full vector are masked.
final class SimdRowKernels implements RowKernels {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final int ROWS = 4;

  @Override
  public void dots(float[] query, int dimension, float[] rows, int at, int count, float[] raw) {
    int row = 0;
    for (; row + ROWS <= count; row += ROWS) {
      dotFourRows(query, dimension, rows, at + row * dimension, raw, row);
    }
    for (; row < count; row++) {
      raw[row] = dot(query, 0, dimension, rows, at + row * dimension);
    }
  }

  private static void dotFourRows(
      float[] query, int dimension, float[] rows, int row0, float[] raw, int rawAt) {
    int row1 = row0 + dimension;
    int row2 = row1 + dimension;
    int row3 = row2 + dimension;
    FloatVector sum0 = FloatVector.zero(SPECIES);
    FloatVector sum1 = sum0;
    FloatVector sum2 = sum0;
    FloatVector sum3 = sum0;
    int full = SPECIES.loopBound(dimension);
    for (int i = 0; i < full; i += LANES) {
      FloatVector q = FloatVector.fromArray(SPECIES, query, i);
      sum0 = q.fma(FloatVector.fromArray(SPECIES, rows, row0 + i), sum0);
      sum1 = q.fma(FloatVector.fromArray(SPECIES, rows, row1 + i), sum1);
      sum2 = q.fma(FloatVector.fromArray(SPECIES, rows, row2 + i), sum2);
      sum3 = q.fma(FloatVector.fromArray(SPECIES, rows, row3 + i), sum3);
    }
    if (full < dimension) {
      VectorMask<Float> rest = SPECIES.indexInRange(full, dimension);
      FloatVector q = FloatVector.fromArray(SPECIES, query, full, rest);
      sum0 = q.fma(FloatVector.fromArray(SPECIES, rows, row0 + full, rest), sum0);
      sum1 = q.fma(FloatVector.fromArray(SPECIES, rows, row1 + full, rest), sum1);
      sum2 = q.fma(FloatVector.fromArray(SPECIES, rows, row2 + full, rest), sum2);
      sum3 = q.fma(FloatVector.fromArray(SPECIES, rows, row3 + full, rest), sum3);
    }
    raw[rawAt] = sum0.reduceLanes(VectorOperators.ADD);
    raw[rawAt + 1] = sum1.reduceLanes(VectorOperators.ADD);
    raw[rawAt + 2] = sum2.reduceLanes(VectorOperators.ADD);
    raw[rawAt + 3] = sum3.reduceLanes(VectorOperators.ADD);
  }

  private static float dot(float[] query, int queryAt, int dimension, float[] rows, int at) {
    FloatVector sum = FloatVector.zero(SPECIES);
    int full = SPECIES.loopBound(dimension);
    for (int i = 0; i < full; i += LANES) {
      FloatVector q = FloatVector.fromArray(SPECIES, query, queryAt + i);
      sum = q.fma(FloatVector.fromArray(SPECIES, rows, at + i), sum);
    }
    if (full < dimension) {
      VectorMask<Float> rest = SPECIES.indexInRange(full, dimension);
      FloatVector q = FloatVector.fromArray(SPECIES, query, queryAt + full, rest);
      sum = q.fma(FloatVector.fromArray(SPECIES, rows, at + full, rest), sum);
    }
    return sum.reduceLanes(VectorOperators.ADD);
  }

  @Override
  public void dotsOfFour(
      float[] queries, int dimension, float[] rows, int at, int count, float[] raw, int stride) {
    int row = 0;
    for (; row + 2 <= count; row += 2) {
      dotTwoRowsOfFour(queries, dimension, rows, at + row * dimension, raw, row, stride);
    }
    if (row < count) {
      for (int q = 0; q < QUERIES; q++) {
        raw[q * stride + row] =
            dot(queries, q * dimension, dimension, rows, at + row * dimension);
      }
    }
  }

  private static void dotTwoRowsOfFour(
      float[] queries, int dimension, float[] rows, int at, float[] raw, int rawAt, int stride) {
    int next = at + dimension;
    int q1 = dimension;
    int q2 = q1 + dimension;
    int q3 = q2 + dimension;
    FloatVector a0 = FloatVector.zero(SPECIES);
    FloatVector a1 = a0;
    FloatVector a2 = a0;
    FloatVector a3 = a0;
    FloatVector b0 = a0;
    FloatVector b1 = a0;
    FloatVector b2 = a0;
    FloatVector b3 = a0;
    int full = SPECIES.loopBound(dimension);
    for (int i = 0; i < full; i += LANES) {
      FloatVector a = FloatVector.fromArray(SPECIES, rows, at + i);
      FloatVector b = FloatVector.fromArray(SPECIES, rows, next + i);
      FloatVector q = FloatVector.fromArray(SPECIES, queries, i);
      a0 = q.fma(a, a0);
      b0 = q.fma(b, b0);
      q = FloatVector.fromArray(SPECIES, queries, q1 + i);
      a1 = q.fma(a, a1);
      b1 = q.fma(b, b1);
      q = FloatVector.fromArray(SPECIES, queries, q2 + i);
      a2 = q.fma(a, a2);
      b2 = q.fma(b, b2);
      q = FloatVector.fromArray(SPECIES, queries, q3 + i);
      a3 = q.fma(a, a3);
      b3 = q.fma(b, b3);
    }
    if (full < dimension) {
      VectorMask<Float> rest = SPECIES.indexInRange(full, dimension);
      FloatVector a = FloatVector.fromArray(SPECIES, rows, at + full, rest);
      FloatVector b = FloatVector.fromArray(SPECIES, rows, next + full, rest);
      FloatVector q = FloatVector.fromArray(SPECIES, queries, full, rest);
      a0 = q.fma(a, a0);
      b0 = q.fma(b, b0);
      q = FloatVector.fromArray(SPECIES, queries, q1 + full, rest);
      a1 = q.fma(a, a1);
      b1 = q.fma(b, b1);
      q = FloatVector.fromArray(SPECIES, queries, q2 + full, rest);
      a2 = q.fma(a, a2);
      b2 = q.fma(b, b2);
      q = FloatVector.fromArray(SPECIES, queries, q3 + full, rest);
      a3 = q.fma(a, a3);
      b3 = q.fma(b, b3);
    }
    raw[rawAt] = a0.reduceLanes(VectorOperators.ADD);
    raw[rawAt + 1] = b0.reduceLanes(VectorOperators.ADD);
    raw[rawAt + stride] = a1.reduceLanes(VectorOperators.ADD);
    raw[rawAt + stride + 1] = b1.reduceLanes(VectorOperators.ADD);
    raw[rawAt + 2 * stride] = a2.reduceLanes(VectorOperators.ADD);
    raw[rawAt + 2 * stride + 1] = b2.reduceLanes(VectorOperators.ADD);
    raw[rawAt + 3 * stride] = a3.reduceLanes(VectorOperators.ADD);
    raw[rawAt + 3 * stride + 1] = b3.reduceLanes(VectorOperators.ADD);
  }

  @Override
  public void nearness(float[] query, int dimension, float[] rows, int at, int count, float[] raw) {
    SimdNearness.rows(query, dimension, rows, at, count, raw);
  }

  @Override
  public void nearnessOfFour(
      float[] queries, int dimension, float[] rows, int at, int count, float[] raw, int stride) {
    SimdNearness.rowsOfFour(queries, dimension, rows, at, count, raw, stride);
  }

  @Override
  public int reaching(
      float[] raw, int rawAt, float[] norms, int normsAt, int from, int to, float a, float b) {
    int i = from;
    FloatVector slope = FloatVector.broadcast(SPECIES, b);
    FloatVector base = FloatVector.broadcast(SPECIES, a);
    for (; i + LANES <= to; i += LANES) {
      FloatVector bar = FloatVector.fromArray(SPECIES, norms, normsAt + i).fma(slope, base);
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
}
