package dev.purser.vectors;

import java.util.Arrays;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// The speed of kernels against what they are measured by, as ratios from one run: each pair takes
/// turns, and of its rounds the median is told with the quartiles. 1.00 is as fast, 2.00 twice as
/// fast. Nothing is asserted.
///
/// `ops/bench/vectors` runs it once for each length, as its argument: what the JIT makes of a loop
/// depends on the lengths it has seen, that of the plain loop more than ours.
public final class KernelRatios {
  private static final int ROUNDS = 41;

  /// Values worked on in a round: some milliseconds out of cache.
  private static final int WORK = 1 << 22;

  private static final int LARGEST = 1 << 24;
  private static final int ARRAYCOPY_STREAMS = 256 << 10;
  private static final Kernels OURS = KernelsChoice.chosen();
  private static final float[] LARGE_FROM = new float[LARGEST];
  private static final float[] LARGE_TO = new float[LARGEST];

  /// Values that short runs go through: 8 KiB of each array, since two of 16 KiB would fill all of
  /// a first cache of 32 KiB and push each other out.
  private static final int WINDOW = 1 << 11;

  /// Values of an array for runs up to this length.
  private static final int SHORT = 1 << 12;

  /// Where runs come from and go to: for short ones other arrays in each round, since it counts for
  /// them where in memory an array lies, and how far from the other.
  private static float[] from = LARGE_FROM;

  private static float[] to = LARGE_TO;

  private static final Random PLACES = new Random(1);

  /// Kept, so that the two arrays of a round lie as far apart as it is long.
  private static byte[] between = {};

  /// Of [#to], asked once for all runs of a round, as a chain does for all runs of a chunk.
  private static int phase;

  /// Whether nothing is told yet.
  private static boolean quiet;

  /// A field, so that no loop is compiled for the one factor there is.
  private static float factor = 1;

  /// Kept, so that no sum is computed for nobody.
  private static float sink;

  private KernelRatios() {}

  /// Some work, done a number of times.
  private interface Work {
    void times(int times) throws Throwable;
  }

  public static void main(String[] args) throws Throwable {
    for (int i = 0; i < LARGEST; i++) {
      LARGE_FROM[i] = (i % 1_000) / 500f - 1;
    }
    System.out.println("kernels: " + OURS.name() + ", runs of " + args[0]);
    NativeKernels c = NativeKernels.compile();
    if (c == null) {
      System.out.println("no gcc here: the lines against C are left out");
    }
    int n = Integer.parseInt(args[0]);
    quiet = true; // all is compiled for runs of such a length: too few of many Mi would be done
    all(Math.min(n, SHORT), c);
    quiet = false;
    all(n, c);
  }

  private static void all(int n, @Nullable NativeKernels c) throws Throwable {
    outOfPlace(n);
    inPlace(n);
    fused(n);
    if (c != null) {
      againstC(c, n);
    }
  }

  private static void outOfPlace(int n) throws Throwable {
    Work ours = times -> scale(from, to, n, times);
    Work copy = times -> copy(from, to, n, times);
    boolean streams = n > ARRAYCOPY_STREAMS;
    tell("scale out of place / System.arraycopy", n, streams ? 0 : 0.95, ours, copy);
    tell(
        "scale out of place / plain loop", n, streams ? 0.95 : 0, ours, t -> plain(from, to, n, t));
  }

  private static void inPlace(int n) throws Throwable {
    Work ours = times -> scale(to, n, times);
    tell("scale in place / plain loop", n, 0.95, ours, times -> plainInPlace(to, n, times));
  }

  private static void fused(int n) throws Throwable {
    Chain three = Chain.parse("scale:1.0,add:0.0,clamp:-1:1", null, 8);
    double aim = n >= 1 << 22 ? 0.9 : 0;
    tell(
        "chain of three / scale, both in place",
        n,
        aim,
        times -> chain(three, to, n, times),
        times -> scale(to, n, times));
    if (n >= 128) {
      Chain norms = Chain.parse("scale:1.0,normalize,clamp:-1:1", 128, 8);
      int whole = n - n % 128;
      tell(
          "scale, normalize (128), clamp / scale",
          n,
          0,
          times -> chain(norms, to, whole, times),
          times -> scale(to, n, times));
    }
  }

