package dev.purser.vectors;

import static dev.purser.vectors.Floats.assertSameBits;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;

/// The SIMD kernels against the scalar reference, and the reference against exact arithmetic.
final class KernelsTest {
  private static final double U = 0x1p-24;
  private static final Kernels SIMD = new SimdKernels();
  private static final Kernels SCALAR = new ScalarKernels();
  private static final List<Kernels> BOTH = List.of(SIMD, SCALAR);
  private static final List<String> RUNS =
      List.of(
          "scale:-0.7",
          "add:0.1",
          "add:-0.0",
          "clamp:-1:1",
          "clamp:0:0",
          "clamp:-0.0:3e38",
          "scale:3,add:-1",
          "add:1,scale:1e-40",
          "scale:2.0,add:0.5,clamp:-1:1",
          "clamp:-1:1,scale:1e30,scale:1e30,add:7",
          "add:1,add:2,scale:3,clamp:-9:9,clamp:0:5,add:1,scale:2,scale:0.5");

  /// One kernel on a run of an array, out of place.
  private interface Elementwise {
    void apply(
        Kernels k, float[] from, int fromOffset, float[] to, int toOffset, int length, int phase);
  }

  @Test
  void scale_ofAnyValue_theReferencesBits() {
    for (float factor : new float[] {2, -0.3f, 0, -0f, 1e-40f, Float.MAX_VALUE}) {
      assertElementwise((k, f, fo, t, to, n, phase) -> k.scale(factor, f, fo, t, to, n, phase));
    }
  }

  @Test
  void add_ofAnyValue_theReferencesBits() {
    for (float addend : new float[] {0.5f, 0, -0f, 1e-45f, -Float.MAX_VALUE}) {
      assertElementwise((k, f, fo, t, to, n, phase) -> k.add(addend, f, fo, t, to, n, phase));
    }
  }

  @Test
  void clamp_ofAnyValue_theReferencesBits() {
    assertElementwise((k, f, fo, t, to, n, phase) -> k.clamp(-1, 1, f, fo, t, to, n, phase));
    assertElementwise((k, f, fo, t, to, n, phase) -> k.clamp(0, 0, f, fo, t, to, n, phase));
  }

  @ParameterizedTest
  @FieldSource("RUNS")
  void run_fused_theReferencesBits(String chain) {
    Chain fused = Chain.parse(chain, null, 16);
    assertElementwise(
        (k, f, fo, t, to, n, phase) -> fused.apply(k, f, fo, t, to, n)); // it asks itself
  }

  @ParameterizedTest
  @FieldSource("RUNS")
  void run_ofBytes_theBitsOfTheValues(String chain) {
    Chain parsed = Chain.parse(chain, null, 16);
    Random random = new Random(8);
    for (int length : Floats.LENGTHS) {
      float[] values = Floats.wild(random, length);
      byte[] bytes = Floats.bytes(values);
      byte[] reference = bytes.clone();
      parsed.apply(SIMD, bytes);
      parsed.apply(SCALAR, reference);
      parsed.apply(SCALAR, values, 0, values, 0, length);
      assertSameBits("SIMD " + chain + " of " + length, Floats.floats(bytes), values);
      assertSameBits("scalar " + chain + " of " + length, Floats.floats(reference), values);
    }
  }

  /// Against the definition, one kernel after another, each with its own loop here.
  @ParameterizedTest
  @FieldSource("RUNS")
  void run_fused_asOneKernelAfterAnother(String chain) {
    float[] values = Floats.wild(new Random(5), 1_000);
    float[] expected = values.clone();
    for (String kernel : chain.split(",", -1)) {
      String[] parts = kernel.split(":", -1);
      float one = Float.parseFloat(parts[1]);
      for (int i = 0; i < expected.length; i++) {
        float v = expected[i];
        expected[i] =
            switch (parts[0]) {
              case "scale" -> v * one;
              case "add" -> v + one;
              default -> v < one ? one : v > parsedMax(parts) ? parsedMax(parts) : v;
            };
      }
    }
    for (Kernels k : BOTH) {
      float[] actual = values.clone();
      Chain.parse(chain, null, 16).apply(k, actual, 0, actual, 0, actual.length);
      assertSameBits(k.name() + " " + chain, actual, expected);
    }
  }

  private static float parsedMax(String[] parts) {
    return Float.parseFloat(parts[2]);
  }

  @Test
  void clamp_ofEdges_keepsWhatIsInside() {
    for (Kernels k : BOTH) {
      float[] values = Floats.EXTREMES.clone();
      k.clamp(0, 1, values, 0, values, 0, values.length, 0);
      assertThat(Float.floatToRawIntBits(values[1])).isEqualTo(0x80000000); // -0.0 is not below 0
      assertThat(Float.floatToRawIntBits(values[20])).isEqualTo(0x7fc12345); // NaN is neither
      assertThat(values[2]).isEqualTo(Float.MIN_VALUE);
      assertThat(values[3]).isZero();
      assertThat(values[17]).isOne();
    }
  }

