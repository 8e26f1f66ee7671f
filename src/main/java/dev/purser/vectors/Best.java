package dev.purser.vectors;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/// The best rows found so far for one search: a heap of at most k, the worst on top. Of two rows
/// with the same score the one with the smaller id, by UTF-8 bytes, is better.
///
/// Confined to one thread; handed over when a scan ends.
final class Best {
  private final Ids ids;
  private final double[] scores;
  private final int[] rows;
  private int size;

  /// @param k how many are kept; no more than there are rows are ever held
  Best(int k, Ids ids) {
    this.ids = ids;
    int held = Math.min(k, ids.size());
    this.scores = new double[held];
    this.rows = new int[held];
  }

  /// What a row must score at least to be among the best; minus infinity while any row is.
  double worst() {
    return size < rows.length || size == 0 ? Double.NEGATIVE_INFINITY : scores[0];
  }

  /// Keeps the row if it is among the best, and says so.
  boolean offer(double score, int row) {
    if (size < rows.length) {
      rise(size++, score, row);
      return true;
    }
    if (size == 0 || !better(score, row, scores[0], rows[0])) {
      return false;
    }
    sink(score, row);
    return true;
  }

  /// Takes over what another scan of the same block has found for the same search.
  void merge(Best other) {
    for (int i = 0; i < other.size; i++) {
      offer(other.scores[i], other.rows[i]);
    }
  }

  /// What was found, best first.
  List<Neighbour> sorted(Search search) {
    return IntStream.range(0, size)
        .boxed()
        .sorted((i, j) -> better(scores[i], rows[i], scores[j], rows[j]) ? -1 : 1)
        .map(
            i ->
                new Neighbour(
                    new String(ids.at(rows[i]), StandardCharsets.UTF_8), search.told(scores[i])))
        .toList();
  }

  private void rise(int free, double score, int row) {
    int at = free;
    while (at > 0) {
      int parent = (at - 1) / 2;
      if (!better(scores[parent], rows[parent], score, row)) {
        break;
      }
      set(at, scores[parent], rows[parent]);
      at = parent;
    }
    set(at, score, row);
  }

  /// Puts a row in the place of the worst.
  private void sink(double score, int row) {
    int at = 0;
    for (int child = 1; child < size; child = 2 * at + 1) {
      int other = child + 1;
      if (other < size && better(scores[child], rows[child], scores[other], rows[other])) {
        child = other;
      }
      if (!better(score, row, scores[child], rows[child])) {
        break;
      }
      set(at, scores[child], rows[child]);
      at = child;
    }
    set(at, score, row);
  }

  private void set(int at, double score, int row) {
    scores[at] = score;
    rows[at] = row;
  }

  /// Whether the first is better than the second; never for a row and itself.
  private boolean better(double score, int row, double than, int thanRow) {
    if (score != than) {
      return score > than;
    }
    return Arrays.compareUnsigned(ids.at(row), ids.at(thanRow)) < 0;
  }
}
