package dev.purser.vectors;

import static dev.purser.vectors.SimdKernels.SPECIES;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// Runs of [SimdKernels] in place over values as they come through sockets: little-endian bytes, on
/// a machine of the same order. Pure.
final class SimdBytes {
  private static final VectorSpecies<Byte> BYTES = ByteVector.SPECIES_PREFERRED;
  private static final int REGISTER = BYTES.length();
  private static final VarHandle VALUE =
      MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);

  /// Bytes that go through all stages before the next do: half of a first-level cache of 32 KiB.
  private static final int TILE = 16 << 10;

  private SimdBytes() {}

  /// @param length a multiple of four
  static void apply(Run run, byte[] values, int offset, int length) {
    if (run.shape() == Run.Shape.CLAMP) { // the one kernel that leaves a NaN's bits alone
      clamp(run.min(0), run.max(0), values, offset, length);
      return;
    }
    for (int i = 0; i < length; i += TILE) {
      int n = Math.min(TILE, length - i);
      for (int stage = 0; stage < run.stages(); stage++) {
        stage(
            run.factor(stage),
            run.addend(stage),
            run.min(stage),
            run.max(stage),
            values,
            offset + i,
            n);
      }
    }
  }

  /// `conf/jvm.options` keeps the JIT from inlining it and [#clamp]: within all that a stream does,
  /// the loop was seen to be compiled so that it took six times as long.
  private static void stage(
      float factor, float addend, float min, float max, byte[] values, int offset, int length) {
    if (length < REGISTER) {
      for (int i = offset; i < offset + length; i += Float.BYTES) {
        VALUE.set(values, i, staged((float) VALUE.get(values, i), factor, addend, min, max));
      }
      return;
    }
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
    if (length < REGISTER) {
      for (int i = offset; i < offset + length; i += Float.BYTES) {
        VALUE.set(values, i, ScalarKernels.clamped((float) VALUE.get(values, i), min, max));
      }
      return;
    }
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

  private static FloatVector staged(
      FloatVector v, FloatVector factor, FloatVector addend, FloatVector min, FloatVector max) {
    return SimdKernels.clamped(v.mul(factor).add(addend), min, max);
  }

  private static float staged(float v, float factor, float addend, float min, float max) {
    return ScalarKernels.clamped(v * factor + addend, min, max);
  }
}
