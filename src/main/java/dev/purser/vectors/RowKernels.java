package dev.purser.vectors;

/// What a search does to many rows at once, in f32. Two implementations compute the same within the
/// error that [Search] allows for; callers see to lengths. Stateless, safe for many threads.
///
/// Rows lie in panels of [#PANEL], value by value:
///
///     x0 of row 0 ... x0 of row 15 | x1 of row 0 ... x1 of row 15 | ... | xd of row 0 ...
///
/// so that the lanes of a register are rows. Memory is read strictly forward, which is what its
/// prefetching wants, no sum runs across lanes, and no dimension leaves a register half empty.
///
/// A value is "raw": its error in relation to the sum of the magnitudes of its terms is at most
/// (n + 3) / 2^24 for n floats, in whatever order the terms were added. Overflow gives an infinity
/// or NaN.
interface RowKernels {
  /// Rows of a panel: the lanes of the widest registers, and a whole cache line of f32.
  int PANEL = 16;

  /// Queries that the kernels for several take at once.
  int QUERIES = 4;

  /// Those that this JVM can run: as [KernelsChoice] has chosen, which has logged it.
  static RowKernels chosen() {
    return KernelsChoice.chosen() instanceof ScalarKernels
        ? new ScalarRowKernels()
        : new SimdRowKernels();
  }

  /// The scalar products of a query with the rows of panels that follow each other.
  ///
  /// @param query `dimension` floats
  /// @param rows the panels, from index `at` on
  /// @param panels how many
  /// @param raw one product for each row, from index 0 on
  void dots(float[] query, int dimension, float[] rows, int at, int panels, float[] raw);

  /// As [#dots] for [#QUERIES] queries at once: each row is loaded once.
  ///
  /// @param queries value by value: x0 of each, x1 of each, and so on
  /// @param panels how many, an even number if `cached`
  /// @param raw the products of query q from index `q * stride` on
  /// @param cached whether the rows have been read just before; if so two panels are read at a
  ///   time, which computes faster and would fetch from memory more slowly
  void dotsOfFour(
      float[] queries,
      int dimension,
      float[] rows,
      int at,
      int panels,
      float[] raw,
      int stride,
      boolean cached);

  /// The squared Euclidean distances, negated so that the nearest is the greatest, as it is with
  /// products.
  void nearness(float[] query, int dimension, float[] rows, int at, int panels, float[] raw);

  /// As [#nearness] for [#QUERIES] queries at once, laid out as for [#dotsOfFour].
  void nearnessOfFour(
      float[] queries, int dimension, float[] rows, int at, int panels, float[] raw, int stride);

  /// The first index in `[from, to)` that is not below its bar, which is `a + b * norm`; `to` if
  /// all are. What cannot be compared (NaN) is not below.
  ///
  /// @param raw a value for each row, from index `rawAt` on
  /// @param norms of the same rows, from index `normsAt` on
  int reaching(
      float[] raw, int rawAt, float[] norms, int normsAt, int from, int to, float a, float b);
}
