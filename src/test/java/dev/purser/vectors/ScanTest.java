package dev.purser.vectors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Searches against a brute force in double precision that is written here anew.
class ScanTest {
  private static final InstantSource CLOCK = InstantSource.system();
  private static final long NEVER = Long.MAX_VALUE;
  private static final List<RowKernels> BOTH =
      List.of(new ScalarRowKernels(), new SimdRowKernels());

  /// In the order of ids by UTF-8 bytes, which for ASCII is that of strings.
  private final Map<String, float[]> vectors = new TreeMap<>();

  @ParameterizedTest
  @CsvSource({"1", "2", "3", "15", "16", "17", "50", "128", "300", "1000", "4096"})
  void search_ofRandomVectors_equalsBruteForce(int dimension) {
    Random random = new Random(dimension);
    int rows = Math.min(3_000, 800_000 / dimension);
    for (int i = 0; i < rows; i++) {
      vectors.put("id-" + i, gaussian(dimension, random));
    }
    Block block = block(dimension);
    for (RowKernels kernels : BOTH) {
      for (int k : new int[] {1, 10, 1_000}) {
        List<Search> searches = new ArrayList<>();
        List<float[]> queries = new ArrayList<>();
        for (int i = 0; i < 11; i++) { // two groups of four and three singles, metrics mixed
          queries.add(gaussian(dimension, random));
          searches.add(new Search(Metric.values()[i % 3], queries.get(i), k, NEVER));
        }
        List<List<Neighbour>> found = found(block, kernels, searches);
        for (int i = 0; i < searches.size(); i++) {
          check(found.get(i), queries.get(i), searches.get(i).metric(), k);
        }
      }
    }
  }

  /// Values from a handful: most scores occur many times, and all sums are exact.
  @ParameterizedTest
  @EnumSource(Metric.class)
  void scores_thatAreEqual_areOrderedById(Metric metric) {
    Random random = new Random(7);
    for (int i = 0; i < 2_000; i++) {
      vectors.put("id-" + random.nextInt(100_000), few(random));
    }
    Block block = block(3);
    for (RowKernels kernels : BOTH) {
      for (int i = 0; i < 30; i++) {
        float[] query = few(random);
        int k = 1 + random.nextInt(300);
        List<Neighbour> found =
            found(block, kernels, List.of(new Search(metric, query, k, NEVER))).getFirst();
        assertThat(found).isEqualTo(bruteForce(query, metric).subList(0, k));
      }
    }
  }

  private static float[] few(Random random) {
    // Norms of 0, 2 and 4 only: cosines are exact too.
    float[][] all = {{0, 0, 0}, {2, 0, 0}, {0, 2, 0}, {0, 0, -2}, {-4, 0, 0}, {0, 4, 0}};
    return all[random.nextInt(all.length)].clone();
  }

  @Test
  void ids_ofEqualScores_areOrderedByTheirUtf8Bytes() {
    // By UTF-16 the last but one, a surrogate pair, would come before U+FF61.
    List<String> ordered = List.of("A", "a", "aa", "\u00e9", "\uff61", "\ud83d\ude00");
    for (String id : ordered.reversed()) {
      vectors.put(id, new float[] {1, 1});
    }
    Search search = new Search(Metric.COSINE, new float[] {1, 0}, 10, NEVER);
    assertThat(found(block(2), BOTH.get(1), List.of(search)).getFirst())
        .extracting(Neighbour::id)
        .isEqualTo(ordered);
    assertThat(
            ordered.reversed().stream()
                .map(id -> new Neighbour(id, 1))
                .sorted(Neighbour.bestFirst(Metric.DOT))
                .map(Neighbour::id))
        .isEqualTo(ordered);
  }

  /// All that f32 holds, from the least to the greatest: products overflow and vanish in single
  /// precision, and must not in the answer.
  @ParameterizedTest
  @EnumSource(Metric.class)
  void values_ofAnyMagnitude_areScoredExactly(Metric metric) {
    Random random = new Random(11);
    for (int i = 0; i < 1_500; i++) {
      vectors.put("id-" + i, anyMagnitude(9, random));
    }
    vectors.put("zero", new float[9]);
    vectors.put("most", filled(9, Float.MAX_VALUE));
    vectors.put("least", filled(9, Float.MIN_VALUE));
    vectors.put("negative", filled(9, -Float.MAX_VALUE));
    Block block = block(9);
    for (RowKernels kernels : BOTH) {
      for (int i = 0; i < 40; i++) {
        float[] query =
            switch (i) {
              case 0 -> filled(9, Float.MAX_VALUE);
              case 1 -> filled(9, Float.MIN_VALUE);
              case 2 -> filled(9, 1);
              default -> anyMagnitude(9, random);
            };
        Search search = new Search(metric, query, 25, NEVER);
        check(found(block, kernels, List.of(search)).getFirst(), query, metric, 25);
      }
    }
  }

