package dev.purser.vectors;

import static dev.purser.vectors.SimdKernels.LANES;
import static dev.purser.vectors.SimdKernels.SPECIES;
import static dev.purser.vectors.SimdKernels.at;
import static dev.purser.vectors.SimdKernels.clamped;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;

/// The fused loops of [SimdKernels]: runs of several kernels, by their number of stages. Pure.
final class SimdStages {

  private SimdStages() {}

  /// A loop for each number of stages: a loop over stages inside would keep the compiler from
  /// holding values in registers (measured: fifty times slower).
  static void apply(
      Run run, float factor, float[] from, int fromOffset, float[] to, int toOffset, int length) {
    switch (run.stages()) {
      case 1 -> one(run, factor, from, fromOffset, to, toOffset, length);
      case 2 -> two(run, factor, from, fromOffset, to, toOffset, length);
      default -> three(run, factor, from, fromOffset, to, toOffset, length);
    }
  }

  private static void one(
      Run run, float factor, float[] from, int fromOffset, float[] to, int toOffset, int length) {
    FloatVector f0 = FloatVector.broadcast(SPECIES, factor);
    FloatVector a0 = FloatVector.broadcast(SPECIES, run.addend(0));
    FloatVector l0 = FloatVector.broadcast(SPECIES, run.min(0));
    FloatVector h0 = FloatVector.broadcast(SPECIES, run.max(0));
    int i = 0;
    for (; i < SPECIES.loopBound(length); i += LANES) {
      FloatVector v = at(from, fromOffset + i);
      v = clamped(v.mul(f0).add(a0), l0, h0);
      v.intoArray(to, toOffset + i);
    }
    if (i < length) {
      VectorMask<Float> rest = SPECIES.indexInRange(i, length);
      FloatVector v = at(from, fromOffset + i, rest);
      v = clamped(v.mul(f0).add(a0), l0, h0);
      v.intoArray(to, toOffset + i, rest);
    }
  }

  private static void two(
      Run run, float factor, float[] from, int fromOffset, float[] to, int toOffset, int length) {
    FloatVector f0 = FloatVector.broadcast(SPECIES, factor);
    FloatVector a0 = FloatVector.broadcast(SPECIES, run.addend(0));
    FloatVector l0 = FloatVector.broadcast(SPECIES, run.min(0));
    FloatVector h0 = FloatVector.broadcast(SPECIES, run.max(0));
    FloatVector f1 = FloatVector.broadcast(SPECIES, run.factor(1));
    FloatVector a1 = FloatVector.broadcast(SPECIES, run.addend(1));
    FloatVector l1 = FloatVector.broadcast(SPECIES, run.min(1));
    FloatVector h1 = FloatVector.broadcast(SPECIES, run.max(1));
    int i = 0;
    for (; i < SPECIES.loopBound(length); i += LANES) {
      FloatVector v = at(from, fromOffset + i);
      v = clamped(v.mul(f0).add(a0), l0, h0);
      v = clamped(v.mul(f1).add(a1), l1, h1);
      v.intoArray(to, toOffset + i);
    }
    if (i < length) {
      VectorMask<Float> rest = SPECIES.indexInRange(i, length);
      FloatVector v = at(from, fromOffset + i, rest);
      v = clamped(v.mul(f0).add(a0), l0, h0);
      v = clamped(v.mul(f1).add(a1), l1, h1);
      v.intoArray(to, toOffset + i, rest);
    }
  }

  private static void three(
      Run run, float factor, float[] from, int fromOffset, float[] to, int toOffset, int length) {
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
    int i = 0;
    for (; i < SPECIES.loopBound(length); i += LANES) {
      FloatVector v = at(from, fromOffset + i);
      v = clamped(v.mul(f0).add(a0), l0, h0);
      v = clamped(v.mul(f1).add(a1), l1, h1);
      v = clamped(v.mul(f2).add(a2), l2, h2);
      v.intoArray(to, toOffset + i);
    }
    if (i < length) {
      VectorMask<Float> rest = SPECIES.indexInRange(i, length);
      FloatVector v = at(from, fromOffset + i, rest);
      v = clamped(v.mul(f0).add(a0), l0, h0);
      v = clamped(v.mul(f1).add(a1), l1, h1);
      v = clamped(v.mul(f2).add(a2), l2, h2);
      v.intoArray(to, toOffset + i, rest);
    }
  }
}
