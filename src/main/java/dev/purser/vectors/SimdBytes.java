package dev.purser.vectors;

import static dev.purser.vectors.SimdKernels.SPECIES;
import static dev.purser.vectors.SimdStages.staged;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Runs of [SimdKernels] in place over values as they come through sockets: little-endian bytes, on
/// a machine of the same order. Pure.
final class SimdBytes {
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_PREFERRED;
  static final int REGISTER = BYTES.length();

  private SimdBytes() {}

  /// @param length a multiple of four, at least a register
  static void apply(Run run, byte[] values, int offset, int length) {
    if (run.shape() == Run.Shape.CLAMP) { // the one kernel that leaves a NaN's bits alone
      clamp(run.min(0), run.max(0), values, offset, length);
      return;
    }
    for (int s = 0; s < run.stages(); s++) {
      stage(run.factor(s), run.addend(s), run.min(s), run.max(s), values, offset, length);
    }
  }

  /// `conf/jvm.options` keeps the JIT from inlining it and [#clamp]: within all that a stream does,
  /// the loop was seen to be compiled so that it took six times as long.
  private static void stage(
      float factor, float addend, float min, float max, byte[] values, int offset, int length) {
    FloatVector factors = FloatVector.broadcast(SPECIES, factor);
    FloatVector addends = FloatVector.broadcast(SPECIES, addend);
    FloatVector mins = FloatVector.broadcast(SPECIES, min);
    FloatVector maxs = FloatVector.broadcast(SPECIES, max);
    int end = length - REGISTER;
    FloatVector last = staged(at(values, offset + end), factors, addends, mins, maxs);
    for (int i = 0; i < end; i += REGISTER) {
      FloatVector v = at(values, offset + i);
      staged(v, factors, addends, mins, maxs).reinterpretAsBytes().intoArray(values, offset + i);
    }
    last.reinterpretAsBytes().intoArray(values, offset + end);
  }

  private static void clamp(float min, float max, byte[] values, int offset, int length) {
    FloatVector mins = FloatVector.broadcast(SPECIES, min);
    FloatVector maxs = FloatVector.broadcast(SPECIES, max);
    int end = length - REGISTER;
    FloatVector last = SimdKernels.clamped(at(values, offset + end), mins, maxs);
    for (int i = 0; i < end; i += REGISTER) {
      FloatVector v = SimdKernels.clamped(at(values, offset + i), mins, maxs);
      v.reinterpretAsBytes().intoArray(values, offset + i);
    }
    last.reinterpretAsBytes().intoArray(values, offset + end);
  }

  private static FloatVector at(byte[] values, int offset) {
    return ByteVector.fromArray(BYTES, values, offset).reinterpretAsFloats();
  }
}
