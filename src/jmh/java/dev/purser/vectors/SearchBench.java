package dev.purser.vectors;

import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorSpecies;

/// Exact search beside summing the same block, the least that a scan can cost: 100,000 vectors of
/// 128, the best 10 by cosine; on one thread, on two, and 16 searches that share a pass beside 16
/// one after another. All measures take turns within one run; the medians' ratios are the result.
///
/// `java --add-modules=jdk.incubator.vector -cp ... dev.purser.vectors.SearchBench [chunk KiB]`
public final class SearchBench {
  private static final int ROWS = 100_000;
  private static final int DIMENSION = 128;
  private static final int OTHER_DIMENSION = 129;
  private static final int K = 10;
  private static final int QUEUED = 16;
  private static final int WARM_UPS = 60; // the JIT has compiled everything within 30
  private static final int ROUNDS = 60;
  private static final VectorSpecies<Float> SPECIES = FloatVector.SPECIES_PREFERRED;

  private final Block block;
  private final List<Search> searches = new ArrayList<>();
  private final RowKernels kernels = new SimdRowKernels();
  private final List<float[]> queries = new ArrayList<>();
  private float sink;

  private SearchBench(int chunkBytes) {
    block = new Block(DIMENSION, new Allowance(Long.MAX_VALUE), chunkBytes);
    Random random = new Random(1);
    for (int i = 0; i < ROWS; i++) {
      block.put(("id-" + i).getBytes(StandardCharsets.UTF_8), 1, vector(random, DIMENSION));
    }
    for (int i = 0; i < QUEUED; i++) {
      queries.add(vector(random, DIMENSION));
      searches.add(new Search(Metric.COSINE, queries.get(i), K, Long.MAX_VALUE));
    }
  }

  public static void main(String[] args) throws Exception {
    int chunkBytes = args.length == 0 ? Block.CHUNK_BYTES : Integer.parseInt(args[0]) << 10;
    try (ExecutorService two = Executors.newFixedThreadPool(2)) {
      new SearchBench(chunkBytes).measure(two);
    }
  }

  private void measure(ExecutorService two) throws Exception {
    check();
    List<Callable<?>> measures =
        List.of(
            () -> sum(0, block.chunks()),
            () -> search(searches.subList(0, 1), 0, block.chunks()),
            () -> inTwo(two, this::sum),
            () -> inTwo(two, (from, to) -> search(searches.subList(0, 1), from, to)),
            () -> search(searches, 0, block.chunks()),
            () -> oneAfterAnother());
    double[][] nanos = new double[measures.size()][ROUNDS];
    for (int round = -WARM_UPS; round < ROUNDS; round++) {
      for (int m = 0; m < measures.size(); m++) {
        long from = System.nanoTime();
        measures.get(m).call();
        if (round >= 0) {
          nanos[m][round] = System.nanoTime() - from;
        }
      }
    }
    double[] medians = Arrays.stream(nanos).mapToDouble(SearchBench::median).toArray();
    System.out.printf(
        "summing once           %6.2f ms, %5.1f GB/s%n", medians[0] / 1e6, rate(medians[0]));
    System.out.printf(
        "one search             %6.2f ms: %.2f of summing, aim 0.9%n",
        medians[1] / 1e6, medians[0] / medians[1]);
    System.out.printf(
        "summing on two threads %6.2f ms, %5.1f GB/s%n", medians[2] / 1e6, rate(medians[2]));
    System.out.printf(
        "search on two threads  %6.2f ms: %.2f of summing, aim 0.9%n",
        medians[3] / 1e6, medians[2] / medians[3]);
    System.out.printf("%d queued, one pass    %6.2f ms%n", QUEUED, medians[4] / 1e6);
    System.out.printf(
        "%d one after another   %6.2f ms: one pass has %.2f times the throughput, aim 4%n",
        QUEUED, medians[5] / 1e6, medians[5] / medians[4]);
    double[] after = {medianBesideOthers(measures.get(1)), medianBesideOthers(measures.get(4))};
    System.out.printf(
        "beside searches of %d values: one %.2f, %d queued %.2f as fast as before%n",
        OTHER_DIMENSION, medians[1] / after[0], QUEUED, medians[4] / after[1]);
  }

