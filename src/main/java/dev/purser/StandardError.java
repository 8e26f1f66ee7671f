package dev.purser;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;

/// Takes the process's standard error back from the filter that `bin/purser` puts before it until
/// the JVM has started: the JVM's warning of incubator modules cannot be switched off.
///
/// The descriptor itself is replaced, so that whatever writes to it, in Java or not, goes
/// unfiltered, and the filter ends. Where that is not possible the filter stays, and passes all on.
final class StandardError {
  /// System property with the number of the descriptor that is the true standard error.
  private static final String DESCRIPTOR = "purser.stderr";

  private static final int STANDARD_ERROR = 2;

  private StandardError() {}

  static void unfilter() {
    Integer kept = Integer.getInteger(DESCRIPTOR);
    if (kept == null) {
      return;
    }
    try {
      Optional<MethodHandle> duplicate = function("dup2", 2);
      Optional<MethodHandle> close = function("close", 1);
      if (duplicate.isPresent() && close.isPresent()) {
        int done = (int) duplicate.get().invokeExact((int) kept, STANDARD_ERROR);
        if (done == STANDARD_ERROR) {
          int _ = (int) close.get().invokeExact((int) kept);
        }
      }
    } catch (Throwable e) { // a method handle declares all
      System.err.println("purser: standard error stays filtered: " + e);
    }
  }

  /// A function of the C library that takes so many ints and returns one.
  @SuppressWarnings(
      "restricted") // bin/purser enables native access, which the driver of SQLite needs too
  private static Optional<MethodHandle> function(String name, int arguments) {
    FunctionDescriptor shape = FunctionDescriptor.of(ValueLayout.JAVA_INT);
    for (int i = 0; i < arguments; i++) {
      shape = shape.appendArgumentLayouts(ValueLayout.JAVA_INT);
    }
    FunctionDescriptor whole = shape;
    Linker linker = Linker.nativeLinker();
    return linker.defaultLookup().find(name).map(at -> linker.downcallHandle(at, whole));
  }
}