  private static void againstC(NativeKernels c, int n) throws Throwable {
    tell("scale in place / C", n, 0.9, t -> scale(to, n, t), t -> c.scale(to, n, 1, t));
    tell("clamp in place / C", n, 0.9, t -> clamp(to, n, t), t -> c.clamp(to, n, -1, 1, t));
    tell("dot / C", n, 0.9, t -> dot(from, to, n, t), t -> sink += c.dot(from, to, n, t));
  }

  private static void tell(String what, int n, double aim, Work ours, Work theirs)
      throws Throwable {
    int times = Math.max(1, WORK / n);
    if (n > SHORT) {
      from = LARGE_FROM;
      to = LARGE_TO;
    }
    double[] ratios = new double[ROUNDS];
    double[] nanos = new double[ROUNDS];
    for (int round = -ROUNDS / 2; round < ROUNDS; round++) {
      if (n <= SHORT) {
        place();
      }
      phase = Alignment.phase(to);
      long start = System.nanoTime();
      theirs.times(times);
      long middle = System.nanoTime();
      ours.times(times);
      long end = System.nanoTime();
      if (round >= 0) {
        ratios[round] = (double) (middle - start) / (end - middle);
        nanos[round] = (double) (end - middle) / times;
      }
    }
    Arrays.sort(ratios);
    Arrays.sort(nanos);
    double median = ratios[ROUNDS / 2];
    if (quiet) {
      return;
    }
    String verdict = aim == 0 ? "" : median >= aim ? "aim " + aim : "MISSES " + aim;
    System.out.printf(
        "%-42s %,12d values  %5.2f (%.2f to %.2f)  %6.1f G values/s  %s%n",
        what,
        n,
        median,
        ratios[ROUNDS / 4],
        ratios[ROUNDS - 1 - ROUNDS / 4],
        n / nanos[ROUNDS / 2],
        verdict);
  }

  /// Arrays for short runs, at a place by chance.
  private static void place() {
    from = Arrays.copyOf(LARGE_FROM, SHORT);
    between = new byte[PLACES.nextInt(4_096)];
    to = Arrays.copyOf(LARGE_FROM, SHORT);
  }

  /// Where the run of repetition `t` begins: short runs go through a window that fits the first
  /// cache, so that none waits for the stores of the one before.
  private static int place(int t, int n) {
    return n >= WINDOW ? 0 : t % (WINDOW / n) * n;
  }

  private static void scale(float[] from, float[] to, int n, int times) {
    int hint = phase;
    for (int t = 0; t < times; t++) {
      int at = place(t, n);
      OURS.scale(1, from, at, to, at, n, hint);
    }
  }

  /// The JIT knows that there is one array, as C's compiler does.
  private static void scale(float[] values, int n, int times) {
    int hint = phase;
    for (int t = 0; t < times; t++) {
      int at = place(t, n);
      OURS.scale(1, values, at, values, at, n, hint);
    }
  }

  private static void clamp(float[] values, int n, int times) {
    int hint = phase;
    for (int t = 0; t < times; t++) {
      int at = place(t, n);
      OURS.clamp(-1, 1, values, at, values, at, n, hint);
    }
  }

  private static void dot(float[] a, float[] b, int n, int times) {
    for (int t = 0; t < times; t++) {
      int at = place(t, n);
      sink += OURS.dot(a, at, b, at, n);
    }
  }

  private static void chain(Chain chain, float[] values, int n, int times) {
    for (int t = 0; t < times; t++) {
      int at = place(t, n);
      chain.apply(OURS, values, at, values, at, n);
    }
  }

  private static void copy(float[] from, float[] to, int n, int times) {
    for (int t = 0; t < times; t++) {
      int at = place(t, n);
      System.arraycopy(from, at, to, at, n);
    }
  }

  private static void plain(float[] from, float[] to, int n, int times) {
    for (int t = 0; t < times; t++) {
      plainScale(factor, from, to, place(t, n), n);
    }
  }

  private static void plainInPlace(float[] values, int n, int times) {
    for (int t = 0; t < times; t++) {
      plainScale(factor, values, place(t, n), n);
    }
  }

  private static void plainScale(float factor, float[] from, float[] to, int at, int n) {
    for (int i = at; i < at + n; i++) {
      to[i] = from[i] * factor;
    }
  }

  private static void plainScale(float factor, float[] values, int at, int n) {
    for (int i = at; i < at + n; i++) {
      values[i] *= factor;
    }
  }
}
