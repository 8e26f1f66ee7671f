package dev.purser.strings;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.concurrent.locks.ReentrantLock;

/// Each distinct string once, as UTF-8, under a small number: its id. Strings are the same if their
/// bytes are; the hash only finds candidates. Safe for many threads.
///
/// Whoever interns a string holds one reference to it and must release it. While anybody holds one
/// the string keeps its id; when the last is released, its bytes and its id go to others.
///
/// ## Layout
/// Ids are dense: those that were freed are given before new ones. An id leads to two words of 8
/// bytes, in chunks of 4,096 ids that never move:
///
///     word  bits
///        0  63..32  generation: changes whenever the id or its bytes are given to somebody else
///           31..0   references
///        1  31..0   address of the bytes in the arena; of a free id, -2 - the next free id or -1
///
/// The other parts draw themselves: [Slots] leads from a hash to ids, [Arena] from an address to
/// bytes. A distinct string of n bytes costs n + 6 in the arena, 16 of words, and 12 to 24 of slots.
///
/// ## Concurrency
/// Everything that adds, moves or frees holds `lock`. Finding a string that is there, and counting
/// references up or down, does not:
///
/// 1. A reader takes word 0 (acquire), and with it everything that its writer did before: address,
///    page and bytes of that generation.
/// 2. It follows the address and compares. Meanwhile the string may have been freed or moved, and
///    what it reads may be another's: bytes of a page never change, but a page number may stand for
///    another page, which the mover publishes only after it has changed the generation.
/// 3. It takes word 0 again. The same generation: nothing was moved or freed before the comparison
///    had ended, so the comparison holds. To count, it adds a reference to word 0 and looks at what
///    it was: of another generation, it takes the reference back. So whatever an id is, free too,
///    its count may be above the truth for a moment, and it is only ever added to.
/// 4. Whoever takes the last reference reclaims the string under the lock, by swapping word 0 for
///    the next generation: if a reference came back before, that fails, and the string stays.
///
/// What is not found without the lock is looked for again under it, for the slots may just be
/// rearranged: "absent" is never a guess.
public final class StringPool {
  /// The answer for a string that is not in the pool.
  public static final int ABSENT = -1;

  /// The longest string, in bytes of UTF-8.
  public static final int MOST_BYTES = KeyedHash.MOST_BYTES;

  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int CHUNK_BITS = 12;
  private static final int CHUNK_IDS = 1 << CHUNK_BITS;
  private static final long GENERATION = 1L << 32;

  private final Limits limits;
  private final Hash hash;
  private final ReentrantLock lock = new ReentrantLock();
  private final Slots slots = new Slots();
  private final Arena arena = new Arena(this::moved);

  private volatile long[][] chunks = new long[0][];
  private int freeId = ABSENT;
  private int ids;
  private volatile int strings;
  private volatile long bytes;

  /// How much the pool may hold.
  ///
  /// @param strings distinct strings
  /// @param bytes their UTF-8 bytes, without what keeping them costs
  public record Limits(int strings, long bytes) {}

  /// A pool whose hash nobody can guess.
  public StringPool(Limits limits) {
    this(limits, new KeyedHash());
  }

  /// A pool with the given hash, for tests that make strings collide.
  public StringPool(Limits limits, Hash hash) {
    this.limits = limits;
    this.hash = hash;
  }

  /// The id of the string `utf8[from, from + length)`, to which the caller has one reference more
  /// from now on; the string is added if it is new.
  ///
  /// @throws PoolFull if it is new and a limit is reached
  /// @throws IllegalArgumentException if it is longer than [#MOST_BYTES]
  public int intern(byte[] utf8, int from, int length) {
    if (length > MOST_BYTES) {
      throw new IllegalArgumentException("a string of " + length + " bytes");
    }
    int h = hash.of(utf8, from, length);
    int id = probe(h, utf8, from, length, true);
    return id != ABSENT ? id : internLocked(h, utf8, from, length);
  }

  /// As [#intern(byte[], int, int)].
  ///
  /// @throws IllegalArgumentException also if it is not well-formed UTF-16
  public int intern(String string) {
    byte[] utf8 = utf8(string);
    return intern(utf8, 0, utf8.length);
  }

  /// The id of the string `utf8[from, from + length)`, or [#ABSENT]. The caller has no reference to
  /// it: unless it holds one already, the id may be another string's at any time.
  public int find(byte[] utf8, int from, int length) {
    if (length > MOST_BYTES) {
      return ABSENT;
    }
    int h = hash.of(utf8, from, length);
    int id = probe(h, utf8, from, length, false);
    return id != ABSENT ? id : findLocked(h, utf8, from, length);
  }

