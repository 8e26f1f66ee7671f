package dev.purser.vectors;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Kernels over the machine's widest registers, through the JDK's vector API. Immutable.
///
/// Elementwise: the last register is loaded and computed before the loop and stored after it, over
/// values that the loop has written the same. So no length needs a loop over single values, nor a
/// store under a mask, and it holds in place too. Long runs are those of [SimdAligned], several
/// kernels at once those of [SimdStages].
///
/// Reductions are [SimdSums].
final class SimdKernels implements Kernels {
  static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;
  static final int LANES = SPECIES.length();

  /// Sums of squares in this range are as good in 32 bits as in 64: none of their parts overflowed,
  /// and what underflowed is too small to be seen.
  private static final float SAFE_MIN = 0x1p-60f;

  private static final float SAFE_MAX = Float.MAX_VALUE;

  private final ScalarKernels reference = new ScalarKernels();

  @Override
  public String name() {
    return "SIMD, " + SPECIES.vectorBitSize() + " bits";
  }

  @Override
  public void scale(
      float factor, float[] from, int fromOffset, float[] to, int toOffset, int length, int phase) {
    if (length >= SimdAligned.WORTH) {
      SimdAligned.scale(factor, from, fromOffset, to, toOffset, length, phase);
      return;
    }
    if (length < LANES) {
      for (int i = 0; i < length; i++) {
        to[toOffset + i] = from[fromOffset + i] * factor;
      }
      return;
    }
    FloatVector factors = FloatVector.broadcast(SPECIES, factor);
    int end = length - LANES;
    FloatVector last = at(from, fromOffset + end).mul(factors);
    for (int i = 0; i < end; i += LANES) {
      at(from, fromOffset + i).mul(factors).intoArray(to, toOffset + i);
    }
    last.intoArray(to, toOffset + end);
  }

  @Override
  public void add(
      float addend, float[] from, int fromOffset, float[] to, int toOffset, int length, int phase) {
    if (length >= SimdAligned.WORTH) {
      SimdAligned.add(addend, from, fromOffset, to, toOffset, length, phase);
      return;
    }
    if (length < LANES) {
      for (int i = 0; i < length; i++) {
        to[toOffset + i] = from[fromOffset + i] + addend;
      }
      return;
    }
    FloatVector addends = FloatVector.broadcast(SPECIES, addend);
    int end = length - LANES;
    FloatVector last = at(from, fromOffset + end).add(addends);
    for (int i = 0; i < end; i += LANES) {
      at(from, fromOffset + i).add(addends).intoArray(to, toOffset + i);
    }
    last.intoArray(to, toOffset + end);
  }

  @Override
  public void clamp(
      float min,
      float max,
      float[] from,
      int fromOffset,
      float[] to,
      int toOffset,
      int length,
      int phase) {
    if (length >= SimdAligned.CLAMP_WORTH) {
      SimdAligned.clamp(min, max, from, fromOffset, to, toOffset, length, phase);
      return;
    }
    if (length < LANES) {
      for (int i = 0; i < length; i++) {
        float v = from[fromOffset + i];
        to[toOffset + i] = v < min ? min : v > max ? max : v;
      }
      return;
    }
    FloatVector mins = FloatVector.broadcast(SPECIES, min);
    FloatVector maxs = FloatVector.broadcast(SPECIES, max);
    int end = length - LANES;
    FloatVector last = clamped(at(from, fromOffset + end), mins, maxs);
    for (int i = 0; i < end; i += LANES) {
      clamped(at(from, fromOffset + i), mins, maxs).intoArray(to, toOffset + i);
    }
    last.intoArray(to, toOffset + end);
  }

  @Override
  public void run(
      Run run, float[] from, int fromOffset, float[] to, int toOffset, int length, int phase) {
    switch (run.shape()) {
      case SCALE -> scale(run.factor(0), from, fromOffset, to, toOffset, length, phase);
      case ADD -> add(run.addend(0), from, fromOffset, to, toOffset, length, phase);
      case CLAMP -> clamp(run.min(0), run.max(0), from, fromOffset, to, toOffset, length, phase);
      case STAGES ->
          SimdStages.apply(run, run.factor(0), from, fromOffset, to, toOffset, length, phase);
    }
  }

  @Override
  public void run(Run run, byte[] values, int offset, int length) {
    if (length < SimdBytes.REGISTER) {
      reference.run(run, values, offset, length);
    } else {
      SimdBytes.apply(run, values, offset, length);
    }
  }

  @Override
  public void normalize(
      Run then, float[] from, int fromOffset, float[] to, int toOffset, int length, int phase) {
    float squares = dot(from, fromOffset, from, fromOffset, length);
    if (!(squares >= SAFE_MIN && squares <= SAFE_MAX)) {
      reference.normalize(then, from, fromOffset, to, toOffset, length, phase);
      return;
    }
    float factor = (float) (1 / Math.sqrt(squares));
    if (then.shape() == Run.Shape.SCALE) {
      scale(factor, from, fromOffset, to, toOffset, length, phase);
    } else {
      SimdStages.apply(then, factor, from, fromOffset, to, toOffset, length, phase);
    }
  }

  @Override
  public float dot(float[] a, int aOffset, float[] b, int bOffset, int length) {
    return SimdSums.dot(a, aOffset, b, bOffset, length);
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
    return SimdSums.squaredEuclidean(a, aOffset, b, bOffset, length);
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
