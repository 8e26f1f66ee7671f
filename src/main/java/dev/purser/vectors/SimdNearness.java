package dev.purser.vectors;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// The distance kernels of [SimdRowKernels], in the same shape: differences are squared and added.
final class SimdNearness {
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  private static final int LANES = SPECIES.length();
  private static final int ROWS = 4;
  private static final int QUERIES = RowKernels.QUERIES;

  private SimdNearness() {}

  static void rows(
      float[] query, int dimension, float[] rows, int at, int count, float[] raw) {
    int row = 0;
    for (; row + ROWS <= count; row += ROWS) {
      fourRows(query, dimension, rows, at + row * dimension, raw, row);
    }
    for (; row < count; row++) {
      raw[row] = near(query, 0, dimension, rows, at + row * dimension);
    }
  }

  private static void fourRows(
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
      FloatVector d0 = q.sub(FloatVector.fromArray(SPECIES, rows, row0 + i));
      sum0 = d0.fma(d0, sum0);
      FloatVector d1 = q.sub(FloatVector.fromArray(SPECIES, rows, row1 + i));
      sum1 = d1.fma(d1, sum1);
      FloatVector d2 = q.sub(FloatVector.fromArray(SPECIES, rows, row2 + i));
      sum2 = d2.fma(d2, sum2);
      FloatVector d3 = q.sub(FloatVector.fromArray(SPECIES, rows, row3 + i));
      sum3 = d3.fma(d3, sum3);
    }
    if (full < dimension) {
      VectorMask<Float> rest = SPECIES.indexInRange(full, dimension);
      FloatVector q = FloatVector.fromArray(SPECIES, query, full, rest);
      FloatVector d0 = q.sub(FloatVector.fromArray(SPECIES, rows, row0 + full, rest));
      sum0 = d0.fma(d0, sum0);
      FloatVector d1 = q.sub(FloatVector.fromArray(SPECIES, rows, row1 + full, rest));
      sum1 = d1.fma(d1, sum1);
      FloatVector d2 = q.sub(FloatVector.fromArray(SPECIES, rows, row2 + full, rest));
      sum2 = d2.fma(d2, sum2);
      FloatVector d3 = q.sub(FloatVector.fromArray(SPECIES, rows, row3 + full, rest));
      sum3 = d3.fma(d3, sum3);
    }
    raw[rawAt] = -sum0.reduceLanes(VectorOperators.ADD);
    raw[rawAt + 1] = -sum1.reduceLanes(VectorOperators.ADD);
    raw[rawAt + 2] = -sum2.reduceLanes(VectorOperators.ADD);
    raw[rawAt + 3] = -sum3.reduceLanes(VectorOperators.ADD);
  }

  private static float near(float[] query, int queryAt, int dimension, float[] rows, int at) {
    FloatVector sum = FloatVector.zero(SPECIES);
    int full = SPECIES.loopBound(dimension);
    for (int i = 0; i < full; i += LANES) {
      FloatVector q = FloatVector.fromArray(SPECIES, query, queryAt + i);
      FloatVector d = q.sub(FloatVector.fromArray(SPECIES, rows, at + i));
      sum = d.fma(d, sum);
    }
    if (full < dimension) {
      VectorMask<Float> rest = SPECIES.indexInRange(full, dimension);
      FloatVector q = FloatVector.fromArray(SPECIES, query, queryAt + full, rest);
      FloatVector d = q.sub(FloatVector.fromArray(SPECIES, rows, at + full, rest));
      sum = d.fma(d, sum);
    }
    return -sum.reduceLanes(VectorOperators.ADD);
  }

  static void rowsOfFour(
      float[] queries, int dimension, float[] rows, int at, int count, float[] raw, int stride) {
    int row = 0;
    for (; row + 2 <= count; row += 2) {
      twoRowsOfFour(queries, dimension, rows, at + row * dimension, raw, row, stride);
    }
    if (row < count) {
      for (int q = 0; q < QUERIES; q++) {
        raw[q * stride + row] =
            near(queries, q * dimension, dimension, rows, at + row * dimension);
      }
    }
  }

  private static void twoRowsOfFour(
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
      FloatVector da0 = q.sub(a);
      a0 = da0.fma(da0, a0);
      FloatVector db0 = q.sub(b);
      b0 = db0.fma(db0, b0);
      q = FloatVector.fromArray(SPECIES, queries, q1 + i);
      FloatVector da1 = q.sub(a);
      a1 = da1.fma(da1, a1);
      FloatVector db1 = q.sub(b);
      b1 = db1.fma(db1, b1);
      q = FloatVector.fromArray(SPECIES, queries, q2 + i);
      FloatVector da2 = q.sub(a);
      a2 = da2.fma(da2, a2);
      FloatVector db2 = q.sub(b);
      b2 = db2.fma(db2, b2);
      q = FloatVector.fromArray(SPECIES, queries, q3 + i);
      FloatVector da3 = q.sub(a);
      a3 = da3.fma(da3, a3);
      FloatVector db3 = q.sub(b);
      b3 = db3.fma(db3, b3);
    }
    if (full < dimension) {
      VectorMask<Float> rest = SPECIES.indexInRange(full, dimension);
      FloatVector a = FloatVector.fromArray(SPECIES, rows, at + full, rest);
      FloatVector b = FloatVector.fromArray(SPECIES, rows, next + full, rest);
      FloatVector q = FloatVector.fromArray(SPECIES, queries, full, rest);
      FloatVector da0 = q.sub(a);
      a0 = da0.fma(da0, a0);
      FloatVector db0 = q.sub(b);
      b0 = db0.fma(db0, b0);
      q = FloatVector.fromArray(SPECIES, queries, q1 + full, rest);
      FloatVector da1 = q.sub(a);
      a1 = da1.fma(da1, a1);
      FloatVector db1 = q.sub(b);
      b1 = db1.fma(db1, b1);
      q = FloatVector.fromArray(SPECIES, queries, q2 + full, rest);
      FloatVector da2 = q.sub(a);
      a2 = da2.fma(da2, a2);
      FloatVector db2 = q.sub(b);
      b2 = db2.fma(db2, b2);
      q = FloatVector.fromArray(SPECIES, queries, q3 + full, rest);
      FloatVector da3 = q.sub(a);
      a3 = da3.fma(da3, a3);
      FloatVector db3 = q.sub(b);
      b3 = db3.fma(db3, b3);
    }
    raw[rawAt] = -a0.reduceLanes(VectorOperators.ADD);
    raw[rawAt + 1] = -b0.reduceLanes(VectorOperators.ADD);
    raw[rawAt + stride] = -a1.reduceLanes(VectorOperators.ADD);
    raw[rawAt + stride + 1] = -b1.reduceLanes(VectorOperators.ADD);
    raw[rawAt + 2 * stride] = -a2.reduceLanes(VectorOperators.ADD);
    raw[rawAt + 2 * stride + 1] = -b2.reduceLanes(VectorOperators.ADD);
    raw[rawAt + 3 * stride] = -a3.reduceLanes(VectorOperators.ADD);
    raw[rawAt + 3 * stride + 1] = -b3.reduceLanes(VectorOperators.ADD);
  }
}
