package dev.purser.vectors;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/// The ids of a block's rows, both ways: row to id and id to row. Rows are dense, 0 to size - 1.
///
/// Ids are UTF-8; a table of rows with open addressing finds them, so that a row costs its id's
/// bytes and 16 to 32 more instead of the entry, key and number objects of a map. Found are ids by
/// their content, never by hash alone; the hash has a seed of its own in each table, so that nobody
/// can prepare ids that collide.
///
/// Confined to its block's owner; while nobody changes it, many threads may read.
final class Ids {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final long MIX = 0x9e3779b97f4a7c15L; // 2^64 divided by the golden ratio, odd
  private static final int SMALLEST = 8;
  private static final byte[] NONE = {};

  /// Bytes of an entry beside its id: header of the array and its padding, reference, hash, and the
  /// table's share at its emptiest.
  private static final int OVERHEAD = 48;

  private final long seed;
  private byte[][] ids = new byte[SMALLEST][];
  private int[] hashes = new int[SMALLEST];

  /// Row + 1 of each entry, 0 where none is; twice as long as `ids`, so never more than half full.
  private int[] table = new int[2 * SMALLEST];

  private int size;

  Ids() {
    this(RandomGenerator.getDefault().nextLong());
  }

  Ids(long seed) {
    this.seed = seed;
  }

  /// Bytes that an entry takes at most, with an id of so many bytes.
  static long cost(long idBytes) {
    return OVERHEAD + idBytes;
  }

  int size() {
    return size;
  }

  /// The id of `row`; not to be changed.
  byte[] at(int row) {
    return ids[row];
  }

  /// The row of `id`, or -1.
  int find(byte[] id) {
    int hash = hash(id);
    for (int slot = hash & mask(); table[slot] != 0; slot = (slot + 1) & mask()) {
      int row = table[slot] - 1;
      if (hashes[row] == hash && Arrays.equals(ids[row], id)) {
        return row;
      }
    }
    return -1;
  }

  /// Adds `id`, which must not be there, as the last row. The array is kept.
  int add(byte[] id) {
    if (size == ids.length) {
      resize(2 * size);
    }
    int row = size++;
    ids[row] = id;
    hashes[row] = hash(id);
    enter(row);
    return row;
  }

  /// Removes `row`; the last row takes its place.
  void remove(int row) {
    int last = size - 1;
    clear(slotOf(row));
    if (row != last) {
      table[slotOf(last)] = row + 1;
      ids[row] = ids[last];
      hashes[row] = hashes[last];
    }
    ids[last] = NONE;
    size = last;
    if (size < ids.length / 4 && ids.length > SMALLEST) {
      resize(ids.length / 2);
    }
  }

  private void resize(int rows) {
    ids = Arrays.copyOf(ids, rows);
    hashes = Arrays.copyOf(hashes, rows);
    table = new int[2 * rows];
    for (int row = 0; row < size; row++) {
      enter(row);
    }
  }

  private void enter(int row) {
    int slot = hashes[row] & mask();
    while (table[slot] != 0) {
      slot = (slot + 1) & mask();
    }
    table[slot] = row + 1;
  }

  private int slotOf(int row) {
    int slot = hashes[row] & mask();
    while (table[slot] != row + 1) {
      slot = (slot + 1) & mask();
    }
    return slot;
  }

  /// Empties a slot and moves back what had to step over it (Knuth, volume 3, 6.4, algorithm R), so
  /// that no tombstones gather.
  private void clear(int slot) {
    int gap = slot;
    for (int i = (gap + 1) & mask(); table[i] != 0; i = (i + 1) & mask()) {
      int home = hashes[table[i] - 1] & mask();
      if (((i - home) & mask()) >= ((i - gap) & mask())) {
        table[gap] = table[i];
        gap = i;
      }
    }
    table[gap] = 0;
  }

  private int mask() {
    return table.length - 1;
  }

  private int hash(byte[] id) {
    long hash = seed ^ id.length;
    int i = 0;
    for (; i + Long.BYTES <= id.length; i += Long.BYTES) {
      hash = mixed(hash ^ (long) LONGS.get(id, i));
    }
    long rest = 0;
    for (; i < id.length; i++) {
      rest = rest << Byte.SIZE | (id[i] & 0xff);
    }
    hash = mixed(hash ^ rest);
    return (int) (hash ^ hash >>> Integer.SIZE);
  }

  /// Both halves of the product: each bit of the input reaches every bit of the result.
  private static long mixed(long value) {
    return (value * MIX) ^ Math.unsignedMultiplyHigh(value, MIX);
  }
}
