package dev.purser.vectors;

import static dev.purser.vectors.SimdKernels.LANES;
import static dev.purser.vectors.SimdKernels.SPECIES;
import static dev.purser.vectors.SimdKernels.at;
import static dev.purser.vectors.SimdKernels.clamped;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// Runs of several kernels for [SimdKernels], which multiply, add and clamp at once. They store
/// whole registers of memory, as those of [SimdAligned] do. Pure.
final class SimdStages {

  private SimdStages() {}

  /// A pass for each stage: what is passed is a tile of [Chain] or a vector, and stays in the first
  /// cache. A loop over stages inside the loop would keep the compiler from holding values in
  /// registers (measured: fifty times slower).
  ///
  /// @param factor the first stage's, instead of the run's own
  static void apply(
      Run run,
      float factor,
      float[] from,
      int fromOffset,
      float[] to,
      int toOffset,
      int length,
      int phase) {
    pass(run, 0, factor, from, fromOffset, to, toOffset, length, phase);
    for (int s = 1; s < run.stages(); s++) {
      pass(run, s, run.factor(s), to, toOffset, to, toOffset, length, phase);
    }
  }

  private static void pass(
      Run run,
      int stage,
      float factor,
      float[] from,
      int fromOffset,
      float[] to,
      int toOffset,
      int length,
      int phase) {
    FloatVector factors = FloatVector.broadcast(SPECIES, factor);
    FloatVector addends = FloatVector.broadcast(SPECIES, run.addend(stage));
    FloatVector mins = FloatVector.broadcast(SPECIES, run.min(stage));
    FloatVector maxs = FloatVector.broadcast(SPECIES, run.max(stage));
    if (length < LANES) {
      VectorMask<Float> few = SPECIES.indexInRange(0, length);
      FloatVector v = at(from, fromOffset, few);
      staged(v, factors, addends, mins, maxs).intoArray(to, toOffset, few);
      return;
    }
    int end = length - LANES;
    FloatVector first = at(from, fromOffset);
    FloatVector last = at(from, fromOffset + end);
    first = staged(first, factors, addends, mins, maxs);
    last = staged(last, factors, addends, mins, maxs);
    for (int i = Alignment.lead(phase, toOffset, LANES); i < end; i += LANES) {
      FloatVector v = at(from, fromOffset + i);
      staged(v, factors, addends, mins, maxs).intoArray(to, toOffset + i);
    }
    first.intoArray(to, toOffset);
    last.intoArray(to, toOffset + end);
  }

  static FloatVector staged(
      FloatVector v, FloatVector factor, FloatVector addend, FloatVector min, FloatVector max) {
    return clamped(v.mul(factor).add(addend), min, max);
  }
}