  /// Takes one more reference to a string that the caller holds one of.
  public void retain(int id) {
    requireHeld(id, (long) WORD.getAcquire(chunk(id), word(id)));
    add(id);
  }

  /// Gives one reference back; the id must not be used for it again.
  public void release(int id) {
    requireHeld(id, (long) WORD.getAcquire(chunk(id), word(id)));
    subtract(id);
  }

  /// A copy of the UTF-8 of a string that the caller holds a reference to.
  public byte[] utf8(int id) {
    long[] chunk = chunk(id);
    int word = word(id);
    for (; ; ) {
      long state = (long) WORD.getAcquire(chunk, word);
      requireHeld(id, state);
      byte[] copy = arena.copy((int) (long) WORD.getAcquire(chunk, word + 1));
      if (sameGeneration(chunk, word, state)) {
        return copy;
      }
    }
  }

  /// A string that the caller holds a reference to.
  public String string(int id) {
    return new String(utf8(id), StandardCharsets.UTF_8);
  }

  /// The number of distinct strings.
  public int strings() {
    return strings;
  }

  /// The UTF-8 bytes of the distinct strings, without what keeping them costs.
  public long bytes() {
    return bytes;
  }

  /// The references to `id`, for tests and for people; 0 if it is free.
  public int references(int id) {
    return (int) (long) WORD.getAcquire(chunk(id), word(id));
  }

  /// The UTF-8 of `string`.
  ///
  /// @throws IllegalArgumentException if it has an unpaired surrogate
  public static byte[] utf8(String string) {
    for (int i = 0; i < string.length(); i++) {
      char c = string.charAt(i);
      if (Character.isSurrogate(c)) {
        boolean pair =
            Character.isHighSurrogate(c)
                && i + 1 < string.length()
                && Character.isLowSurrogate(string.charAt(i + 1));
        if (!pair) {
          throw new IllegalArgumentException("an unpaired surrogate at " + i);
        }
        i++;
      }
    }
    return string.getBytes(StandardCharsets.UTF_8);
  }

  /// The string's id, with one reference more if `count`, or ABSENT if it was not met.
  private int probe(int h, byte[] utf8, int from, int length, boolean count) {
    long[] table = slots.table();
    int mask = table.length - 1;
    int i = h & mask;
    for (long slot = Slots.slot(table, i); slot != 0; slot = Slots.slot(table, i)) {
      i = (i + 1) & mask;
      if ((int) (slot >>> 32) == h) {
        int id = (int) slot - 1;
        if (count ? hold(id, utf8, from, length) : see(id, utf8, from, length)) {
          return id;
        }
      }
    }
    return ABSENT;
  }

  /// Takes a reference to `id` if it is this string.
  private boolean hold(int id, byte[] utf8, int from, int length) {
    long[] chunk = chunk(id);
    int word = word(id);
    long state = (long) WORD.getAcquire(chunk, word);
    if (!arenaHolds(chunk, word, utf8, from, length)) {
      return false;
    }
    if (generation(add(id)) == generation(state)) {
      return true;
    }
    subtract(id);
    return false;
  }

  /// Whether `id` is this string, in use.
  private boolean see(int id, byte[] utf8, int from, int length) {
    long[] chunk = chunk(id);
    int word = word(id);
    long state = (long) WORD.getAcquire(chunk, word);
    return (int) state > 0
        && arenaHolds(chunk, word, utf8, from, length)
        && sameGeneration(chunk, word, state);
  }

  /// Counts one reference more, whatever `id` is, and returns word 0 as it was before.
  private long add(int id) {
    long before = (long) WORD.getAndAdd(chunk(id), word(id), 1L);
    if ((int) before == Integer.MAX_VALUE) {
      WORD.getAndAdd(chunk(id), word(id), -1L);
      throw new IllegalStateException("a string has 2^31-1 references");
    }
    return before;
  }

  private void subtract(int id) {
    if ((int) (long) WORD.getAndAdd(chunk(id), word(id), -1L) == 1) {
      reclaim(id);
    }
  }

  private int internLocked(int h, byte[] utf8, int from, int length) {
    lock.lock();
    try {
      int id = lookUp(h, utf8, from, length);
      if (id == ABSENT) {
        return store(h, utf8, from, length);
      }
      add(id);
      return id;
    } finally {
      lock.unlock();
    }
  }