  /// The same search in turns with some of vectors whose length leaves a rest in each loop.
  private double medianBesideOthers(Callable<?> measure) throws Exception {
    Block others = new Block(OTHER_DIMENSION, new Allowance(Long.MAX_VALUE), Block.CHUNK_BYTES);
    Random random = new Random(2);
    for (int i = 0; i < 1_000; i++) {
      others.put(("id-" + i).getBytes(StandardCharsets.UTF_8), 1, vector(random, OTHER_DIMENSION));
    }
    List<Search> four = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      float[] query = vector(random, OTHER_DIMENSION);
      four.add(new Search(Metric.COSINE, query, K, Long.MAX_VALUE));
    }
    double[] nanos = new double[ROUNDS];
    for (int round = -WARM_UPS; round < ROUNDS; round++) {
      sink += new Scan(others, kernels, four, InstantSource.system()).run(0, 1).size();
      sink +=
          new Scan(others, kernels, four.subList(0, 1), InstantSource.system()).run(0, 1).size();
      long from = System.nanoTime();
      measure.call();
      if (round >= 0) {
        nanos[round] = System.nanoTime() - from;
      }
    }
    return median(nanos);
  }

  @FunctionalInterface
  private interface Part {
    Object run(int from, int to);
  }

  private Object inTwo(ExecutorService two, Part part) throws Exception {
    int chunks = block.chunks();
    Future<?> first = two.submit(() -> part.run(0, chunks / 2));
    Future<?> second = two.submit(() -> part.run(chunks / 2, chunks));
    first.get();
    return second.get();
  }

  private List<Best> search(List<Search> together, int from, int to) {
    return new Scan(block, kernels, together, InstantSource.system()).run(from, to);
  }

  private Object oneAfterAnother() {
    for (Search search : searches) {
      search(List.of(search), 0, block.chunks());
    }
    return searches;
  }

  /// Eight sums in flight: no scan reads faster.
  private Object sum(int from, int to) {
    float total = 0;
    for (int n = from; n < to; n++) {
      total += sum(block.chunk(n).values(), block.rows(n) * DIMENSION);
    }
    sink += total;
    return total;
  }

  private static float sum(float[] values, int length) {
    FloatVector a = FloatVector.zero(SPECIES);
    FloatVector b = a;
    FloatVector c = a;
    FloatVector d = a;
    FloatVector e = a;
    FloatVector f = a;
    FloatVector g = a;
    FloatVector h = a;
    int lanes = SPECIES.length();
    for (int i = 0; i + 8 * lanes <= length; i += 8 * lanes) {
      a = a.add(FloatVector.fromArray(SPECIES, values, i));
      b = b.add(FloatVector.fromArray(SPECIES, values, i + lanes));
      c = c.add(FloatVector.fromArray(SPECIES, values, i + 2 * lanes));
      d = d.add(FloatVector.fromArray(SPECIES, values, i + 3 * lanes));
      e = e.add(FloatVector.fromArray(SPECIES, values, i + 4 * lanes));
      f = f.add(FloatVector.fromArray(SPECIES, values, i + 5 * lanes));
      g = g.add(FloatVector.fromArray(SPECIES, values, i + 6 * lanes));
      h = h.add(FloatVector.fromArray(SPECIES, values, i + 7 * lanes));
    }
    return a.add(b).add(c.add(d)).add(e.add(f).add(g.add(h))).reduceLanes(VectorOperators.ADD);
  }

  /// A benchmark of wrong answers measures nothing.
  private void check() {
    List<Best> found = search(searches, 0, block.chunks());
    for (int q = 0; q < QUEUED; q++) {
      Search search = searches.get(q);
      double[] scores = new double[ROWS];
      for (int row = 0; row < ROWS; row++) {
        scores[row] =
            cosine(queries.get(q), block.get(("id-" + row).getBytes(StandardCharsets.UTF_8)));
      }
      List<String> expected =
          IntStream.range(0, ROWS)
              .boxed()
              .sorted(Comparator.comparingDouble(row -> -scores[row]))
              .limit(K)
              .map(row -> "id-" + row)
              .toList();
      List<String> ids = found.get(q).sorted(search).stream().map(Neighbour::id).toList();
      if (!ids.equals(expected)) {
        throw new IllegalStateException("search " + q + " found " + ids + " not " + expected);
      }
    }
  }

  private static double cosine(float[] a, float[] b) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    for (int i = 0; i < DIMENSION; i++) {
      dot += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
    }
    return dot / Math.sqrt(aa * bb);
  }

  private static float[] vector(Random random, int dimension) {
    float[] vector = new float[dimension];
    for (int i = 0; i < dimension; i++) {
      vector[i] = (float) random.nextGaussian();
    }
    return vector;
  }

  private static double median(double[] values) {
    Arrays.sort(values);
    return values[values.length / 2];
  }

  private static double rate(double nanos) {
    return (double) Float.BYTES * ROWS * DIMENSION / nanos;
  }
}
