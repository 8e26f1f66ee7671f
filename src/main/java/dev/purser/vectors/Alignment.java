package dev.purser.vectors;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/// Where in an array the lines of the cache begin. A register that is stored across two of them
/// costs two stores, and the JVM places arrays at any multiple of eight bytes; loops that store
/// whole registers of memory were measured to be up to 1.5 times as fast.
///
/// The place is a hint: the collector may move the array the moment after, and then a loop is
/// slower and no less right. Java does not tell an address, so C's `llabs` does, which returns the
/// magnitude of its argument: the addresses of programs are positive.
///
/// Whoever applies kernels asks once for an array and hands the answer on. Kernels do not ask
/// themselves: in a method that calls another, the JIT was seen to fetch what a loop needs from the
/// stack at each turn (1.5 times as slow). Pure.
final class Alignment {
  /// Values of a line: 64 bytes.
  static final int LINE = 16;

  private static final @Nullable MethodHandle ADDRESS = address();

  private Alignment() {}

  /// The index, below [#LINE], of the first value of `values` with which a line of the cache
  /// begins; 0 if nobody can tell.
  static int phase(float[] values) {
    return ADDRESS == null ? 0 : (int) (-addressOf(ADDRESS, values) / Float.BYTES & (LINE - 1));
  }

  /// The values from `offset` on before the first whole register of `lanes` values in an array of
  /// such a phase, fewer than those.
  ///
  /// @param lanes a power of two, [#LINE] at most
  static int lead(int phase, int offset, int lanes) {
    return phase - offset & (lanes - 1);
  }

  private static long addressOf(MethodHandle address, float[] values) {
    try {
      return (long) address.invokeExact(MemorySegment.ofArray(values));
    } catch (Throwable e) { // C throws nothing
      throw new IllegalStateException(e);
    }
  }

  @SuppressWarnings("restricted") // it reads and writes nothing
  private static @Nullable MethodHandle address() {
    try {
      Linker linker = Linker.nativeLinker();
      return linker.downcallHandle(
          linker.defaultLookup().findOrThrow("llabs"),
          FunctionDescriptor.of(ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
          Linker.Option.critical(true));
    } catch (RuntimeException _) {
      return null; // native access is forbidden, or there is no linker
    }
  }
}