  private int findLocked(int h, byte[] utf8, int from, int length) {
    lock.lock();
    try {
      int id = lookUp(h, utf8, from, length);
      return id != ABSENT && references(id) > 0 ? id : ABSENT;
    } finally {
      lock.unlock();
    }
  }

  private int lookUp(int h, byte[] utf8, int from, int length) {
    long[] table = slots.table();
    int mask = table.length - 1;
    for (int i = h & mask; table[i] != 0; i = (i + 1) & mask) {
      int id = (int) table[i] - 1;
      if ((int) (table[i] >>> 32) == h && arenaHolds(chunk(id), word(id), utf8, from, length)) {
        return id;
      }
    }
    return ABSENT;
  }

  private int store(int h, byte[] utf8, int from, int length) {
    if (strings >= limits.strings()) {
      PoolMetrics.STRINGS_HIT.increment();
      throw new PoolFull(
          "pool_strings", "The pool holds " + strings + " distinct strings, as many as it may.");
    }
    if (bytes + length > limits.bytes()) {
      PoolMetrics.BYTES_HIT.increment();
      throw new PoolFull(
          "pool_bytes",
          "The pool holds " + bytes + " bytes of " + limits.bytes() + ", too many for this one.");
    }
    int id = freeId != ABSENT ? freeId : ids;
    int address = arena.add(id, utf8, from, length);
    takeId(id);
    WORD.setRelease(chunk(id), word(id) + 1, address & 0xFFFF_FFFFL);
    add(id);
    slots.insert(h, id);
    measure(1, length);
    return id;
  }

  private void takeId(int id) {
    if (id == freeId) {
      freeId = -2 - (int) chunk(id)[word(id) + 1];
      return;
    }
    if (id >>> CHUNK_BITS == chunks.length) {
      long[][] next = Arrays.copyOf(chunks, chunks.length + 1);
      next[chunks.length] = new long[2 * CHUNK_IDS];
      chunks = next;
    }
    ids++;
  }

  private void reclaim(int id) {
    lock.lock();
    try {
      long[] chunk = chunk(id);
      int word = word(id);
      long state = (long) WORD.getAcquire(chunk, word);
      long address = (long) WORD.getOpaque(chunk, word + 1);
      // Somebody may have taken it back meanwhile, or have reclaimed it.
      if ((int) state != 0
          || address < 0
          || !WORD.compareAndSet(chunk, word, state, state + GENERATION)) {
        return;
      }
      byte[] page = arena.page((int) address);
      int length = Arena.length(page, (int) address);
      slots.remove(hash.of(page, Arena.start((int) address), length), id);
      WORD.setOpaque(chunk, word + 1, -2L - freeId);
      freeId = id;
      arena.free((int) address);
      measure(-1, -length);
    } finally {
      lock.unlock();
    }
  }

  /// The arena moves a string to win room back. Its count may change at any time meanwhile.
  private void moved(int id, int address) {
    WORD.setRelease(chunk(id), word(id) + 1, address & 0xFFFF_FFFFL);
    WORD.getAndAdd(chunk(id), word(id), GENERATION);
  }

  private void measure(int moreStrings, int moreBytes) {
    int newStrings = strings + moreStrings;
    long newBytes = bytes + moreBytes;
    strings = newStrings;
    bytes = newBytes;
    PoolMetrics.STRINGS.set(newStrings);
    PoolMetrics.BYTES.set((double) newBytes);
  }

  private boolean arenaHolds(long[] chunk, int word, byte[] utf8, int from, int length) {
    long address = (long) WORD.getAcquire(chunk, word + 1);
    return address >= 0 && arena.holds((int) address, utf8, from, length);
  }

  private static int generation(long state) {
    return (int) (state >>> 32);
  }

  private static boolean sameGeneration(long[] chunk, int word, long state) {
    VarHandle.acquireFence();
    return generation((long) WORD.getOpaque(chunk, word)) == generation(state);
  }

  private long[] chunk(int id) {
    return chunks[id >>> CHUNK_BITS];
  }

  /// Neighbours are kept 1 KiB apart: the first ids are those of the most frequent strings, and
  /// counting one must not take the others' cache lines from other cores.
  private static int word(int id) {
    return (((id << 6) & 0xFC0) | ((id >>> 6) & 0x3F)) << 1;
  }

  private static void requireHeld(int id, long state) {
    if ((int) state <= 0) {
      throw new IllegalStateException("nobody holds string " + id);
    }
  }
}
