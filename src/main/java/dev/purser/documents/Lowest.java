package dev.purser.documents;

import java.util.function.IntBinaryOperator;

/// The lowest of many rows, at most a given number of them: a heap with the highest on top.
/// Confined to its owner.
final class Lowest {
  private final IntBinaryOperator order;
  private final int[] heap;
  private int count;

  /// @param most how many are kept
  /// @param order compares two rows
  Lowest(int most, IntBinaryOperator order) {
    this.heap = new int[most];
    this.order = order;
  }

  void offer(int row) {
    if (count < heap.length) {
      heap[count] = row;
      up(count++);
    } else if (order.applyAsInt(row, heap[0]) < 0) {
      heap[0] = row;
      down(0);
    }
  }

  /// All that were kept, the lowest first; nothing is kept afterwards.
  int[] drain() {
    int[] sorted = new int[count];
    while (count > 0) {
      sorted[count - 1] = heap[0];
      heap[0] = heap[--count];
      down(0);
    }
    return sorted;
  }

  private void up(int from) {
    int i = from;
    int row = heap[i];
    for (; i > 0 && order.applyAsInt(heap[(i - 1) / 2], row) < 0; i = (i - 1) / 2) {
      heap[i] = heap[(i - 1) / 2];
    }
    heap[i] = row;
  }

  private void down(int from) {
    int i = from;
    int row = heap[i];
    for (int child = 2 * i + 1; child < count; child = 2 * i + 1) {
      if (child + 1 < count && order.applyAsInt(heap[child], heap[child + 1]) < 0) {
        child++;
      }
      if (order.applyAsInt(heap[child], row) <= 0) {
        break;
      }
      heap[i] = heap[child];
      i = child;
    }
    heap[i] = row;
  }
}
