package dev.purser.documents;

import dev.purser.strings.Slots;
import dev.purser.strings.StringPool;
import java.security.SecureRandom;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// For each pair of a field's name and value that some document has, the rows of those documents.
/// Confined to its owner.
///
/// A pair has a dense number; the most frequent pairs are met first and get the smallest numbers. A
/// posting holds one reference to its name and one to its value in the pool, so that the strings of
/// any number of documents are counted once, and keep their ids for as long as a document has them.
///
/// ## Layout
/// Most pairs are rare, and a bitmap for one row takes 200 bytes. So rows are kept, by their number:
///
///          1  in `only`, 4 bytes
///     2 - 64  in an `int[]` in ascending order
///     65 -    in a `RoaringBitmap`, until it falls below 32
final class Postings {
  static final int ABSENT = -1;

  private static final int MOST_LISTED = 64;
  private static final int FEWEST_MAPPED = 32;
  private static final int FEWEST = 16;

  /// What `only` holds of a pair that has no rows, and of one whose rows are elsewhere.
  private static final int NONE = -1;

  private static final int ELSEWHERE = -2;

  private final StringPool pool;
  private final Slots slots = new Slots();
  private final RoaringBitmap free = new RoaringBitmap();
  private final long[] keys;
  private int[] names = new int[FEWEST];
  private int[] values = new int[FEWEST];
  private int[] only = new int[FEWEST];
  private @Nullable Object[] rows = new Object[FEWEST];
  private int end;

  Postings(StringPool pool) {
    this.pool = pool;
    this.keys = new SecureRandom().longs(3).toArray();
  }

  /// The posting of name and value, made with no rows if it is new.
  ///
  /// @throws dev.purser.strings.PoolFull if it is new and the pool refuses a string of it
  int take(Text name, Text value) {
    int n = name.find(pool);
    int v = value.find(pool);
    int known = find(n, v);
    if (known != ABSENT) {
      return known;
    }
    int heldName = name.intern(pool);
    int heldValue;
    try {
      heldValue = value.intern(pool);
    } catch (RuntimeException full) {
      pool.release(heldName);
      throw full;
    }
    return make(heldName, heldValue);
  }

  /// The posting of two ids of strings, or ABSENT. It is the right one even though the caller may
  /// hold no reference to them: a posting that is here holds both.
  int find(int name, int value) {
    if (name == StringPool.ABSENT || value == StringPool.ABSENT) {
      return ABSENT;
    }
    int h = hash(name, value);
    long[] table = slots.table();
    int mask = table.length - 1;
    for (int i = h & mask; table[i] != 0; i = (i + 1) & mask) {
      int posting = (int) table[i] - 1;
      if ((int) (table[i] >>> 32) == h && names[posting] == name && values[posting] == value) {
        return posting;
      }
    }
    return ABSENT;
  }

  /// The number of pairs.
  int size() {
    return slots.size();
  }

  int name(int posting) {
    return names[posting];
  }

  int value(int posting) {
    return values[posting];
  }

  int cardinality(int posting) {
    return switch (rows[posting]) {
      case null -> only[posting] == NONE ? 0 : 1;
      case int[] list -> list.length;
      case RoaringBitmap map -> map.getCardinality();
      case Object other -> throw new IllegalStateException(other.toString());
    };
  }

  boolean contains(int posting, int row) {
    return switch (rows[posting]) {
      case null -> only[posting] == row;
      case int[] list -> Arrays.binarySearch(list, row) >= 0;
      case RoaringBitmap map -> map.contains(row);
      case Object other -> throw new IllegalStateException(other.toString());
    };
  }

  /// The bitmap of a posting of many rows, shared; null if it has few, see [#few(int)].
  @Nullable RoaringBitmap many(int posting) {
    return rows[posting] instanceof RoaringBitmap map ? map : null;
  }

  /// The rows of a posting without a bitmap, shared, ascending.
  int[] few(int posting) {
    if (rows[posting] instanceof int[] list) {
      return list;
    }
    return only[posting] == NONE ? new int[0] : new int[] {only[posting]};
  }