  private static float[] anyMagnitude(int dimension, Random random) {
    float[] vector = new float[dimension];
    int exponent = random.nextInt(277) - 149;
    for (int i = 0; i < dimension; i++) {
      vector[i] = Math.scalb(random.nextFloat() - 0.5f, exponent + random.nextInt(3) - 1);
    }
    return vector;
  }

  /// Far from the origin and close together: squared norms differ in digits that f32 has not.
  @ParameterizedTest
  @EnumSource(Metric.class)
  void vectors_thatAreNearlyEqual_areToldApart(Metric metric) {
    Random random = new Random(13);
    for (int i = 0; i < 2_000; i++) {
      float[] vector = filled(40, 1_000);
      for (int n = 0; n < 3; n++) {
        vector[random.nextInt(40)] += random.nextInt(5) * 0x1p-13f;
      }
      vectors.put("id-" + i, vector);
    }
    Block block = block(40);
    float[] query = filled(40, 1_000);
    query[3] += 0x1p-12f;
    for (RowKernels kernels : BOTH) {
      Search search = new Search(metric, query, 50, NEVER);
      check(found(block, kernels, List.of(search)).getFirst(), query, metric, 50);
    }
  }

  @Test
  void vectorOfZeros_byCosine_isAtZero() {
    vectors.put("against", new float[] {-1, 0});
    vectors.put("along", new float[] {5, 0});
    vectors.put("zero", new float[] {0, 0});
    Block block = block(2);
    assertThat(found(block, BOTH.get(1), List.of(cosine(1, 0))).getFirst())
        .containsExactly(
            new Neighbour("along", 1), new Neighbour("zero", 0), new Neighbour("against", -1));
    assertThat(found(block, BOTH.get(1), List.of(cosine(0, -0.0f))).getFirst())
        .containsExactly(
            new Neighbour("against", 0), new Neighbour("along", 0), new Neighbour("zero", 0));
  }

  private static Search cosine(float... vector) {
    return new Search(Metric.COSINE, vector, 10, NEVER);
  }

