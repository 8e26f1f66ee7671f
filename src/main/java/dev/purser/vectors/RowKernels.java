package dev.purser.vectors;

/// What a search does to many rows at once, in f32. Two implementations compute the same within the
/// error that [Search] allows for; callers see to lengths. Stateless, safe for many threads.
///
/// A value is "raw": its error in relation to the sum of the magnitudes of its terms is at most
/// (n + 3) / 2^24 for n floats, in whatever order the terms were added. Overflow gives an infinity
/// or NaN.
interface RowKernels {
  /// Queries that the kernels for several take at once.
  int QUERIES = 4;

  /// The scalar products of a query with rows that follow each other.
  ///
  /// @param query `dimension` floats
  /// @param rows the rows, from index `at` on
  /// @param raw one product for each row, from index 0 on
  void dots(float[] query, int dimension, float[] rows, int at, int count, float[] raw);

  /// As [#dots] for [#QUERIES] queries at once: each row is read once.
  ///
  /// @param queries one after the other
  /// @param raw the products of query q from index `q * stride` on
  void dotsOfFour(
      float[] queries, int dimension, float[] rows, int at, int count, float[] raw, int stride);

  /// The squared Euclidean distances, negated so that the nearest is the greatest, as it is with
  /// products.
  void nearness(float[] query, int dimension, float[] rows, int at, int count, float[] raw);

  /// As [#nearness] for [#QUERIES] queries at once.
  void nearnessOfFour(
      float[] queries, int dimension, float[] rows, int at, int count, float[] raw, int stride);

  /// The first index in `[from, to)` that is not below its bar, which is `a + b * norm`; `to` if
  /// all are. What cannot be compared (NaN) is not below.
  ///
  /// @param raw a value for each row, from index `rawAt` on
  /// @param norms of the same rows, from index `normsAt` on
  int reaching(
      float[] raw, int rawAt, float[] norms, int normsAt, int from, int to, float a, float b);
}
