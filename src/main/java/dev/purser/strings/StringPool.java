package dev.purser.strings;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.ReentrantLock;

/// Each distinct string once, as UTF-8, under a small number: its id. Strings are the same if their
/// bytes are; the hash only finds candidates. Safe for many threads.
///
/// Whoever interns a string holds one reference to it and must release it. While anybody holds one
/// the string keeps its id; when the last is released, its bytes and its id go to others.
///
/// ## Layout
///
/// From the hash of a string [Slots] lead to ids, from an id [Words] to references and an address,
/// from an address [Arena] to bytes; each draws its own. A distinct string of n bytes costs n + 6
/// in the arena, 16 of words and 12 to 24 of slots.
///
/// ## Concurrency
///
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
///    the next generation, an odd one: that fails if a reference came back before. Of an odd
///    generation nothing is believed: its address may not have been taken away yet.
///
/// What is not found without the lock is looked for again under it: "absent" is never a guess.
public final class StringPool {
  /// The answer for a string that is not in the pool.
  public static final int ABSENT = -1;

  /// The longest string, in bytes of UTF-8.
  public static final int MOST_BYTES = KeyedHash.MOST_BYTES;

  private final Limits limits;
  private final Hash hash;
  private final ReentrantLock lock = new ReentrantLock();
  private final Slots slots = new Slots();
  private final Words words = new Words();
  private final Arena arena = new Arena(words::move);

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

  /// As [#StringPool(Limits)], with a hash that makes strings collide, for tests.
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
    requireHeld(id);
    Words.add(words.chunk(id), id);
  }

  /// Gives one reference back; the id must not be used for it again.
  public void release(int id) {
    requireHeld(id);
    subtract(words.chunk(id), id);
  }

  /// A copy of the UTF-8 of a string that the caller holds a reference to.
  public byte[] utf8(int id) {
    long[] chunk = words.chunk(id);
    for (; ; ) {
      long state = requireHeld(id);
      byte[] copy = arena.copy((int) Words.address(chunk, id));
      if (Words.unchanged(chunk, id, state)) {
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

  /// Their UTF-8 bytes, without what keeping them costs.
  public long bytes() {
    return bytes;
  }

  /// The references to `id`, for tests and for people; 0 if it is free.
  public int references(int id) {
    return Words.references(Words.state(words.chunk(id), id));
  }

  /// The UTF-8 of `string`.
  ///
  /// @throws IllegalArgumentException if it has an unpaired surrogate
  public static byte[] utf8(String string) {
    for (int i = 0, c; i < string.length(); i += Character.charCount(c)) {
      c = string.codePointAt(i);
      if (c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE) {
        throw new IllegalArgumentException("an unpaired surrogate at " + i);
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
    long[] chunk = words.chunk(id);
    long state = Words.state(chunk, id);
    if (!Words.inUse(state) || !holds(chunk, id, utf8, from, length)) {
      return false;
    }
    if (Words.sameGeneration(Words.add(chunk, id), state)) {
      return true;
    }
    subtract(chunk, id);
    return false;
  }

  /// Whether `id` is this string, in use.
  private boolean see(int id, byte[] utf8, int from, int length) {
    long[] chunk = words.chunk(id);
    long state = Words.state(chunk, id);
    return Words.references(state) > 0
        && Words.inUse(state)
        && holds(chunk, id, utf8, from, length)
        && Words.unchanged(chunk, id, state);
  }

  private boolean holds(long[] chunk, int id, byte[] utf8, int from, int length) {
    long address = Words.address(chunk, id);
    return address >= 0 && arena.holds((int) address, utf8, from, length);
  }

  private void subtract(long[] chunk, int id) {
    if (Words.subtract(chunk, id)) {
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
      Words.add(words.chunk(id), id);
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
      if ((int) (table[i] >>> 32) == h && holds(words.chunk(id), id, utf8, from, length)) {
        return id;
      }
    }
    return ABSENT;
  }

  private int store(int h, byte[] utf8, int from, int length) {
    if (strings >= limits.strings()) {
      PoolMetrics.STRINGS_HIT.increment();
      throw new PoolFull("pool_strings", "The pool holds as many strings as it may: " + strings);
    }
    if (bytes + length > limits.bytes()) {
      PoolMetrics.BYTES_HIT.increment();
      throw new PoolFull(
          "pool_bytes",
          "The pool holds " + bytes + " bytes of " + limits.bytes() + ", too many for this one.");
    }
    int id = words.next();
    words.give(arena.add(id, utf8, from, length));
    slots.insert(h, id);
    measure(1, length);
    return id;
  }

  private void reclaim(int id) {
    lock.lock();
    try {
      int address = (int) Words.address(words.chunk(id), id);
      // Somebody may have taken it back meanwhile, or have reclaimed it.
      if (words.free(id)) {
        byte[] page = arena.page(address);
        int length = Arena.length(page, address);
        slots.remove(hash.of(page, Arena.start(address), length), id);
        arena.free(address);
        measure(-1, -length);
      }
    } finally {
      lock.unlock();
    }
  }

  private void measure(int moreStrings, int moreBytes) {
    int newStrings = strings + moreStrings;
    long newBytes = bytes + moreBytes;
    strings = newStrings;
    bytes = newBytes;
    PoolMetrics.STRINGS.set(newStrings);
    PoolMetrics.BYTES.set((double) newBytes);
  }

  private long requireHeld(int id) {
    long state = Words.state(words.chunk(id), id);
    if (Words.references(state) <= 0) {
      throw new IllegalStateException("nobody holds string " + id);
    }
    return state;
  }
}
