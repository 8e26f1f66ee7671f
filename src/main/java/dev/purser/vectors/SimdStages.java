package dev.purser.vectors;

import static dev.purser.vectors.SimdKernels.LANES;
import static dev.purser.vectors.SimdKernels.SPECIES;
import static dev.purser.vectors.SimdKernels.at;
import static dev.purser.vectors.SimdKernels.clamped;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// The fused loops of [SimdKernels]: runs of several kernels, by their number of stages. They store
/// whole registers of memory, as those of [SimdAligned] do. Pure.
final class SimdStages {

  private SimdStages() {}

  /// A loop for each number of stages: a loop over stages inside would keep the compiler from
  /// holding values in registers (measured: fifty times slower).
  static void apply(
      Run run,
      float factor,
      float[] from,
      int fromOffset,
      float[] to,
      int toOffset,
      int length,
      int phase) {
    switch (run.stages()) {
      case 1 -> one(run, factor, from, fromOffset, to, toOffset, length, phase);
      case 2 -> two(run, factor, from, fromOffset, to, toOffset, length, phase);
      default -> three(run, factor, from, fromOffset, to, toOffset, length, phase);
    }
  }

  private static void one(
      Run run,
      float factor,
      float[] from,
      int fromOffset,
      float[] to,
      int toOffset,
      int length,
      int phase) {
    FloatVector f0 = FloatVector.broadcast(SPECIES, factor);
    FloatVector a0 = FloatVector.broadcast(SPECIES, run.addend(0));
    FloatVector l0 = FloatVector.broadcast(SPECIES, run.min(0));
    FloatVector h0 = FloatVector.broadcast(SPECIES, run.max(0));
    if (length < LANES) {
      VectorMask<Float> few = SPECIES.indexInRange(0, length);
      FloatVector v = at(from, fromOffset, few);
      stage(v, f0, a0, l0, h0).intoArray(to, toOffset, few);
      return;
    }
    int end = length - LANES;
    FloatVector first = at(from, fromOffset);
    FloatVector last = at(from, fromOffset + end);
    first = stage(first, f0, a0, l0, h0);
    last = stage(last, f0, a0, l0, h0);
    for (int i = Alignment.lead(phase, toOffset, LANES); i < end; i += LANES) {
      FloatVector v = at(from, fromOffset + i);
      stage(v, f0, a0, l0, h0).intoArray(to, toOffset + i);
    }
    first.intoArray(to, toOffset);
    last.intoArray(to, toOffset + end);
  }

  private static void two(
      Run run,
      float factor,
      float[] from,
      int fromOffset,
      float[] to,
      int toOffset,
      int length,
      int phase) {
    FloatVector f0 = FloatVector.broadcast(SPECIES, factor);
    FloatVector a0 = FloatVector.broadcast(SPECIES, run.addend(0));
    FloatVector l0 = FloatVector.broadcast(SPECIES, run.min(0));
    FloatVector h0 = FloatVector.broadcast(SPECIES, run.max(0));
    FloatVector f1 = FloatVector.broadcast(SPECIES, run.factor(1));
    FloatVector a1 = FloatVector.broadcast(SPECIES, run.addend(1));
    FloatVector l1 = FloatVector.broadcast(SPECIES, run.min(1));
    FloatVector h1 = FloatVector.broadcast(SPECIES, run.max(1));
    if (length < LANES) {
      VectorMask<Float> few = SPECIES.indexInRange(0, length);
      FloatVector v = at(from, fromOffset, few);
      stage(stage(v, f0, a0, l0, h0), f1, a1, l1, h1).intoArray(to, toOffset, few);
      return;
    }
    int end = length - LANES;
    FloatVector first = at(from, fromOffset);
    FloatVector last = at(from, fromOffset + end);
    first = stage(stage(first, f0, a0, l0, h0), f1, a1, l1, h1);
    last = stage(stage(last, f0, a0, l0, h0), f1, a1, l1, h1);
    for (int i = Alignment.lead(phase, toOffset, LANES); i < end; i += LANES) {
      FloatVector v = at(from, fromOffset + i);
      stage(stage(v, f0, a0, l0, h0), f1, a1, l1, h1).intoArray(to, toOffset + i);
    }
    first.intoArray(to, toOffset);
    last.intoArray(to, toOffset + end);
  }

  private static void three(
      Run run,
      float factor,
      float[] from,
      int fromOffset,
      float[] to,
      int toOffset,
      int length,
      int phase) {
    FloatVector f0 = FloatVector.broadcast(SPECIES, factor);
    FloatVector a0 = FloatVector.broadcast(SPECIES, run.addend(0));
    FloatVector l0 = FloatVector.broadcast(SPECIES, run.min(0));
    FloatVector h0 = FloatVector.broadcast(SPECIES, run.max(0));
    FloatVector f1 = FloatVector.broadcast(SPECIES, run.factor(1));
    FloatVector a1 = FloatVector.broadcast(SPECIES, run.addend(1));
    FloatVector l1 = FloatVector.broadcast(SPECIES, run.min(1));
    FloatVector h1 = FloatVector.broadcast(SPECIES, run.max(1));
    FloatVector f2 = FloatVector.broadcast(SPECIES, run.factor(2));
    FloatVector a2 = FloatVector.broadcast(SPECIES, run.addend(2));
    FloatVector l2 = FloatVector.broadcast(SPECIES, run.min(2));
    FloatVector h2 = FloatVector.broadcast(SPECIES, run.max(2));
    if (length < LANES) {
      VectorMask<Float> few = SPECIES.indexInRange(0, length);
      FloatVector v = at(from, fromOffset, few);
      stage(stage(stage(v, f0, a0, l0, h0), f1, a1, l1, h1), f2, a2, l2, h2)
          .intoArray(to, toOffset, few);
      return;
    }
    int end = length - LANES;
    FloatVector first = at(from, fromOffset);
    FloatVector last = at(from, fromOffset + end);
    first = stage(stage(stage(first, f0, a0, l0, h0), f1, a1, l1, h1), f2, a2, l2, h2);
    last = stage(stage(stage(last, f0, a0, l0, h0), f1, a1, l1, h1), f2, a2, l2, h2);
    for (int i = Alignment.lead(phase, toOffset, LANES); i < end; i += LANES) {
      FloatVector v = at(from, fromOffset + i);
      stage(stage(stage(v, f0, a0, l0, h0), f1, a1, l1, h1), f2, a2, l2, h2)
          .intoArray(to, toOffset + i);
    }
    first.intoArray(to, toOffset);
    last.intoArray(to, toOffset + end);
  }

  private static FloatVector stage(
      FloatVector v, FloatVector factor, FloatVector addend, FloatVector min, FloatVector max) {
    return clamped(v.mul(factor).add(addend), min, max);
  }
}
