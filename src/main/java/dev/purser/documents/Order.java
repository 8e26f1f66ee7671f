package dev.purser.documents;

import java.util.Arrays;
import java.util.function.IntPredicate;
import org.jspecify.annotations.Nullable;

/// The rows in the order of their ids' UTF-8 bytes: a B-tree of two levels, whose leaves are blocks
/// of at most 256 rows. Confined to its owner.
///
/// A row costs 4 bytes in a block that is full. Blocks that are split are half full, those of ids
/// that came in order are full, and neighbours that fit into one block are merged. Finding a place
/// compares about log2(n) ids; adding moves at most one block, and once in 128 times the list of
/// blocks, 4 bytes for each.
final class Order {
  private static final int MOST = 256;
  private static final int FEWEST = 16;

  private final Rows rows;
  private int[][] blocks = new int[4][];
  private int[] counts = new int[4];
  private int used;

  Order(Rows rows) {
    this.rows = rows;
    Arrays.fill(blocks, new int[0]);
  }

  /// Adds `row`, whose id is `id` and not here.
  void add(int row, byte[] id) {
    if (used == 0) {
      insertBlock(0, new int[FEWEST], 0);
    }
    int b = block(id);
    int at = position(b, id);
    if (counts[b] == MOST) {
      if (b == used - 1 && at == MOST) {
        insertBlock(used, new int[FEWEST], 0);
        b++;
        at = 0;
      } else {
        split(b);
        if (at > counts[b]) {
          at -= counts[b];
          b++;
        }
      }
    }
    if (counts[b] == blocks[b].length) {
      blocks[b] = Arrays.copyOf(blocks[b], Math.min(MOST, 2 * counts[b]));
    }
    System.arraycopy(blocks[b], at, blocks[b], at + 1, counts[b] - at);
    blocks[b][at] = row;
    counts[b]++;
  }

  /// Removes the row of `id`, which is here and still has its id.
  void remove(byte[] id) {
    int b = block(id);
    int at = position(b, id) - 1;
    counts[b]--;
    System.arraycopy(blocks[b], at + 1, blocks[b], at, counts[b] - at);
    if (counts[b] == 0) {
      removeBlock(b);
    } else if (b + 1 < used && counts[b] + counts[b + 1] <= MOST / 2) {
      merge(b);
    } else if (b > 0 && counts[b - 1] + counts[b] <= MOST / 2) {
      merge(b - 1);
    }
  }

  /// Shows the rows whose ids are above `after` (null: all) in order, until `each` says false.
  void scan(byte @Nullable [] after, IntPredicate each) {
    if (used == 0) {
      return;
    }
    int first = after == null ? 0 : block(after);
    int at = after == null ? 0 : position(first, after);
    for (int b = first; b < used; b++) {
      for (int i = at; i < counts[b]; i++) {
        if (!each.test(blocks[b][i])) {
          return;
        }
      }
      at = 0;
    }
  }

  /// The last block that does not begin above `id`, or the first.
  private int block(byte[] id) {
    int low = 0;
    int high = used - 1;
    // Ids that come in order, as they do when a shelf is loaded, are found at once.
    if (high > 0 && rows.compareId(blocks[high][0], id) <= 0) {
      return high;
    }
    while (low < high) {
      int middle = (low + high + 1) >>> 1;
      if (rows.compareId(blocks[middle][0], id) <= 0) {
        low = middle;
      } else {
        high = middle - 1;
      }
    }
    return low;
  }

  /// The number of rows of block `b` whose ids are not above `id`.
  private int position(int b, byte[] id) {
    int low = 0;
    int high = counts[b];
    if (high > 0 && rows.compareId(blocks[b][high - 1], id) <= 0) {
      return high;
    }
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (rows.compareId(blocks[b][middle], id) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  private void split(int b) {
    int half = MOST / 2;
    int[] upper = Arrays.copyOfRange(blocks[b], half, MOST);
    blocks[b] = Arrays.copyOf(blocks[b], half);
    counts[b] = half;
    insertBlock(b + 1, upper, half);
  }

  private void merge(int b) {
    int both = counts[b] + counts[b + 1];
    int[] merged = Arrays.copyOf(blocks[b], Math.max(FEWEST, both));
    System.arraycopy(blocks[b + 1], 0, merged, counts[b], counts[b + 1]);
    blocks[b] = merged;
    counts[b] = both;
    removeBlock(b + 1);
  }

  private void insertBlock(int b, int[] block, int count) {
    if (used == blocks.length) {
      blocks = Arrays.copyOf(blocks, used + (used >> 1));
      counts = Arrays.copyOf(counts, blocks.length);
    }
    System.arraycopy(blocks, b, blocks, b + 1, used - b);
    System.arraycopy(counts, b, counts, b + 1, used - b);
    blocks[b] = block;
    counts[b] = count;
    used++;
  }

  private void removeBlock(int b) {
    used--;
    System.arraycopy(blocks, b + 1, blocks, b, used - b);
    System.arraycopy(counts, b + 1, counts, b, used - b);
    blocks[used] = blocks[0];
    if (used < blocks.length / 4 && blocks.length > FEWEST) {
      blocks = Arrays.copyOf(blocks, blocks.length / 2);
      counts = Arrays.copyOf(counts, blocks.length);
    }
  }
}
