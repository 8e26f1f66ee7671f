package dev.purser.vectors;

/// The reference: plain loops that say what is meant.
final class ScalarRowKernels implements RowKernels {

  @Override
  public void dots(float[] query, int dimension, float[] rows, int at, int panels, float[] raw) {
    for (int row = 0; row < panels * PANEL; row++) {
      raw[row] = dot(query, 0, 1, rows, first(at, row, dimension), dimension);
    }
  }

  @Override
  public void dotsOfFour(
      float[] queries,
      int dimension,
      float[] rows,
      int at,
      int panels,
      float[] raw,
      int stride,
      boolean cached) {
    for (int row = 0; row < panels * PANEL; row++) {
      for (int q = 0; q < QUERIES; q++) {
        raw[q * stride + row] =
            dot(queries, q, QUERIES, rows, first(at, row, dimension), dimension);
      }
    }
  }

  @Override
  public void nearness(
      float[] query, int dimension, float[] rows, int at, int panels, float[] raw) {
    for (int row = 0; row < panels * PANEL; row++) {
      raw[row] = near(query, 0, 1, rows, first(at, row, dimension), dimension);
    }
  }

  @Override
  public void nearnessOfFour(
      float[] queries, int dimension, float[] rows, int at, int panels, float[] raw, int stride) {
    for (int row = 0; row < panels * PANEL; row++) {
      for (int q = 0; q < QUERIES; q++) {
        raw[q * stride + row] =
            near(queries, q, QUERIES, rows, first(at, row, dimension), dimension);
      }
    }
  }

  @Override
  public int reaching(
      float[] raw, int rawAt, float[] norms, int normsAt, int from, int to, float a, float b) {
    for (int i = from; i < to; i++) {
      if (!(raw[rawAt + i] < a + b * norms[normsAt + i])) {
        return i;
      }
    }
    return to;
  }

  /// The index of the first value of a row.
  private static int first(int at, int row, int dimension) {
    return at + row / PANEL * PANEL * dimension + row % PANEL;
  }

  private static float dot(
      float[] query, int queryAt, int queryStep, float[] rows, int at, int dimension) {
    float sum = 0;
    for (int i = 0; i < dimension; i++) {
      sum += query[queryAt + i * queryStep] * rows[at + i * PANEL];
    }
    return sum;
  }

  private static float near(
      float[] query, int queryAt, int queryStep, float[] rows, int at, int dimension) {
    float sum = 0;
    for (int i = 0; i < dimension; i++) {
      float d = query[queryAt + i * queryStep] - rows[at + i * PANEL];
      sum += d * d;
    }
    return -sum;
  }
}
