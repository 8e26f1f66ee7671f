package dev.purser.strings;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/// The slots of an open-addressing hash table with linear probing: hashes and numbers of entries
/// whose contents are kept elsewhere. Entries of equal hash may be many; which of them is meant is
/// for the caller to compare.
///
/// One slot, 8 bytes; a table is a power of two of them, 16 at least, and at most two thirds full:
///
///     bits 63..32  the hash
///     bits 31..0   the entry's number + 1, or 0 in a slot that is empty
///
/// ## Concurrency
/// One writer at a time. Readers may go over [#table()] meanwhile: they can miss an entry that is
/// being moved, and meet one that is gone, but never see half a slot. What they find they must
/// verify, and what they miss they must look up again under the writer's lock.
public final class Slots {
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int FEWEST = 16;

  private volatile long[] table = new long[FEWEST];
  private int used;

  /// The slots as they are now; a later table may take their place at any time.
  public long[] table() {
    return table;
  }

  /// The slot `i` of `table`, in one piece and with all that its writer did before.
  public static long slot(long[] table, int i) {
    return (long) SLOT.getAcquire(table, i);
  }

  /// The number of entries.
  public int size() {
    return used;
  }

  /// Adds the entry `number`, which must not be there.
  public void insert(int hash, int number) {
    if ((used + 1) * 3L > table.length * 2L) {
      resize(table.length * 2);
    }
    place(table, ((long) hash << 32) | (number + 1));
    used++;
  }

  /// Removes the entry `number`, which must be there, and moves up those that it was in the way of,
  /// so that no markers of removed entries pile up.
  public void remove(int hash, int number) {
    long[] t = table;
    int mask = t.length - 1;
    int hole = hash & mask;
    while ((int) t[hole] != number + 1) {
      hole = (hole + 1) & mask;
    }
    for (int i = (hole + 1) & mask; t[i] != 0; i = (i + 1) & mask) {
      int home = (int) (t[i] >>> 32) & mask;
      if (((i - home) & mask) >= ((i - hole) & mask)) {
        SLOT.setRelease(t, hole, t[i]);
        hole = i;
      }
    }
    SLOT.setRelease(t, hole, 0L);
    used--;
    if (t.length > FEWEST && used * 8L < t.length) {
      resize(t.length / 2);
    }
  }

  private void resize(int length) {
    long[] next = new long[length];
    for (long slot : table) {
      if (slot != 0) {
        place(next, slot);
      }
    }
    table = next;
  }

  private static void place(long[] t, long slot) {
    int mask = t.length - 1;
    int i = (int) (slot >>> 32) & mask;
    while (t[i] != 0) {
      i = (i + 1) & mask;
    }
    SLOT.setRelease(t, i, slot);
  }
}