  /// Adds `row`, unless it is there.
  void add(int posting, int row) {
    switch (rows[posting]) {
      case null -> {
        if (only[posting] == NONE) {
          only[posting] = row;
        } else if (only[posting] != row) {
          int first = only[posting];
          rows[posting] = new int[] {Math.min(first, row), Math.max(first, row)};
          only[posting] = ELSEWHERE;
        }
      }
      case int[] list -> addListed(posting, list, row);
      case RoaringBitmap map -> map.add(row);
      case Object other -> throw new IllegalStateException(other.toString());
    }
  }

  /// Removes `row` if it is there; a posting without rows is dropped, and may be removed from
  /// again: a row that has a value twice names its posting twice.
  void remove(int posting, int row) {
    if (isFree(posting)) {
      return;
    }
    switch (rows[posting]) {
      case null -> only[posting] = only[posting] == row ? NONE : only[posting];
      case int[] list -> removeListed(posting, list, row);
      case RoaringBitmap map -> {
        map.remove(row);
        if (map.getCardinality() < FEWEST_MAPPED) {
          rows[posting] = map.toArray();
        }
      }
      case Object other -> throw new IllegalStateException(other.toString());
    }
    dropIfEmpty(posting);
  }

  /// Gives a posting without rows up, and its strings back.
  void dropIfEmpty(int posting) {
    if (isFree(posting) || cardinality(posting) > 0) {
      return;
    }
    slots.remove(hash(names[posting], values[posting]), posting);
    pool.release(names[posting]);
    pool.release(values[posting]);
    rows[posting] = null;
    free.add(posting);
    while (!free.isEmpty() && free.last() == end - 1) {
      free.remove(--end);
    }
    if (names.length > FEWEST && end < names.length / 4) {
      resize(names.length / 2);
    }
  }

  /// Whether the number was dropped, and has not been given again yet. Its slot in the tables may
  /// be gone.
  private boolean isFree(int posting) {
    return posting >= end || free.contains(posting);
  }

  /// Gives all strings back to the pool; nothing may be asked afterwards.
  void close() {
    for (int posting = 0; posting < end; posting++) {
      if (!isFree(posting)) {
        pool.release(names[posting]);
        pool.release(values[posting]);
      }
    }
    end = 0;
  }

  private int make(int name, int value) {
    int posting = free.isEmpty() ? end : free.first();
    if (posting == names.length) {
      resize(end + (end >> 1));
    }
    if (posting == end) {
      end++;
    } else {
      free.remove(posting);
    }
    names[posting] = name;
    values[posting] = value;
    only[posting] = NONE;
    slots.insert(hash(name, value), posting);
    return posting;
  }

  private void addListed(int posting, int[] list, int row) {
    int at = Arrays.binarySearch(list, row);
    if (at >= 0) {
      return;
    }
    if (list.length == MOST_LISTED) {
      RoaringBitmap map = RoaringBitmap.bitmapOf(list);
      map.add(row);
      rows[posting] = map;
      return;
    }
    int[] longer = Arrays.copyOf(list, list.length + 1);
    int place = -1 - at;
    System.arraycopy(list, place, longer, place + 1, list.length - place);
    longer[place] = row;
    rows[posting] = longer;
  }

  private void removeListed(int posting, int[] list, int row) {
    int at = Arrays.binarySearch(list, row);
    if (at < 0) {
      return;
    }
    if (list.length == 2) {
      only[posting] = list[1 - at];
      rows[posting] = null;
      return;
    }
    int[] shorter = Arrays.copyOf(list, list.length - 1);
    System.arraycopy(list, at + 1, shorter, at, shorter.length - at);
    rows[posting] = shorter;
  }

  private void resize(int length) {
    names = Arrays.copyOf(names, length);
    values = Arrays.copyOf(values, length);
    only = Arrays.copyOf(only, length);
    rows = Arrays.copyOf(rows, length);
  }

  /// Multilinear as [dev.purser.strings.KeyedHash], of two words.
  private int hash(int name, int value) {
    return (int)
        ((keys[0] + keys[1] * (name & 0xFFFF_FFFFL) + keys[2] * (value & 0xFFFF_FFFFL)) >>> 32);
  }
}
