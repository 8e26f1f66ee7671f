package dev.purser.vectors;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.FieldSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Both implementations against sums in double precision, within the bound that the interface
/// promises and a search builds on.
class RowKernelsTest {
  private static final int PANEL = RowKernels.PANEL;
  private static final int QUERIES = RowKernels.QUERIES;
  private static final int AT = 3; // panels need not begin at the array's start
  private static final List<RowKernels> BOTH =
      List.of(new ScalarRowKernels(), new SimdRowKernels());
  private static final List<Integer> DIMENSIONS =
      Stream.concat(
              IntStream.rangeClosed(1, 70).boxed(),
              Stream.of(127, 128, 129, 255, 256, 257, 1000, 4095, 4096))
          .toList();

  @ParameterizedTest
  @FieldSource("DIMENSIONS")
  void kernels_ofAnyDimension_areWithinTheirBound(int dimension) {
    Random random = new Random(dimension);
    for (float scale : new float[] {1, 1e-20f, 1e-38f, 1e15f}) {
      float[][] rows = vectors(4 * PANEL, dimension, scale, random);
      float[][] queries = vectors(QUERIES, dimension, 1, random);
      float[] panels = panels(rows, dimension);
      for (RowKernels kernels : BOTH) {
        for (int count = 1; count <= 4; count++) {
          check(kernels, queries, rows, panels, dimension, count);
        }
      }
    }
  }

  private static void check(
      RowKernels kernels, float[][] queries, float[][] rows, float[] panels, int dim, int count) {
    int stride = count * PANEL + 5;
    float[] four = new float[QUERIES * dim];
    for (int q = 0; q < QUERIES; q++) {
      for (int i = 0; i < dim; i++) {
        four[i * QUERIES + q] = queries[q][i];
      }
    }
    float[] dots = new float[QUERIES * stride];
    float[] cached = new float[QUERIES * stride];
    float[] near = new float[QUERIES * stride];
    kernels.dotsOfFour(four, dim, panels, AT, count, dots, stride, false);
    kernels.dotsOfFour(four, dim, panels, AT, count, cached, stride, count % 2 == 0);
    kernels.nearnessOfFour(four, dim, panels, AT, count, near, stride);
    for (int q = 0; q < QUERIES; q++) {
      float[] dotsOfOne = new float[count * PANEL];
      float[] nearOfOne = new float[count * PANEL];
      kernels.dots(queries[q], dim, panels, AT, count, dotsOfOne);
      kernels.nearness(queries[q], dim, panels, AT, count, nearOfOne);
      for (int row = 0; row < count * PANEL; row++) {
        double[] dot = new double[2];
        double[] distance = new double[2];
        for (int i = 0; i < dim; i++) {
          double product = (double) queries[q][i] * rows[row][i];
          dot[0] += product;
          dot[1] += Math.abs(product);
          double d = (double) queries[q][i] - rows[row][i];
          distance[0] -= d * d;
          distance[1] += d * d;
        }
        within(dotsOfOne[row], dot, dim);
        within(dots[q * stride + row], dot, dim);
        within(cached[q * stride + row], dot, dim);
        within(nearOfOne[row], distance, dim);
        within(near[q * stride + row], distance, dim);
      }
    }
  }

  /// @param exact the sum, and the sum of magnitudes
  private static void within(float raw, double[] exact, int dimension) {
    double bound = (dimension + 3) * 0x1p-24 * exact[1] + dimension * 0x1p-149;
    if (!(Math.abs(raw - exact[0]) <= bound)) {
      assertThat((double) raw).as("dimension %d, bound %s", dimension, bound).isEqualTo(exact[0]);
    }
  }

  @ParameterizedTest
  @FieldSource("BOTH")
  void reaching_wherever_findsTheFirst(RowKernels kernels) {
    for (int length : new int[] {0, 1, 15, 16, 17, 31, 32, 33, 70}) {
      float[] norms = new float[length + 2];
      float[] raw = new float[length + 1];
      Arrays.fill(norms, 2);
      Arrays.fill(raw, 4.9f);
      assertThat(kernels.reaching(raw, 1, norms, 2, 0, length, 1, 2)).isEqualTo(length);
      for (int hit = 0; hit < length; hit++) {
        for (float value : new float[] {5, 6, Float.POSITIVE_INFINITY, Float.NaN}) {
          raw[1 + hit] = value;
          assertThat(kernels.reaching(raw, 1, norms, 2, 0, length, 1, 2)).isEqualTo(hit);
          assertThat(kernels.reaching(raw, 1, norms, 2, hit + 1, length, 1, 2)).isEqualTo(length);
        }
        raw[1 + hit] = Float.NEGATIVE_INFINITY;
        assertThat(kernels.reaching(raw, 1, norms, 2, 0, length, 1, 2)).isEqualTo(length);
        norms[2 + hit] = Float.NaN;
        assertThat(kernels.reaching(raw, 1, norms, 2, 0, length, 1, 2)).isEqualTo(hit);
        norms[2 + hit] = 2;
        raw[1 + hit] = 4.9f;
      }
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 128})
  void overflow_ofProducts_isNotAFiniteNumber(int dimension) {
    float[][] rows = vectors(PANEL, dimension, 1, new Random(1));
    for (float[] row : rows) {
      row[0] = Float.MAX_VALUE;
    }
    float[] query = new float[dimension];
    query[0] = Float.MAX_VALUE;
    for (RowKernels kernels : BOTH) {
      float[] raw = new float[PANEL];
      kernels.dots(query, dimension, panels(rows, dimension), AT, 1, raw);
      for (float value : raw) {
        assertThat(Float.isFinite(value)).isFalse();
      }
    }
  }

  private static float[][] vectors(int count, int dimension, float scale, Random random) {
    float[][] vectors = new float[count][dimension];
    for (float[] vector : vectors) {
      for (int i = 0; i < dimension; i++) {
        vector[i] = (float) random.nextGaussian() * scale;
      }
    }
    return vectors;
  }

  /// The layout written out a second time.
  private static float[] panels(float[][] rows, int dimension) {
    float[] panels = new float[AT + rows.length * dimension];
    int to = AT;
    for (int panel = 0; panel < rows.length / PANEL; panel++) {
      for (int i = 0; i < dimension; i++) {
        for (int lane = 0; lane < PANEL; lane++) {
          panels[to++] = rows[panel * PANEL + lane][i];
        }
      }
    }
    return panels;
  }
}
