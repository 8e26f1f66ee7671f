package dev.purser.vectors;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/// The reference: one value at a time, sums in double precision. What [SimdKernels] is proved
/// against, and what a JVM without the vector API uses. Immutable.
final class ScalarKernels implements Kernels {
  private static final VarHandle VALUE =
      MethodHandles.byteArrayViewVarHandle(float[].class, ByteOrder.LITTLE_ENDIAN);

  @Override
  public String name() {
    return "scalar";
  }

  @Override
  public void scale(
      float factor, float[] from, int fromOffset, float[] to, int toOffset, int length, int phase) {
    for (int i = 0; i < length; i++) {
      to[toOffset + i] = from[fromOffset + i] * factor;
    }
  }

  @Override
  public void add(
      float addend, float[] from, int fromOffset, float[] to, int toOffset, int length, int phase) {
    for (int i = 0; i < length; i++) {
      to[toOffset + i] = from[fromOffset + i] + addend;
    }
  }

  @Override
  public void clamp(
      float min,
      float max,
      float[] from,
      int fromOffset,
      float[] to,
      int toOffset,
      int length,
      int phase) {
    for (int i = 0; i < length; i++) {
      to[toOffset + i] = clamped(from[fromOffset + i], min, max);
    }
  }

  @Override
  public void run(
      Run run, float[] from, int fromOffset, float[] to, int toOffset, int length, int phase) {
    switch (run.shape()) {
      case SCALE -> scale(run.factor(0), from, fromOffset, to, toOffset, length, phase);
      case ADD -> add(run.addend(0), from, fromOffset, to, toOffset, length, phase);
      case CLAMP -> clamp(run.min(0), run.max(0), from, fromOffset, to, toOffset, length, phase);
      case STAGES -> stages(run, from, fromOffset, to, toOffset, length);
    }
  }

  @Override
  public void run(Run run, byte[] values, int offset, int length) {
    for (int i = offset; i < offset + length; i += Float.BYTES) {
      float v = (float) VALUE.get(values, i);
      boolean clamp = run.shape() == Run.Shape.CLAMP; // it leaves a NaN's bits alone
      VALUE.set(values, i, clamp ? clamped(v, run.min(0), run.max(0)) : staged(run, v));
    }
  }

  private static void stages(
      Run run, float[] from, int fromOffset, float[] to, int toOffset, int length) {
    for (int i = 0; i < length; i++) {
      to[toOffset + i] = staged(run, from[fromOffset + i]);
    }
  }

  private static float staged(Run run, float value) {
    float v = value;
    for (int stage = 0; stage < run.stages(); stage++) {
      v = v * run.factor(stage) + run.addend(stage);
      v = clamped(v, run.min(stage), run.max(stage));
    }
    return v;
  }

  @Override
  public void normalize(
      Run then, float[] from, int fromOffset, float[] to, int toOffset, int length, int phase) {
    // Squares of 32-bit floats neither overflow nor underflow in 64 bits.
    double norm = Math.sqrt(sum(from, fromOffset, from, fromOffset, length));
    double divisor = norm == 0 ? 1 : norm;
    for (int i = 0; i < length; i++) {
      to[toOffset + i] = (float) (from[fromOffset + i] / divisor);
    }
    run(then, to, toOffset, to, toOffset, length, phase); // its own factor is 1
  }

  @Override
  public float dot(float[] a, int aOffset, float[] b, int bOffset, int length) {
    return (float) sum(a, aOffset, b, bOffset, length);
  }

  @Override
  public float cosine(float[] a, int aOffset, float[] b, int bOffset, int length) {
    double dot = 0;
    double aSquares = 0;
    double bSquares = 0;
    for (int i = 0; i < length; i++) {
      double x = a[aOffset + i];
      double y = b[bOffset + i];
      dot += x * y;
      aSquares += x * x;
      bSquares += y * y;
    }
    return aSquares == 0 || bSquares == 0
        ? 0
        : (float) (dot / (Math.sqrt(aSquares) * Math.sqrt(bSquares)));
  }

  @Override
  public float squaredEuclidean(float[] a, int aOffset, float[] b, int bOffset, int length) {
    double sum = 0;
    for (int i = 0; i < length; i++) {
      double difference = (double) a[aOffset + i] - b[bOffset + i];
      sum += difference * difference;
    }
    return (float) sum;
  }

  static float clamped(float v, float min, float max) {
    return v < min ? min : v > max ? max : v;
  }

  private static double sum(float[] a, int aOffset, float[] b, int bOffset, int length) {
    double sum = 0;
    for (int i = 0; i < length; i++) {
      sum += (double) a[aOffset + i] * b[bOffset + i];
    }
    return sum;
  }
}
