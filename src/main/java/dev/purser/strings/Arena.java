package dev.purser.strings;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Many small byte strings in few large arrays. Cells are written one after the other and never
/// changed; what is freed is won back by moving what still lives out of the emptiest page, after
/// which the page is left to the garbage collector.
///
/// ## Layout
/// A page has 16 KiB and holds whole cells. An address is 32 bits: 18 of page and 14 of offset, so
/// that an arena holds 4 GiB. A cell, from its address:
///
///     offset  size
///          0     4  number of the owner + 1; 0 once freed
///          4     2  length n of the content
///          6     n  content
///
/// ## Limits
/// The pages take at most twice the living cells plus two pages: [#free(int)] moves the cells of at
/// most one page (a page at most half alive, so that what it costs is paid by what was freed).
///
/// ## Concurrency
/// One writer at a time. Others may read contents through [#page(int)]: the bytes of a cell do not
/// change under them, but the page number of a cell that was moved or freed may stand for another
/// page by then; whoever reads must be able to tell that the address is still the right one.
public final class Arena {
  private static final int OFFSET_BITS = 14;
  private static final int PAGE_BYTES = 1 << OFFSET_BITS;
  private static final int MOST_PAGES = 1 << (32 - OFFSET_BITS);
  private static final int HEADER_BYTES = 6;

  /// The longest content of a cell, in bytes.
  public static final int MOST_BYTES = PAGE_BYTES - HEADER_BYTES;

  private static final byte[] NO_PAGE = new byte[0];

  private static final VarHandle PAGE = MethodHandles.arrayElementVarHandle(byte[][].class);
  private static final VarHandle INT =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle LONG =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
  private static final VarHandle SHORT =
      MethodHandles.byteArrayViewVarHandle(short[].class, ByteOrder.LITTLE_ENDIAN);

  private final Owners owners;
  private volatile byte[][] pages = new byte[4][];
  private int[] living = new int[4];
  private int[] ends = new int[4];
  private int pageCount;
  private int current = -1;

  /// No page number below this one is free.
  private int firstFree;

  private long livingBytes;

  /// Whoever keeps the addresses.
  @FunctionalInterface
  public interface Owners {
    /// The cell of `owner` is at `address` from now on.
    void moved(int owner, int address);
  }

  public Arena(Owners owners) {
    this.owners = owners;
    Arrays.fill(pages, NO_PAGE);
  }

  /// Stores `bytes[from, from + length)` for `owner`, and returns the address.
  ///
  /// @throws PoolFull if all addresses are in use
  public int add(int owner, byte[] bytes, int from, int length) {
    // The last page is kept for moving, so that freeing can always go on.
    if (pageCount >= MOST_PAGES - 1) {
      PoolMetrics.PAGES_HIT.increment();
      throw new PoolFull("arena_pages", "There is no room for more strings.");
    }
    return write(owner, bytes, from, length);
  }

  /// Gives the cell at `address` back. Other cells may move meanwhile; their owners are told.
  public void free(int address) {
    int page = address >>> OFFSET_BITS;
    int offset = address & (PAGE_BYTES - 1);
    int size = HEADER_BYTES + length(pages[page], offset);
    INT.set(pages[page], offset, 0);
    living[page] -= size;
    livingBytes -= size;
    if (living[page] == 0) {
      close(page);
    } else if (bytes() > 2 * livingBytes + 2 * PAGE_BYTES) {
      clear(emptiest());
    }
  }

  /// The page of `address`; its contents start at [#start(int)].
  public byte[] page(int address) {
    return pageOf(pages, address);
  }

  /// The offset of the content of `address` in its page.
  public static int start(int address) {
    return (address & (PAGE_BYTES - 1)) + HEADER_BYTES;
  }

  /// The length of the content of `address`, which is in `page`.
  public static int length(byte[] page, int address) {
    return (short) SHORT.get(page, (address & (PAGE_BYTES - 1)) + 4);
  }

  /// Whether the cell at `address` holds `bytes[from, from + length)`. For readers without the lock
  /// true means only that some cell was there that did.
  public boolean holds(int address, byte[] bytes, int from, int length) {
    byte[] page = page(address);
    int start = start(address);
    return page.length > 0
        && length(page, address) == length
        && start + length <= PAGE_BYTES
        && same(page, start, bytes, from, length);
  }

