package dev.purser.vectors;

import static dev.purser.vectors.SimdKernels.LANES;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/// Where in an array the registers of memory begin. A register that is stored across two lines of
/// the cache costs two stores, and the JVM places arrays at any multiple of eight bytes; loops that
/// store whole lines were measured to be up to a third faster.
///
/// The place is a hint: the collector may move the array the moment after, and then the loop is
/// slower and no less right. Java does not tell an address, so C's `memset` of no bytes, which
/// returns its argument, does. Pure.
final class Alignment {
  /// Values from which on asking, some 10 ns, is worth it.
  static final int WORTH = 8_192;

  private static final @Nullable MethodHandle ADDRESS = address();

  private Alignment() {}

  /// The values of a run before the first whole register, fewer than a register has.
  static int lead(float[] values, int offset) {
    if (ADDRESS == null) {
      return 0;
    }
    long at = addressOf(ADDRESS, values) + (long) Float.BYTES * offset;
    return (int) (-at & (Float.BYTES * LANES - 1)) / Float.BYTES;
  }

  private static long addressOf(MethodHandle address, float[] values) {
    try {
      return (long) address.invokeExact(MemorySegment.ofArray(values), 0, 0L);
    } catch (Throwable e) { // C throws nothing
      throw new IllegalStateException(e);
    }
  }

  @SuppressWarnings("restricted") // it reads and writes nothing
  private static @Nullable MethodHandle address() {
    try {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(
          linker.defaultLookup().findOrThrow("memset"),
          FunctionDescriptor.of(
              ValueLayout.JAVA_LONG,
              ValueLayout.ADDRESS,
              ValueLayout.JAVA_INT,
              ValueLayout.JAVA_LONG),
          Linker.Option.critical(true));
    } catch (RuntimeException _) {
      return null; // native access is forbidden, or there is no linker
    }
  }
}
