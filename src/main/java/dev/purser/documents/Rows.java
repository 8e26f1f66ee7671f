package dev.purser.documents;

import dev.purser.strings.Arena;
import dev.purser.strings.Hash;
import dev.purser.strings.Slots;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.roaringbitmap.RoaringBitmap;

/// The records of documents under dense row numbers, and the rows by id. Confined to its owner.
///
/// Rows that were freed are given again, the lowest first, so that the numbers stay dense and the
/// tables shrink after deletions.
///
/// ## Layout
/// A row has 4 bytes of `places`, its address in the arena. There, after the arena's own header:
///
///     offset  size
///          0     8  version, little endian
///          8   1-2  length n of the id, as [Varint]
///          .     n  id, UTF-8
///          .     .  numbers of its postings, each as [Varint], those of one name together
///
/// and 12 to 24 bytes of slots, which lead from the hash of an id to rows.
final class Rows {
  static final int ABSENT = -1;

  private static final VarHandle VERSION =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final int FEWEST = 16;

  private final Hash hash;
  private final Slots slots = new Slots();
  private final Arena arena = new Arena(this::moved);
  private final RoaringBitmap free = new RoaringBitmap();
  private int[] places = new int[FEWEST];
  private int end;
  private byte[] scratch = new byte[256];

  Rows(Hash hash) {
    this.hash = hash;
  }

  int size() {
    return slots.size();
  }

  /// Bytes of the arena's pages.
  long bytes() {
    return arena.bytes();
  }

  /// The row of `id`, or ABSENT.
  int find(byte[] id) {
    int h = hash.of(id, 0, id.length);
    long[] table = slots.table();
    int mask = table.length - 1;
    for (int i = h & mask; table[i] != 0; i = (i + 1) & mask) {
      int row = (int) table[i] - 1;
      if ((int) (table[i] >>> 32) == h && compareId(row, id) == 0) {
        return row;
      }
    }
    return ABSENT;
  }

  /// Adds a row for an id that has none, and returns it.
  int add(byte[] id, long version, int[] postings, int count) {
    int row = free.isEmpty() ? end : free.first();
    int length = encode(id, version, postings, count); // first: it may replace the scratch
    int address = arena.add(row, scratch, 0, length);
    if (row == end) {
      if (end == places.length) {
        places = Arrays.copyOf(places, end + (end >> 1));
      }
      end++;
    } else {
      free.remove(row);
    }
    places[row] = address;
    slots.insert(hash.of(id, 0, id.length), row);
    return row;
  }

  /// Gives a row other contents.
  void replace(int row, byte[] id, long version, int[] postings, int count) {
    int old = places[row];
    int length = encode(id, version, postings, count); // first: it may replace the scratch
    places[row] = arena.add(row, scratch, 0, length);
    arena.free(old);
  }

  /// Frees a row, whose number must not be known to anybody any more.
  void remove(int row) {
    int address = places[row];
    byte[] page = arena.page(address);
    int at = Arena.start(address) + Long.BYTES;
    int length = Varint.read(page, at);
    slots.remove(hash.of(page, at + Varint.size(length), length), row);
    arena.free(address);
    free.add(row);
    while (!free.isEmpty() && free.last() == end - 1) {
      free.remove(--end);
    }
    if (places.length > FEWEST && end < places.length / 4) {
      places = Arrays.copyOf(places, Math.max(FEWEST, places.length / 2));
    }
  }

  long version(int row) {
    return (long) VERSION.get(arena.page(places[row]), Arena.start(places[row]));
  }

  String id(int row) {
    byte[] page = arena.page(places[row]);
    int at = Arena.start(places[row]) + Long.BYTES;
    int length = Varint.read(page, at);
    return new String(page, at + Varint.size(length), length, StandardCharsets.UTF_8);
  }

  /// The order of the row's id and `id`, by bytes.
  int compareId(int row, byte[] id) {
    byte[] page = arena.page(places[row]);
    int at = Arena.start(places[row]) + Long.BYTES;
    int length = Varint.read(page, at);
    int from = at + Varint.size(length);
    return Arrays.compareUnsigned(page, from, from + length, id, 0, id.length);
  }

  /// The order of two rows by their ids.
  int compare(int left, int right) {
    byte[] a = arena.page(places[left]);
    int atA = Arena.start(places[left]) + Long.BYTES;
    int lengthA = Varint.read(a, atA);
    int fromA = atA + Varint.size(lengthA);
    byte[] b = arena.page(places[right]);
    int atB = Arena.start(places[right]) + Long.BYTES;
    int lengthB = Varint.read(b, atB);
    int fromB = atB + Varint.size(lengthB);
    return Arrays.compareUnsigned(a, fromA, fromA + lengthA, b, fromB, fromB + lengthB);
  }

  /// The postings of `row`, in their order.
  int[] postings(int row) {
    int address = places[row];
    byte[] page = arena.page(address);
    int at = Arena.start(address);
    int last = at + Arena.length(page, address);
    int length = Varint.read(page, at + Long.BYTES);
    at += Long.BYTES + Varint.size(length) + length;
    int count = 0;
    for (int i = at; i < last; i++) {
      count += page[i] >= 0 ? 1 : 0;
    }
    int[] postings = new int[count];
    for (int i = 0; i < count; i++) {
      postings[i] = Varint.read(page, at);
      at += Varint.size(postings[i]);
    }
    return postings;
  }

  private int encode(byte[] id, long version, int[] postings, int count) {
    int most = Long.BYTES + 5 + id.length + 5 * count;
    if (scratch.length < most) {
      scratch = new byte[most];
    }
    VERSION.set(scratch, 0, version);
    int at = Varint.write(scratch, Long.BYTES, id.length);
    System.arraycopy(id, 0, scratch, at, id.length);
    at += id.length;
    for (int i = 0; i < count; i++) {
      at = Varint.write(scratch, at, postings[i]);
    }
    return at;
  }

  private void moved(int row, int address) {
    places[row] = address;
  }
}
