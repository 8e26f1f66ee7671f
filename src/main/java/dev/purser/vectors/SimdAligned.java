package dev.purser.vectors;

import static dev.purser.vectors.SimdKernels.clamped;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/// The loops of [SimdKernels] over long runs, which store whole registers of memory ([Alignment]).
/// Pure.
///
/// [#scale] and [#add] go through registers of at most 256 bits: what counts is stores, of which
/// today's machines do one or two of 256 bits in a cycle, and hardly one of 512 bits sooner than
/// two of 256.
///
/// The first and the last register are computed before the loop and stored after it, over values
/// that the loop has written the same, so that it holds in place too.
///
/// `conf/jvm.options` keeps [#scale] and [#add] from being inlined: within another loop the JIT was
/// seen to make them a fifth slower. [#clamp] gains nothing by it.
final class SimdAligned {
  private static final VectorSpecies<Float> SPECIES =
      FloatVector.SPECIES_PREFERRED.length() > FloatVector.SPECIES_256.length()
          ? FloatVector.SPECIES_256
          : FloatVector.SPECIES_PREFERRED;

  private static final int LANES = SPECIES.length();

  /// Values from which on a loop gains more by whole registers than it pays for its beginning.
  static final int WORTH = 384;

  /// The same for [#clamp], which computes more for what it stores.
  static final int CLAMP_WORTH = 192;

  private SimdAligned() {}

  static void scale(
      float factor, float[] from, int fromOffset, float[] to, int toOffset, int length, int phase) {
    FloatVector factors = FloatVector.broadcast(SPECIES, factor);
    int end = length - LANES;
    FloatVector first = at(from, fromOffset).mul(factors);
    FloatVector last = at(from, fromOffset + end).mul(factors);
    for (int i = Alignment.lead(phase, toOffset, LANES); i < end; i += LANES) {
      at(from, fromOffset + i).mul(factors).intoArray(to, toOffset + i);
    }
    first.intoArray(to, toOffset);
    last.intoArray(to, toOffset + end);
  }

  static void add(
      float addend, float[] from, int fromOffset, float[] to, int toOffset, int length, int phase) {
    FloatVector addends = FloatVector.broadcast(SPECIES, addend);
    int end = length - LANES;
    FloatVector first = at(from, fromOffset).add(addends);
    FloatVector last = at(from, fromOffset + end).add(addends);
    for (int i = Alignment.lead(phase, toOffset, LANES); i < end; i += LANES) {
      at(from, fromOffset + i).add(addends).intoArray(to, toOffset + i);
    }
    first.intoArray(to, toOffset);
    last.intoArray(to, toOffset + end);
  }

  static void clamp(
      float min,
      float max,
      float[] from,
      int fromOffset,
      float[] to,
      int toOffset,
      int length,
      int phase) {
    VectorSpecies<Float> species = SimdKernels.SPECIES; // it computes more than it stores
    int lanes = species.length();
    FloatVector mins = FloatVector.broadcast(species, min);
    FloatVector maxs = FloatVector.broadcast(species, max);
    int end = length - lanes;
    FloatVector first = clamped(SimdKernels.at(from, fromOffset), mins, maxs);
    FloatVector last = clamped(SimdKernels.at(from, fromOffset + end), mins, maxs);
    for (int i = Alignment.lead(phase, toOffset, lanes); i < end; i += lanes) {
      clamped(SimdKernels.at(from, fromOffset + i), mins, maxs).intoArray(to, toOffset + i);
    }
    first.intoArray(to, toOffset);
    last.intoArray(to, toOffset + end);
  }

  private static FloatVector at(float[] values, int offset) {
    return FloatVector.fromArray(SPECIES, values, offset);
  }
}
