package dev.purser.vectors;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/// Kernels over the machine's widest registers, through the JDK's vector API. Immutable.
///
/// Each has one shape: a body unrolled [#UNROLL] times, a tail of single registers, and a last
/// register under a mask (reductions) or single values (elementwise). Four registers in flight hide
/// the latency of an addition, and two loads a cycle need no more.
///
/// Sums are of products rounded on their own, not fused: a machine without fused multiply-add would
/// compute those a thousand times slower, and the loads are the bottleneck anyway.
final class SimdKernels implements Kernels {
  static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  static final int LANES = SPECIES.length();
  private static final int UNROLL = 4;
  private static final int STRIDE = UNROLL * LANES;

  /// Sums of squares in this range are as good in 32 bits as in 64: none of their parts overflowed,
  /// and what underflowed is too small to be seen.
  private static final float SAFE_MIN = 0x1p-60f;

  private static final float SAFE_MAX = Float.MAX_VALUE;

  private static final VectorShuffle<Float> BY_EIGHT = turned(8);
  private static final VectorShuffle<Float> BY_FOUR = turned(4);
  private static final VectorShuffle<Float> BY_TWO = turned(2);
  private static final VectorShuffle<Float> BY_ONE = turned(1);

  private final ScalarKernels reference = new ScalarKernels();

  @Override
  public String name() {
    return "SIMD, " + SPECIES.vectorBitSize() + " bits";
  }

  @Override
  public void scale(
      float factor, float[] from, int fromOffset, float[] to, int toOffset, int length) {
    FloatVector factors = FloatVector.broadcast(SPECIES, factor);
    int i = 0;
    for (; i < SPECIES.loopBound(length); i += LANES) {
      at(from, fromOffset + i).mul(factors).intoArray(to, toOffset + i);
    }
    for (; i < length; i++) {
      to[toOffset + i] = from[fromOffset + i] * factor;
    }
  }

  @Override
  public void add(
      float addend, float[] from, int fromOffset, float[] to, int toOffset, int length) {
    FloatVector addends = FloatVector.broadcast(SPECIES, addend);
    int i = 0;
    for (; i < SPECIES.loopBound(length); i += LANES) {
      at(from, fromOffset + i).add(addends).intoArray(to, toOffset + i);
    }
    for (; i < length; i++) {
      to[toOffset + i] = from[fromOffset + i] + addend;
    }
  }

  @Override
  public void clamp(
      float min, float max, float[] from, int fromOffset, float[] to, int toOffset, int length) {
    FloatVector mins = FloatVector.broadcast(SPECIES, min);
    FloatVector maxs = FloatVector.broadcast(SPECIES, max);
    int i = 0;
    for (; i < SPECIES.loopBound(length); i += LANES) {
      clamped(at(from, fromOffset + i), mins, maxs).intoArray(to, toOffset + i);
    }
    for (; i < length; i++) {
      float v = from[fromOffset + i];
      to[toOffset + i] = v < min ? min : v > max ? max : v;
    }
  }

  @Override
  public void run(Run run, float[] from, int fromOffset, float[] to, int toOffset, int length) {
    switch (run.shape()) {
      case SCALE -> scale(run.factor(0), from, fromOffset, to, toOffset, length);
      case ADD -> add(run.addend(0), from, fromOffset, to, toOffset, length);
      case CLAMP -> clamp(run.min(0), run.max(0), from, fromOffset, to, toOffset, length);
      case STAGES -> SimdStages.apply(run, run.factor(0), from, fromOffset, to, toOffset, length);
    }
  }

  @Override
  public void normalize(
      Run then, float[] from, int fromOffset, float[] to, int toOffset, int length) {
    float squares = dot(from, fromOffset, from, fromOffset, length);
    if (!(squares >= SAFE_MIN && squares <= SAFE_MAX)) {
      reference.normalize(then, from, fromOffset, to, toOffset, length);
      return;
    }
    float factor = (float) (1 / Math.sqrt(squares));
    if (then.shape() == Run.Shape.SCALE) {
      scale(factor, from, fromOffset, to, toOffset, length);
    } else {
      SimdStages.apply(then, factor, from, fromOffset, to, toOffset, length);
    }
  }