  private static void assertElementwise(Elementwise kernel) {
    Random random = new Random(1);
    for (int length : Floats.LENGTHS) {
      assertElementwise(kernel, random, length, random.nextInt(20));
    }
    for (int offset = 0; offset <= 16; offset++) { // of several tiles of a chain
      assertElementwise(kernel, random, 8_190 + 3 * offset, offset);
    }
  }

  private static void assertElementwise(Elementwise kernel, Random random, int length, int offset) {
    float[] from = Floats.wild(random, length + offset + 3);
    float[] expected = Floats.wild(random, length + 9);
    float[] actual = expected.clone(); // what is beside the run must stay
    kernel.apply(SCALAR, from, offset, expected, 5, length, 0);
    int phase = random.nextInt(Alignment.LINE); // right or wrong: it is a hint
    kernel.apply(SIMD, from, offset, actual, 5, length, phase);
    assertSameBits("out of place, " + length + " at " + offset, actual, expected);
    float[] inPlace = from.clone();
    kernel.apply(SIMD, inPlace, offset, inPlace, offset, length, phase);
    kernel.apply(SCALAR, from, offset, from, offset, length, 0);
    assertSameBits("in place, " + length + " at " + offset, inPlace, from);
  }

  @Test
  void alignment_ofARun_fewerThanARegister() {
    int phase = Alignment.phase(new float[64]);
    assertThat(phase).isBetween(0, Alignment.LINE - 1);
    for (int lanes = 2; lanes <= Alignment.LINE; lanes *= 2) {
      for (int offset = 0; offset < 64; offset++) {
        int lead = Alignment.lead(phase, offset, lanes);
        assertThat(lead).isBetween(0, lanes - 1);
        assertThat((offset + lead - phase) % lanes).isZero();
      }
    }
  }

  /// Each array's phase tells the others' in one allocation after another: the JVM places arrays at
  /// multiples of eight bytes, so two values.
  @Test
  void alignment_ofManyArrays_allOfOneParity() {
    Set<Integer> phases = new HashSet<>();
    for (int i = 0; i < 1_000; i++) {
      phases.add(Alignment.phase(new float[2 * (i % 9) + 1]));
    }
    assertThat(phases).hasSizeGreaterThan(1);
    assertThat(phases.stream().map(p -> p % 2).distinct()).hasSize(1);
  }

  @Test
  void dot_ofOrdinaryValues_withinItsBound() {
    Random random = new Random(2);
    for (int n : Floats.LENGTHS) {
      float[] a = Floats.ordinary(random, n + 7);
      float[] b = Floats.ordinary(random, n + 7);
      double exact = 0;
      double magnitudes = 0;
      for (int i = 0; i < n; i++) {
        double product = (double) a[3 + i] * b[7 + i];
        exact += product;
        magnitudes += Math.abs(product);
      }
      for (Kernels k : BOTH) {
        assertThat((double) k.dot(a, 3, b, 7, n))
            .as("%s, %d", k.name(), n)
            .isBetween(exact - bound(n, magnitudes), exact + bound(n, magnitudes));
      }
    }
  }

  @Test
  void squaredEuclidean_ofOrdinaryValues_withinItsBound() {
    Random random = new Random(3);
    for (int n : Floats.LENGTHS) {
      float[] a = Floats.ordinary(random, n + 7);
      float[] b = Floats.ordinary(random, n + 7);
      double exact = 0;
      for (int i = 0; i < n; i++) {
        double difference = (double) a[7 + i] - b[3 + i];
        exact += difference * difference;
      }
      for (Kernels k : BOTH) {
        assertThat((double) k.squaredEuclidean(a, 7, b, 3, n))
            .as("%s, %d", k.name(), n)
            .isBetween(exact - bound(n, exact), exact + bound(n, exact));
      }
    }
  }

  private static double bound(int n, double magnitudes) {
    return (n + 2) * U * magnitudes + n * 0x1p-149;
  }

  @Test
  void cosine_ofAnyExponent_withinItsBound() {
    Random random = new Random(4);
    for (int n : Floats.LENGTHS) {
      for (float exponent : new float[] {1, 1e-30f, 1e30f, 1e-42f}) {
        float[] a = Floats.ordinary(random, n);
        float[] b = Floats.ordinary(random, n);
        SCALAR.scale(exponent, a, 0, a, 0, n, 0);
        double exact = exactCosine(a, b);
        for (Kernels k : BOTH) {
          assertThat((double) k.cosine(a, 0, b, 0, n))
              .as("%s, %d, %g", k.name(), n, exponent)
              .isBetween(exact - (3 * n + 8) * U, exact + (3 * n + 8) * U);
        }
      }
    }
  }

  private static double exactCosine(float[] a, float[] b) {
    BigDecimal dot = BigDecimal.ZERO;
    BigDecimal as = BigDecimal.ZERO;
    BigDecimal bs = BigDecimal.ZERO;
    for (int i = 0; i < a.length; i++) {
      BigDecimal x = new BigDecimal(a[i]);
      BigDecimal y = new BigDecimal(b[i]);
      dot = dot.add(x.multiply(y));
      as = as.add(x.multiply(x));
      bs = bs.add(y.multiply(y));
    }
    double norms = Math.sqrt(as.doubleValue()) * Math.sqrt(bs.doubleValue());
    return norms == 0 ? 0 : dot.doubleValue() / norms;
  }