  @Test
  void block_withoutRows_findsNothing() {
    assertThat(found(block(3), BOTH.get(1), List.of(cosine(1, 2, 3)))).containsExactly(List.of());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7})
  void parts_ofAPass_mergeToTheWhole(int parts) {
    Random random = new Random(parts);
    for (int i = 0; i < 3_000; i++) {
      vectors.put("id-" + i, gaussian(20, random));
    }
    Block block = block(20);
    List<Search> searches = List.of(cosine(gaussian(20, random)), cosine(gaussian(20, random)));
    Scan scan = new Scan(block, new SimdRowKernels(), searches, CLOCK);
    List<Best> merged = scan.run(0, 0);
    for (int part = 0; part < parts; part++) {
      List<Best> found =
          scan.run(part * block.chunks() / parts, (part + 1) * block.chunks() / parts);
      for (int i = 0; i < searches.size(); i++) {
        merged.get(i).merge(found.get(i));
      }
    }
    List<Best> whole = scan.run(0, block.chunks());
    for (int i = 0; i < searches.size(); i++) {
      assertThat(merged.get(i).sorted(searches.get(i)))
          .isEqualTo(whole.get(i).sorted(searches.get(i)))
          .hasSize(10);
    }
  }

  /// The clock is read once a chunk: the pass ends with the chunk in which the last search is over,
  /// and the others are not disturbed.
  @Test
  void searches_thatAreOver_areLeftOut() {
    Random random = new Random(3);
    for (int i = 0; i < 3_000; i++) {
      vectors.put("id-" + i, gaussian(20, random));
    }
    Block block = block(20);
    float[] query = gaussian(20, random);
    Search late = new Search(Metric.DOT, gaussian(20, random), 10, 100);
    Search cancelled = new Search(Metric.EUCLIDEAN, gaussian(20, random), 10, NEVER);
    Search wanted = new Search(Metric.COSINE, query, 10, NEVER);
    cancelled.cancel();
    int[] asked = {0};
    InstantSource clock =
        () -> {
          asked[0]++;
          return Instant.ofEpochMilli(100);
        };
    Scan scan = new Scan(block, new SimdRowKernels(), List.of(late, cancelled, wanted), clock);
    List<Best> found = scan.run(0, block.chunks());
    assertThat(asked[0]).isEqualTo(block.chunks());
    check(found.get(2).sorted(wanted), query, Metric.COSINE, 10);
    assertThat(found.get(1).sorted(cancelled)).isEmpty();

    asked[0] = 0;
    wanted.cancel();
    scan.run(0, block.chunks());
    assertThat(asked[0]).isEqualTo(1);
  }

  /// A block that changes all the time.
  @ParameterizedTest
  @FieldSource("BOTH")
  void search_betweenRandomChanges_equalsBruteForce(RowKernels kernels) {
    Random random = new Random(17);
    Block block = new Block(10, new Allowance(NEVER), 5_000);
    for (int round = 0; round < 120; round++) {
      for (int i = 0; i < 40; i++) {
        String id = "id-" + random.nextInt(1_500);
        if (random.nextInt(10) < (round < 60 ? 8 : 3)) {
          float[] vector = gaussian(10, random);
          block.put(id.getBytes(UTF_8), 1, vector);
          vectors.put(id, vector);
        } else {
          block.remove(id.getBytes(UTF_8));
          vectors.remove(id);
        }
      }
      Metric metric = Metric.values()[round % 3];
      float[] query = gaussian(10, random);
      Search search = new Search(metric, query, 20, NEVER);
      check(found(block, kernels, List.of(search)).getFirst(), query, metric, 20);
    }
  }

  private Block block(int dimension) {
    // Small chunks, so that there are many.
    Block block = new Block(dimension, new Allowance(NEVER), 20_000);
    Map<String, float[]> shuffled = new LinkedHashMap<>();
    List<String> ids = new ArrayList<>(vectors.keySet());
    Collections.shuffle(ids, new Random(5));
    ids.forEach(id -> shuffled.put(id, vectors.get(id)));
    shuffled.forEach((id, vector) -> block.put(id.getBytes(UTF_8), 1, vector));
    return block;
  }

  private static List<List<Neighbour>> found(
      Block block, RowKernels kernels, List<Search> searches) {
    List<Best> best = new Scan(block, kernels, searches, CLOCK).run(0, block.chunks());
    List<List<Neighbour>> found = new ArrayList<>();
    for (int i = 0; i < searches.size(); i++) {
      found.add(best.get(i).sorted(searches.get(i)));
    }
    return found;
  }

  /// Scores may differ in the last digits of a double, and ids only where scores do no more.
  private void check(List<Neighbour> found, float[] query, Metric metric, int k) {
    List<Neighbour> expected = bruteForce(query, metric);
    assertThat(found).hasSize(Math.min(k, expected.size()));
    for (int i = 0; i < found.size(); i++) {
      double score = found.get(i).score();
      double best = expected.get(i).score();
      assertThat(near(score, best)).as("%s is %s, at %d is %s", score, found, i, best).isTrue();
      double own = score(query, vectors.get(found.get(i).id()), metric);
      assertThat(near(score, own)).as("score %s of %s", score, found.get(i).id()).isTrue();
    }
    assertThat(found).extracting(Neighbour::id).doesNotHaveDuplicates();
  }

  private static boolean near(double a, double b) {
    return a == b || Math.abs(a - b) <= 1e-12 * Math.max(Math.abs(a), Math.abs(b)) + 1e-14;
  }

  private List<Neighbour> bruteForce(float[] query, Metric metric) {
    Comparator<Neighbour> order = Comparator.comparingDouble(Neighbour::score);
    // The sort is stable and the map in order: ties stay in the order of ids.
    return vectors.entrySet().stream()
        .map(e -> new Neighbour(e.getKey(), score(query, e.getValue(), metric)))
        .sorted(metric == Metric.EUCLIDEAN ? order : order.reversed())
        .toList();
  }

  private static double score(float[] a, float[] b, Metric metric) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    double distance = 0;
    for (int i = 0; i < a.length; i++) {
      dot += (double) a[i] * b[i];
      aa += (double) a[i] * a[i];
      bb += (double) b[i] * b[i];
      distance += Math.pow((double) a[i] - b[i], 2);
    }
    return switch (metric) {
      case COSINE -> aa == 0 || bb == 0 ? 0 : dot / (Math.sqrt(aa) * Math.sqrt(bb));
      case DOT -> dot;
      case EUCLIDEAN -> Math.sqrt(distance);
    };
  }

  private static float[] gaussian(int dimension, Random random) {
    float[] vector = new float[dimension];
    for (int i = 0; i < dimension; i++) {
      vector[i] = (float) random.nextGaussian();
    }
    return vector;
  }

  private static float[] filled(int dimension, float value) {
    float[] vector = new float[dimension];
    Arrays.fill(vector, value);
    return vector;
  }
}