  @Override
  public float dot(float[] a, int aOffset, float[] b, int bOffset, int length) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = FloatVector.zero(SPECIES);
    FloatVector s2 = FloatVector.zero(SPECIES);
    FloatVector s3 = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i <= length - STRIDE; i += STRIDE) {
      int x = aOffset + i;
      int y = bOffset + i;
      s0 = s0.add(at(a, x).mul(at(b, y)));
      s1 = s1.add(at(a, x + LANES).mul(at(b, y + LANES)));
      s2 = s2.add(at(a, x + 2 * LANES).mul(at(b, y + 2 * LANES)));
      s3 = s3.add(at(a, x + 3 * LANES).mul(at(b, y + 3 * LANES)));
    }
    for (; i <= length - LANES; i += LANES) {
      s0 = s0.add(at(a, aOffset + i).mul(at(b, bOffset + i)));
    }
    if (i < length) {
      VectorMask<Float> rest = SPECIES.indexInRange(i, length);
      s1 = s1.add(at(a, aOffset + i, rest).mul(at(b, bOffset + i, rest)));
    }
    return sum(s0.add(s1).add(s2.add(s3)));
  }

  @Override
  public float cosine(float[] a, int aOffset, float[] b, int bOffset, int length) {
    float aSquares = dot(a, aOffset, a, aOffset, length);
    float bSquares = dot(b, bOffset, b, bOffset, length);
    float dot = dot(a, aOffset, b, bOffset, length);
    boolean safe =
        aSquares >= SAFE_MIN
            && aSquares <= SAFE_MAX
            && bSquares >= SAFE_MIN
            && bSquares <= SAFE_MAX;
    // By Cauchy and Schwarz the product of safe vectors does not overflow either.
    return safe
        ? (float) (dot / (Math.sqrt(aSquares) * Math.sqrt(bSquares)))
        : reference.cosine(a, aOffset, b, bOffset, length);
  }

  @Override
  public float squaredEuclidean(float[] a, int aOffset, float[] b, int bOffset, int length) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = FloatVector.zero(SPECIES);
    FloatVector s2 = FloatVector.zero(SPECIES);
    FloatVector s3 = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i <= length - STRIDE; i += STRIDE) {
      int x = aOffset + i;
      int y = bOffset + i;
      FloatVector d0 = at(a, x).sub(at(b, y));
      FloatVector d1 = at(a, x + LANES).sub(at(b, y + LANES));
      FloatVector d2 = at(a, x + 2 * LANES).sub(at(b, y + 2 * LANES));
      FloatVector d3 = at(a, x + 3 * LANES).sub(at(b, y + 3 * LANES));
      s0 = s0.add(d0.mul(d0));
      s1 = s1.add(d1.mul(d1));
      s2 = s2.add(d2.mul(d2));
      s3 = s3.add(d3.mul(d3));
    }
    for (; i <= length - LANES; i += LANES) {
      FloatVector d = at(a, aOffset + i).sub(at(b, bOffset + i));
      s0 = s0.add(d.mul(d));
    }
    if (i < length) {
      VectorMask<Float> rest = SPECIES.indexInRange(i, length);
      FloatVector d = at(a, aOffset + i, rest).sub(at(b, bOffset + i, rest));
      s1 = s1.add(d.mul(d));
    }
    return sum(s0.add(s1).add(s2.add(s3)));
  }

  @Override
  public void dotRows(
      int dimension,
      float[] queries,
      int queriesOffset,
      int queryCount,
      float[] rows,
      int rowsOffset,
      int rowCount,
      float[] to,
      int toOffset) {
    for (int r = 0; r < rowCount; r++) {
      int row = rowsOffset + r * dimension;
      int q = 0;
      for (; q <= queryCount - UNROLL; q += UNROLL) {
        int query = queriesOffset + q * dimension;
        dotFour(dimension, queries, query, rows, row, to, toOffset + q * rowCount + r, rowCount);
      }
      for (; q < queryCount; q++) {
        int query = queriesOffset + q * dimension;
        to[toOffset + q * rowCount + r] = dotOne(dimension, queries, query, rows, row);
      }
    }
  }

  /// One row against one query, summed in the order of [#dotFour]: a product does not depend on how
  /// many queries are asked together.
  private static float dotOne(int dimension, float[] queries, int query, float[] rows, int row) {
    FloatVector s = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i <= dimension - LANES; i += LANES) {
      s = s.add(at(queries, query + i).mul(at(rows, row + i)));
    }
    if (i < dimension) {
      VectorMask<Float> rest = SPECIES.indexInRange(i, dimension);
      s = s.add(at(queries, query + i, rest).mul(at(rows, row + i, rest)));
    }
    return sum(s);
  }

  /// One row, loaded once, against four queries; the products go to every `step`-th value.
  private static void dotFour(
      int dimension,
      float[] queries,
      int query,
      float[] rows,
      int row,
      float[] to,
      int toOffset,
      int step) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = FloatVector.zero(SPECIES);
    FloatVector s2 = FloatVector.zero(SPECIES);
    FloatVector s3 = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i <= dimension - LANES; i += LANES) {
      FloatVector v = at(rows, row + i);
      int x = query + i;
      s0 = s0.add(at(queries, x).mul(v));
      s1 = s1.add(at(queries, x + dimension).mul(v));
      s2 = s2.add(at(queries, x + 2 * dimension).mul(v));
      s3 = s3.add(at(queries, x + 3 * dimension).mul(v));
    }
    if (i < dimension) {
      VectorMask<Float> rest = SPECIES.indexInRange(i, dimension);
      FloatVector v = at(rows, row + i, rest);
      int x = query + i;
      s0 = s0.add(at(queries, x, rest).mul(v));
      s1 = s1.add(at(queries, x + dimension, rest).mul(v));
      s2 = s2.add(at(queries, x + 2 * dimension, rest).mul(v));
      s3 = s3.add(at(queries, x + 3 * dimension, rest).mul(v));
    }
    to[toOffset] = sum(s0);
    to[toOffset + step] = sum(s1);
    to[toOffset + 2 * step] = sum(s2);
    to[toOffset + 3 * step] = sum(s3);
  }

  /// The sum of all lanes, always in the same order. The API's own reduction gives other bits
  /// before it is compiled than after.
  private static float sum(FloatVector v) {
    if (LANES > 16) {
      return v.reduceLanes(VectorOperators.ADD);
    }
    FloatVector s = LANES > 8 ? v.add(v.rearrange(BY_EIGHT)) : v;
    s = LANES > 4 ? s.add(s.rearrange(BY_FOUR)) : s;
    s = LANES > 2 ? s.add(s.rearrange(BY_TWO)) : s;
    return s.add(s.rearrange(BY_ONE)).lane(0);
  }

  private static VectorShuffle<Float> turned(int by) {
    return VectorShuffle.fromOp(SPECIES, i -> (i + by) % LANES);
  }

  static FloatVector at(float[] values, int offset) {
    return FloatVector.fromArray(SPECIES, values, offset);
  }

  static FloatVector at(float[] values, int offset, VectorMask<Float> mask) {
    return FloatVector.fromArray(SPECIES, values, offset, mask);
  }

  /// By comparison and not by the API's own minimum, which would move a NaN's payload and the sign
  /// of zero, and costs five instructions.
  static FloatVector clamped(FloatVector v, FloatVector min, FloatVector max) {
    return v.blend(min, v.lt(min)).blend(max, v.compare(VectorOperators.GT, max));
  }
}
