package dev.purser.vectors;

/// Arithmetic over runs of 32-bit floats, each run given as array, offset and length in values.
/// Pure functions: nothing is kept, all are safe for many threads. [KernelsChoice] says which
/// implementation this JVM uses.
///
/// ## Bounds
///
/// Whoever calls has checked lengths; a run that leaves its array throws
/// [IndexOutOfBoundsException], and what was written before stays written. `from` and `to` are the
/// same run (in place) or do not overlap.
///
/// `phase` is [Alignment#phase] of `to`, asked once for many runs. It is a hint: with any other
/// number the results are the same.
///
/// ## Results
///
/// Elementwise kernels round each operation once and never contract two (no fused multiply-add), so
/// that every implementation gives the same bits: NaN stays NaN, -0.0 keeps its sign, subnormals
/// are neither flushed nor treated as zero.
///
/// Reductions of `n` products differ by the order of their sums. With u = 2^-24, what is returned
/// lies within `(n + 2) * u * S` of the exact value, where S is the sum of the products' magnitudes
/// (Higham, Accuracy and Stability of Numerical Algorithms, 2nd ed., section 3.1), plus `n *
/// 2^-149` where products underflow. A sum whose parts overflow is infinite or NaN, even if the
/// exact one is not; NaN in gives NaN out.
interface Kernels {

  /// The implementation, in an operator's words.
  String name();

  /// `to[i] = from[i] * factor`.
  void scale(
      float factor, float[] from, int fromOffset, float[] to, int toOffset, int length, int phase);

  /// `to[i] = from[i] + addend`.
  void add(
      float addend, float[] from, int fromOffset, float[] to, int toOffset, int length, int phase);

  /// `to[i] = from[i] < min ? min : from[i] > max ? max : from[i]`. Values inside the range keep
  /// their bits: NaN stays the same NaN, and -0.0 is not below a `min` of 0.0.
  void clamp(
      float min,
      float max,
      float[] from,
      int fromOffset,
      float[] to,
      int toOffset,
      int length,
      int phase);

  /// The kernels of `run` one after another, as [Run] has them. In a run of more than one, NaN
  /// comes out quiet.
  void run(Run run, float[] from, int fromOffset, float[] to, int toOffset, int length, int phase);

  /// The same in place over `length` bytes, which hold values in little-endian order, as the bytes
  /// that the values' own runs give.
  ///
  /// @param length a multiple of four
  void run(Run run, byte[] values, int offset, int length);

  /// One vector divided by its Euclidean norm, then the kernels of `then` in the same pass; `then`
  /// begins with a scale, whose factor is 1 and stands for the norm's. The quotient is within 4
  /// units in its last place of the exact quotient plus `n * u` of it, whatever the exponents (a
  /// norm that 32 bits cannot hold is computed in 64). A zero vector is copied as it is. With an
  /// infinite component the infinite ones become NaN and the finite ones zero; with a NaN all
  /// become NaN.
  void normalize(
      Run then, float[] from, int fromOffset, float[] to, int toOffset, int length, int phase);

  /// The sum of `a[i] * b[i]`.
  float dot(float[] a, int aOffset, float[] b, int bOffset, int length);

  /// `dot(a, b) / (|a| |b|)`, 0 if either is a zero vector; within `(3 n + 8) * u` of the exact
  /// value, whatever the exponents.
  float cosine(float[] a, int aOffset, float[] b, int bOffset, int length);

  /// The sum of `(a[i] - b[i])^2`; the bound's products are the squares.
  float squaredEuclidean(float[] a, int aOffset, float[] b, int bOffset, int length);
}