  /// A copy of the content at `address`; for readers without the lock perhaps of something else.
  public byte[] copy(int address) {
    byte[] page = page(address);
    if (page.length == 0) {
      return NO_PAGE;
    }
    int start = start(address);
    return Arrays.copyOfRange(page, start, start + Math.max(0, length(page, address)));
  }

  /// The bytes of all pages.
  public long bytes() {
    return (long) pageCount * PAGE_BYTES;
  }

  private int write(int owner, byte[] bytes, int from, int length) {
    int size = HEADER_BYTES + length;
    if (current < 0 || ends[current] + size > PAGE_BYTES) {
      current = open();
    }
    int offset = ends[current];
    byte[] page = pages[current];
    INT.set(page, offset, owner + 1);
    SHORT.set(page, offset + 4, (short) length);
    System.arraycopy(bytes, from, page, offset + HEADER_BYTES, length);
    ends[current] = offset + size;
    living[current] += size;
    livingBytes += size;
    return (current << OFFSET_BITS) | offset;
  }

  /// [Arrays#equals(byte[], int, int, byte[], int, int)] with fewer branches for short ranges.
  private static boolean same(byte[] a, int fromA, byte[] b, int fromB, int length) {
    if (length > 16) {
      return Arrays.equals(a, fromA, fromA + length, b, fromB, fromB + length);
    }
    if (length >= 8) {
      int last = length - 8;
      return (long) LONG.get(a, fromA) == (long) LONG.get(b, fromB)
          && (long) LONG.get(a, fromA + last) == (long) LONG.get(b, fromB + last);
    }
    if (length >= 4) {
      int last = length - 4;
      return (int) INT.get(a, fromA) == (int) INT.get(b, fromB)
          && (int) INT.get(a, fromA + last) == (int) INT.get(b, fromB + last);
    }
    return length == 0
        || (a[fromA] == b[fromB]
            && a[fromA + (length >> 1)] == b[fromB + (length >> 1)]
            && a[fromA + length - 1] == b[fromB + length - 1]);
  }

  private static byte[] pageOf(byte[][] pages, int address) {
    int number = address >>> OFFSET_BITS;
    byte @Nullable [] page =
        number < pages.length ? (byte[]) PAGE.getAcquire(pages, number) : NO_PAGE;
    return page == null ? NO_PAGE : page;
  }

  private int open() {
    int number = firstFree;
    while (number < pages.length && pages[number].length > 0) {
      number++;
    }
    firstFree = number + 1;
    if (number == pages.length) {
      grow(Math.min(MOST_PAGES, number + Math.max(4, number / 2)));
    }
    PAGE.setRelease(pages, number, new byte[PAGE_BYTES]);
    living[number] = 0;
    ends[number] = 0;
    pageCount++;
    return number;
  }

  private void grow(int length) {
    byte[][] next = Arrays.copyOf(pages, length);
    Arrays.fill(next, pages.length, length, NO_PAGE);
    living = Arrays.copyOf(living, length);
    ends = Arrays.copyOf(ends, length);
    pages = next;
  }

  private void close(int page) {
    PAGE.setRelease(pages, page, NO_PAGE);
    pageCount--;
    firstFree = Math.min(firstFree, page);
    if (page == current) {
      current = -1;
    }
  }

  /// The page with the least in it, beside the one that is being filled.
  private int emptiest() {
    int best = -1;
    for (int i = 0; i < pages.length; i++) {
      if (i != current && pages[i].length > 0 && (best < 0 || living[i] < living[best])) {
        best = i;
      }
    }
    return best;
  }

  private void clear(int number) {
    byte[] page = pages[number];
    for (int offset = 0; offset < ends[number]; ) {
      int length = length(page, offset);
      int owner = (int) INT.get(page, offset) - 1;
      if (owner >= 0) {
        owners.moved(owner, write(owner, page, offset + HEADER_BYTES, length));
      }
      offset += HEADER_BYTES + length;
    }
    livingBytes -= living[number];
    close(number);
  }
}