  @Test
  void reductions_ofKnownSums_exact() {
    for (Kernels k : BOTH) {
      for (int n : Floats.LENGTHS) {
        float[] ones = new float[n];
        float[] threes = new float[n];
        Arrays.fill(ones, 1);
        Arrays.fill(threes, 3);
        assertThat(k.dot(ones, 0, threes, 0, n)).isEqualTo(3f * n);
        assertThat(k.squaredEuclidean(ones, 0, threes, 0, n)).isEqualTo(4f * n);
        assertThat(k.cosine(ones, 0, threes, 0, n)).isEqualTo(n == 0 ? 0f : 1f);
      }
      float[] axes = {0, 3, 4, 0};
      assertThat(k.dot(axes, 0, axes, 0, 4)).isEqualTo(25);
      assertThat(k.cosine(axes, 0, new float[4], 0, 4)).as("a zero vector").isZero();
    }
  }

  @Test
  void reductions_ofNoNumbers_saySo() {
    for (Kernels k : BOTH) {
      for (int n : List.of(1, 15, 16, 17, 64, 65, 100)) {
        float[] a = new float[n];
        float[] b = new float[n];
        Arrays.fill(a, 1);
        Arrays.fill(b, 1);
        a[n - 1] = Float.NaN;
        assertThat(k.dot(a, 0, b, 0, n)).isNaN();
        assertThat(k.squaredEuclidean(a, 0, b, 0, n)).isNaN();
        assertThat(k.cosine(a, 0, b, 0, n)).isNaN();
        a[n - 1] = Float.POSITIVE_INFINITY;
        assertThat(k.dot(a, 0, b, 0, n)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(k.squaredEuclidean(a, 0, b, 0, n)).isEqualTo(Float.POSITIVE_INFINITY);
        assertThat(k.cosine(a, 0, b, 0, n)).isNaN();
      }
    }
  }

  @Test
  void normalize_ofAnyExponent_withinItsBound() {
    Random random = new Random(7);
    for (int n : Floats.LENGTHS) {
      if (n > Chain.MOST_DIMENSIONS) {
        return;
      }
      for (float exponent : new float[] {1, 1e-30f, 1e30f, 1e-44f, 1.5e38f}) {
        float[] values = Floats.ordinary(random, n);
        SCALAR.scale(exponent, values, 0, values, 0, n, 0);
        double squares = 0;
        for (float v : values) {
          squares += (double) v * v;
        }
        double norm = squares == 0 ? 1 : Math.sqrt(squares);
        for (Kernels k : BOTH) {
          float[] actual = normalized(k, values);
          for (int i = 0; i < n; i++) {
            double exact = values[i] / norm;
            double bound = 4 * Math.ulp((float) exact) + n * U * Math.abs(exact);
            assertThat((double) actual[i])
                .as("%s, %d of %d, %g", k.name(), i, n, exponent)
                .isBetween(exact - bound, exact + bound);
          }
        }
      }
    }
  }

  @Test
  void normalize_ofEdges_asSaid() {
    for (Kernels k : BOTH) {
      for (int n : List.of(2, 16, 17, 65)) {
        float[] values = new float[n];
        values[1] = -0f;
        assertSameBits("a zero vector", normalized(k, values), values);
        values[0] = Float.MIN_VALUE;
        assertThat(normalized(k, values)[0]).isOne();
        values[0] = Float.MAX_VALUE;
        assertThat(normalized(k, values)[0]).isOne();
        values[0] = Float.NEGATIVE_INFINITY;
        assertThat(normalized(k, values)[0]).isNaN();
        assertThat(normalized(k, values)[1]).isZero();
        values[0] = Float.NaN;
        for (float v : normalized(k, values)) {
          assertThat(v).isNaN();
        }
      }
    }
  }

  private static float[] normalized(Kernels kernels, float[] values) {
    float[] to = new float[values.length];
    if (values.length > 0) {
      Chain.parse("normalize", values.length, 1).apply(kernels, values, 0, to, 0, values.length);
    }
    return to;
  }

  @Test
  void kernels_outsideTheirArrays_refuse() {
    for (Kernels k : BOTH) {
      float[] ten = new float[10];
      assertThatThrownBy(() -> k.scale(2, ten, 1, ten, 1, 10, 0))
          .isInstanceOf(IndexOutOfBoundsException.class);
      assertThatThrownBy(() -> k.dot(ten, 0, ten, 5, 6))
          .isInstanceOf(IndexOutOfBoundsException.class);
    }
  }

  @Test
  void choice_withAndWithoutTheFlag_isMade() {
    assertThat(KernelsChoice.choose(true)).isInstanceOf(SimdKernels.class);
    assertThat(KernelsChoice.choose(false)).isInstanceOf(ScalarKernels.class);
    assertThat(KernelsChoice.chosen())
        .as("the tests have the flag")
        .isInstanceOf(SimdKernels.class)
        .isSameAs(KernelsChoice.chosen());
  }
}
