package dev.purser.vectors;

/// One search, prepared: what is asked, how rows are scored exactly, and which rows a fast scan in
/// f32 may pass over.
///
/// ## Exactness
///
/// A scan computes a raw value of each row in f32 ([RowKernels]). A row whose raw value is below a
/// bar cannot be among the best, whatever was rounded; every other row is scored in double
/// precision, and only that score decides. The bar follows from the error of a sum of n products
/// (Higham, Accuracy and Stability of Numerical Algorithms, 3.1): at most n u / (1 - n u) of the
/// sum of their magnitudes, u = 2^-24, which for products is at most the product of the norms. So
/// the result is that of double precision, at the speed of single.
///
/// Safe for many threads; only [#cancel()] changes it.
final class Search {
  private static final double UNIT = 0x1p-24;

  /// Roundings beside those of the sum: of the query's direction, the norm and the bar.
  private static final int SLACK = 16;

  private final Metric metric;
  private final float[] vector;
  private final float[] scanned;
  private final double square;
  private final double norm;
  private final double error;
  private final int k;
  private final long deadlineMillis;
  private volatile boolean cancelled;

  /// @param vector finite; handed over
  /// @param k how many of the best rows are wanted
  /// @param deadlineMillis when nobody waits for the answer any more
  Search(Metric metric, float[] vector, int k, long deadlineMillis) {
    this.metric = metric;
    this.vector = vector;
    this.k = k;
    this.deadlineMillis = deadlineMillis;
    this.square = square(vector);
    this.norm = Math.sqrt(square);
    this.error = (vector.length + SLACK) * UNIT * 1.01;
    this.scanned = metric == Metric.EUCLIDEAN ? vector : direction(vector, norm);
  }

  Metric metric() {
    return metric;
  }

  int k() {
    return k;
  }

  /// Nobody waits any more.
  void cancel() {
    cancelled = true;
  }

  /// Whether the search is not worth going on with.
  boolean over(long nowMillis) {
    return cancelled || nowMillis >= deadlineMillis;
  }

  /// Whether raw values are distances and not products.
  boolean byDistance() {
    return metric == Metric.EUCLIDEAN;
  }

  /// What the kernels take: the vector, or for products its direction, so that their raw values
  /// neither overflow nor vanish.
  float[] scanned() {
    return scanned;
  }

  /// The constant part of the bar, for a row that must score `worst` at least.
  float bar(double worst) {
    return switch (metric) {
      case COSINE -> 0;
      case DOT -> norm == 0 ? Float.NEGATIVE_INFINITY : Math.nextDown((float) (worst / norm));
      // The least number is what squares lose that are too small for f32.
      case EUCLIDEAN ->
          Math.nextDown((float) (worst * (1 + error) - vector.length * (double) Float.MIN_VALUE));
    };
  }

  /// The part of the bar that grows with a row's norm.
  float slope(double worst) {
    return switch (metric) {
      case COSINE -> norm == 0 ? Float.NEGATIVE_INFINITY : Math.nextDown((float) (worst - error));
      case DOT -> Math.nextDown((float) -error);
      case EUCLIDEAN -> 0;
    };
  }

  /// The score of a row in double precision, the greatest is best: a cosine, a product, or a
  /// negated squared distance.
  ///
  /// @param at the index of the row's first value; the others follow at distances of a panel
  double score(float[] rows, int at) {
    return switch (metric) {
      case COSINE -> cosine(rows, at);
      case DOT -> dot(rows, at);
      case EUCLIDEAN -> -squaredDistance(rows, at);
    };
  }

  /// A score as callers know it.
  double told(double score) {
    // Adding zero makes a negative zero a positive one.
    return metric == Metric.EUCLIDEAN ? Math.sqrt(-score) : score + 0.0;
  }

  private double cosine(float[] rows, int at) {
    double dot = 0;
    double ours = 0;
    for (int i = 0; i < vector.length; i++) {
      double x = rows[at + i * RowKernels.PANEL];
      dot += vector[i] * x;
      ours += x * x;
    }
    // One root of the product: the cosine of a vector with itself is exactly 1.
    double norms = Math.sqrt(ours * square);
    return norms == 0 ? 0 : Math.clamp(dot / norms, -1.0, 1.0);
  }

  private double dot(float[] rows, int at) {
    double dot = 0;
    for (int i = 0; i < vector.length; i++) {
      dot += (double) vector[i] * rows[at + i * RowKernels.PANEL];
    }
    return dot;
  }

  private double squaredDistance(float[] rows, int at) {
    double sum = 0;
    for (int i = 0; i < vector.length; i++) {
      double d = (double) vector[i] - rows[at + i * RowKernels.PANEL];
      sum += d * d;
    }
    return sum;
  }

  private static double square(float[] vector) {
    double sum = 0;
    for (float x : vector) {
      sum += (double) x * x;
    }
    return sum;
  }

  private static float[] direction(float[] vector, double norm) {
    float[] direction = new float[vector.length];
    for (int i = 0; i < vector.length && norm > 0; i++) {
      direction[i] = (float) (vector[i] / norm);
    }
    return direction;
  }
}
