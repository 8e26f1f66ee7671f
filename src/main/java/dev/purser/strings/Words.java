package dev.purser.strings;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.Arrays;

/// What a pool knows of each id: two words of 8 bytes, in chunks of 4,096 ids that never move.
///
///     word  bits
///        0  63..32  generation: changes whenever the id or its bytes are given to somebody else; odd
///                   while the id is free
///           31..0   references
///        1  31..0   address of the bytes in the arena; of a free id, -2 - the next free id or -1
///
/// Ids are dense: those that were freed are given before new ones.
///
/// ## Concurrency
/// [#next()], [#give(int)], [#free(int)] and [#move(int, int)] are for one thread at a time, under
/// the pool's lock; everything else is for all threads at any time. How the words make comparisons
/// safe without the lock is told in [StringPool].
final class Words {
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
  private static final int CHUNK_BITS = 12;
  private static final int CHUNK_IDS = 1 << CHUNK_BITS;
  private static final long GENERATION = 1L << 32;
  private static final int NO_ID = -1;

  private volatile long[][] chunks = new long[0][];
  private int free = NO_ID;
  private int ids;

  /// The chunk that holds the words of `id`.
  long[] chunk(int id) {
    return chunks[id >>> CHUNK_BITS];
  }

  /// Word 0 of `id`, with all that was done before it was written.
  static long state(long[] chunk, int id) {
    return (long) WORD.getAcquire(chunk, word(id));
  }

  /// The address in word 1 of `id`, with the bytes there; negative if the id is free.
  static long address(long[] chunk, int id) {
    return (long) WORD.getAcquire(chunk, word(id) + 1);
  }

  /// Whether `id` has been the same string in the same place since its word 0 was `state`.
  static boolean unchanged(long[] chunk, int id, long state) {
    VarHandle.acquireFence();
    return sameGeneration((long) WORD.getOpaque(chunk, word(id)), state);
  }

  /// Whether the id was somebody's, not free or about to be, when its word 0 was `state`. Between
  /// the change of the generation and that of the address a freed id still leads to its old bytes.
  static boolean inUse(long state) {
    return (state & GENERATION) == 0;
  }

  static boolean sameGeneration(long one, long other) {
    return (one ^ other) >>> 32 == 0;
  }

  /// The references in a word 0.
  static int references(long state) {
    return (int) state;
  }

  /// Counts one reference more, whatever `id` is, and returns word 0 as it was before.
  static long add(long[] chunk, int id) {
    long before = (long) WORD.getAndAdd(chunk, word(id), 1L);
    if (references(before) == Integer.MAX_VALUE) {
      WORD.getAndAdd(chunk, word(id), -1L);
      throw new IllegalStateException("a string has 2^31-1 references");
    }
    return before;
  }

  /// Counts one reference less, and says whether it was the last.
  static boolean subtract(long[] chunk, int id) {
    return references((long) WORD.getAndAdd(chunk, word(id), -1L)) == 1;
  }

  /// The id that is given next.
  int next() {
    return free == NO_ID ? ids : free;
  }

  /// Gives [#next()] to the bytes at `address`, with one reference.
  void give(int address) {
    int id = next();
    boolean again = id == free;
    if (again) {
      free = -2 - (int) address(chunk(id), id);
    } else {
      if (id >>> CHUNK_BITS == chunks.length) {
        long[][] more = Arrays.copyOf(chunks, chunks.length + 1);
        more[chunks.length] = new long[2 * CHUNK_IDS];
        chunks = more;
      }
      ids++;
    }
    WORD.setRelease(chunk(id), word(id) + 1, address & 0xFFFF_FFFFL);
    // Added, not set: somebody who mistook it for another string may be about to take his own back.
    WORD.getAndAdd(chunk(id), word(id), again ? GENERATION + 1 : 1);
  }

  /// Frees `id` unless somebody holds it or it is free, and says whether it did.
  boolean free(int id) {
    long[] chunk = chunk(id);
    long state = state(chunk, id);
    if (references(state) != 0
        || !inUse(state)
        || !WORD.compareAndSet(chunk, word(id), state, state + GENERATION)) {
      return false;
    }
    WORD.setOpaque(chunk, word(id) + 1, -2L - free);
    free = id;
    return true;
  }

  /// The bytes of `id` are at `address` from now on; its references may change meanwhile.
  void move(int id, int address) {
    WORD.setRelease(chunk(id), word(id) + 1, address & 0xFFFF_FFFFL);
    WORD.getAndAdd(chunk(id), word(id), 2 * GENERATION);
  }

  /// Neighbours are kept 1 KiB apart: the first ids are those of the most frequent strings, and
  /// counting one must not take the others' cache lines from other cores.
  private static int word(int id) {
    return (((id << 6) & 0xFC0) | ((id >>> 6) & 0x3F)) << 1;
  }
}
