package dev.purser.vectors;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/// Kernels beside their baseline twins, each alone in its JVM; [KernelRatios] compares them taking
/// turns.
///
/// `java -cp ... org.openjdk.jmh.Main KernelsBenchmark`, with `--add-modules=jdk.incubator.vector`.
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = "--add-modules=jdk.incubator.vector") // the ratios are the result
@Warmup(iterations = 3, time = 1) // loops without branches settle at once
@Measurement(iterations = 3, time = 1)
public class KernelsBenchmark {
  /// One in each cache, and one in none.
  @Param({"1024", "65536", "1048576", "16777216"})
  public int length;

  private final Kernels kernels = KernelsChoice.chosen();
  private final Chain three = Chain.parse("scale:1.0,add:0.0,clamp:-1:1", null, 3);
  private final Chain norms = Chain.parse("scale:1.0,normalize,clamp:-1:1", 128, 3);
  private float factor = 1;
  private float[] from = new float[0];
  private float[] to = new float[0];
  private int phase;

  @Setup
  public void fill() {
    from = new float[length];
    to = new float[length];
    for (int i = 0; i < length; i++) {
      from[i] = (i % 1_000) / 500f - 1;
      to[i] = from[i];
    }
    phase = Alignment.phase(to);
  }

  @Benchmark
  public float[] scale() {
    kernels.scale(factor, from, 0, to, 0, length, phase);
    return to;
  }

  /// The twin of [#scale].
  @Benchmark
  public float[] arraycopy() {
    System.arraycopy(from, 0, to, 0, length);
    return to;
  }

  /// Another twin of [#scale], as the JIT vectorises it.
  @Benchmark
  public float[] plainLoop() {
    for (int i = 0; i < length; i++) {
      to[i] = from[i] * factor;
    }
    return to;
  }

  @Benchmark
  public float[] scaleInPlace() {
    kernels.scale(factor, to, 0, to, 0, length, phase);
    return to;
  }

  /// Beside [#scaleInPlace].
  @Benchmark
  public float[] chainOfThree() {
    three.apply(kernels, to, 0, to, 0, length);
    return to;
  }

  /// Beside [#scaleInPlace].
  @Benchmark
  public float[] chainWithNormalize() {
    norms.apply(kernels, to, 0, to, 0, length);
    return to;
  }

  @Benchmark
  public float dot() {
    return kernels.dot(from, 0, to, 0, length);
  }

  /// The twin of [#dot]: one value after another.
  @Benchmark
  public float dotPlainLoop() {
    float sum = 0;
    for (int i = 0; i < length; i++) {
      sum += from[i] * to[i];
    }
    return sum;
  }
}
