package dev.purser.vectors;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Which [Kernels] this JVM uses: chosen once, logged once. Without the flag that opens the vector
/// API the service runs on the scalar ones, and says which flag is missing.
final class KernelsChoice {
  private static final Logger LOG = LoggerFactory.getLogger(KernelsChoice.class);
  private static final String MODULE = "jdk.incubator.vector";
  private static final Kernels CHOSEN = choose(ModuleLayer.boot().findModule(MODULE).isPresent());

  private KernelsChoice() {}

  /// The kernels of this JVM, the same for its whole life.
  static Kernels chosen() {
    return CHOSEN;
  }

  static Kernels choose(boolean vectorApi) {
    if (!vectorApi) {
      LOG.warn(
          "Kernels: scalar, slower by far. The JVM was started without --add-modules={}, which"
              + " conf/jvm.options has.",
          MODULE);
      return new ScalarKernels();
    }
    Kernels simd = new SimdKernels();
    LOG.info("Kernels: {}", simd.name());
    return simd;
  }
}
