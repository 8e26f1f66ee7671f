package dev.purser.vectors;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/// `src/jmh/c/kernels.c`, compiled by this machine's gcc and called on the same arrays as ours.
@SuppressWarnings("restricted") // it calls what it has just compiled
final class NativeKernels {
  private static final Path SOURCE = Path.of("src/jmh/c/kernels.c");
  private final MethodHandle scale;
  private final MethodHandle clamp;
  private final MethodHandle dot;

  private NativeKernels(SymbolLookup library) {
    MemoryLayout pointer = ValueLayout.ADDRESS;
    MemoryLayout number = ValueLayout.JAVA_LONG;
    MemoryLayout value = ValueLayout.JAVA_FLOAT;
    scale =
        handle(
            library, "scale_in_place", FunctionDescriptor.ofVoid(pointer, number, value, number));
    clamp =
        handle(
            library,
            "clamp_in_place",
            FunctionDescriptor.ofVoid(pointer, number, value, value, number));
    dot = handle(library, "dot", FunctionDescriptor.of(value, pointer, pointer, number, number));
  }

  private static MethodHandle handle(SymbolLookup library, String name, FunctionDescriptor form) {
    // Critical: the function sees the array where it lies, as ours do.
    return Linker.nativeLinker()
        .downcallHandle(library.findOrThrow(name), form, Linker.Option.critical(true));
  }

  /// The library, or null where there is no gcc.
  static @Nullable NativeKernels compile() throws IOException, InterruptedException {
    Path library = Files.createTempDirectory("kernels").resolve("libkernels.so");
    try {
      int code =
          new ProcessBuilder(
                  "gcc",
                  "-O3",
                  "-march=native",
                  "-shared",
                  "-fPIC",
                  "-o",
                  library.toString(),
                  SOURCE.toString())
              .inheritIO()
              .start()
              .waitFor();
      return code == 0
          ? new NativeKernels(SymbolLookup.libraryLookup(library, Arena.global()))
          : null;
    } catch (IOException _) {
      return null; // no gcc
    }
  }

  void scale(float[] values, int length, float factor, int times) throws Throwable {
    scale.invokeExact(MemorySegment.ofArray(values), (long) length, factor, (long) times);
  }

  void clamp(float[] values, int length, float min, float max, int times) throws Throwable {
    clamp.invokeExact(MemorySegment.ofArray(values), (long) length, min, max, (long) times);
  }

  float dot(float[] a, float[] b, int length, int times) throws Throwable {
    return (float)
        dot.invokeExact(
            MemorySegment.ofArray(a), MemorySegment.ofArray(b), (long) length, (long) times);
  }
}
