package dev.purser.vectors;

import static dev.purser.vectors.SimdKernels.LANES;
import static dev.purser.vectors.SimdKernels.SPECIES;
import static dev.purser.vectors.SimdKernels.at;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;

/// The reductions of [SimdKernels]. Pure.
///
/// A body unrolled [#UNROLL] times, since four registers in flight hide the latency of an addition;
/// a ladder of single registers, which is cheaper than a loop that runs three times at most; a last
/// register under a mask. As for [SimdRowKernels], `conf/jvm.options` has [#plus] and the like
/// always inlined: a rung of the ladder that is seldom reached would make objects of all sums.
final class SimdSums {
  private static final int UNROLL = 4;
  private static final int STRIDE = UNROLL * LANES;

  /// Whether the machine multiplies and adds at once. On others the JDK would compute each fused
  /// value in software, a thousand times slower.
  private static final boolean FUSED = SimdRowKernels.FUSED;

  private static final VectorShuffle<Float> BY_EIGHT = rotation(8);
  private static final VectorShuffle<Float> BY_FOUR = rotation(4);

  private SimdSums() {}

  static float dot(float[] a, int aOffset, float[] b, int bOffset, int length) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = FloatVector.zero(SPECIES);
    FloatVector s2 = FloatVector.zero(SPECIES);
    FloatVector s3 = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i <= length - STRIDE; i += STRIDE) {
      int x = aOffset + i;
      int y = bOffset + i;
      s0 = plus(at(a, x), at(b, y), s0);
      s1 = plus(at(a, x + LANES), at(b, y + LANES), s1);
      s2 = plus(at(a, x + 2 * LANES), at(b, y + 2 * LANES), s2);
      s3 = plus(at(a, x + 3 * LANES), at(b, y + 3 * LANES), s3);
    }
    if (i <= length - LANES) {
      s0 = plus(at(a, aOffset + i), at(b, bOffset + i), s0);
      i += LANES;
    }
    if (i <= length - LANES) {
      s1 = plus(at(a, aOffset + i), at(b, bOffset + i), s1);
      i += LANES;
    }
    if (i <= length - LANES) {
      s2 = plus(at(a, aOffset + i), at(b, bOffset + i), s2);
      i += LANES;
    }
    if (i < length) {
      VectorMask<Float> rest = SPECIES.indexInRange(i, length);
      s3 = plus(at(a, aOffset + i, rest), at(b, bOffset + i, rest), s3);
    }
    return sum(s0.add(s1).add(s2.add(s3)));
  }

  static float squaredEuclidean(float[] a, int aOffset, float[] b, int bOffset, int length) {
    FloatVector s0 = FloatVector.zero(SPECIES);
    FloatVector s1 = FloatVector.zero(SPECIES);
    FloatVector s2 = FloatVector.zero(SPECIES);
    FloatVector s3 = FloatVector.zero(SPECIES);
    int i = 0;
    for (; i <= length - STRIDE; i += STRIDE) {
      int x = aOffset + i;
      int y = bOffset + i;
      s0 = plusSquare(at(a, x), at(b, y), s0);
      s1 = plusSquare(at(a, x + LANES), at(b, y + LANES), s1);
      s2 = plusSquare(at(a, x + 2 * LANES), at(b, y + 2 * LANES), s2);
      s3 = plusSquare(at(a, x + 3 * LANES), at(b, y + 3 * LANES), s3);
    }
    if (i <= length - LANES) {
      s0 = plusSquare(at(a, aOffset + i), at(b, bOffset + i), s0);
      i += LANES;
    }
    if (i <= length - LANES) {
      s1 = plusSquare(at(a, aOffset + i), at(b, bOffset + i), s1);
      i += LANES;
    }
    if (i <= length - LANES) {
      s2 = plusSquare(at(a, aOffset + i), at(b, bOffset + i), s2);
      i += LANES;
    }
    if (i < length) {
      VectorMask<Float> rest = SPECIES.indexInRange(i, length);
      s3 = plusSquare(at(a, aOffset + i, rest), at(b, bOffset + i, rest), s3);
    }
    return sum(s0.add(s1).add(s2.add(s3)));
  }

  /// The sum of all lanes, always in the same order: halves are added until four are left. The
  /// API's own reduction gives other bits before it is compiled than after.
  ///
  /// The upper half is brought down by a shuffle. Halves as registers of half the width
  /// (`reinterpretShape`) say the same more plainly, but JDK 25 does not compile them: they cost
  /// 180 ns, more than all the rest of a short sum.
  private static float sum(FloatVector v) {
    if (LANES > 16 || LANES < 4) {
      return v.reduceLanes(VectorOperators.ADD);
    }
    FloatVector eight = LANES > 8 ? v.add(v.rearrange(BY_EIGHT)) : v;
    FloatVector four = LANES > 4 ? eight.add(eight.rearrange(BY_FOUR)) : eight;
    return (four.lane(0) + four.lane(2)) + (four.lane(1) + four.lane(3));
  }

  private static VectorShuffle<Float> rotation(int by) {
    return VectorShuffle.fromOp(SPECIES, i -> (i + by) % LANES);
  }

  private static FloatVector plus(FloatVector a, FloatVector b, FloatVector sum) {
    return FUSED ? a.fma(b, sum) : a.mul(b).add(sum);
  }

  private static FloatVector plusSquare(FloatVector a, FloatVector b, FloatVector sum) {
    FloatVector d = a.sub(b);
    return plus(d, d, sum);
  }
}
