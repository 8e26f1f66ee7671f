package dev.purser.database;

import dev.purser.database.Database.Lane;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/// The writes that wait, in the order in which they are to be taken. Confined to the database
/// actor.
///
/// ## Order
///
/// Writes of one customer, or of one share of records, never overtake each other: only the first of
/// them stands in a lane, the others form a chain behind it until it has ended, whether it waits,
/// is in hand, or is run again. So a batch never holds two writes of one customer or share, and all
/// but the sweep is O(1) a write.
///
/// Which lane is taken from first, [SaveLanes] says.
final class SaveQueue {
  private final Consumer<PendingRead> release;
  private final SaveLanes lanes;
  private final List<PendingWrite> putOff = new ArrayList<>();
  private final Map<Object, PendingWrite> tails = new HashMap<>();
  private int interactiveCount;
  private int bulkCount;
  private int parkedCount;

  /// @param release takes a parked read once every earlier write of its key has ended
  SaveQueue(DatabaseSettings.Batch batch, Consumer<PendingRead> release) {
    this.lanes = new SaveLanes(batch);
    this.release = release;
  }

  /// How many wait in a lane, chained ones included.
  int count(Lane lane) {
    return switch (lane) {
      case INTERACTIVE -> interactiveCount;
      case BULK -> bulkCount;
    };
  }

  int parked() {
    return parkedCount;
  }

  boolean isEmpty() {
    return interactiveCount == 0 && bulkCount == 0;
  }

  void add(PendingWrite write) {
    count(write, 1);
    Object key = write.key();
    PendingWrite earlier = key == null ? null : tails.put(key, write);
    if (earlier == null) {
      lanes.of(write).addLast(write);
    } else {
      earlier.next = write;
    }
  }

  /// Whether a write of what the read is about has not ended.
  boolean holdsUp(PendingRead read) {
    Object key = read.key();
    return key != null && tails.containsKey(key);
  }

  /// Makes the read wait if a write of what it is about has not ended; false if there is none.
  boolean park(PendingRead read) {
    Object key = read.key();
    PendingWrite tail = key == null ? null : tails.get(key);
    if (tail == null) {
      return false;
    }
    tail.park(read);
    parkedCount++;
    return true;
  }

  /// Puts a write that was taken back to the head of where it belongs; several are given back last
  /// first.
  void giveBack(PendingWrite write) {
    count(write, 1);
    lanes.of(write).addFirst(write);
  }

  /// Keeps a write whose outcome is unknown out of the way until its time comes.
  void putOff(PendingWrite write) {
    count(write, 1);
    putOff.add(write);
  }

  /// Ends a write that was taken: reads that waited for it are released, and the next write of its
  /// key moves up.
  void end(PendingWrite write) {
    Object key = write.key();
    if (key == null) {
      return;
    }
    PendingWrite next = write.next;
    if (next == null) {
      tails.remove(key);
    } else {
      next.readyNanos = System.nanoTime();
      lanes.of(next).addLast(next);
    }
    List<PendingRead> reads = write.parked;
    if (reads != null) {
      write.parked = null;
      parkedCount -= reads.size();
      reads.forEach(release);
    }
  }

  /// Takes the next batch, as [SaveLanes#take()] says: distinct customers and shares.
  List<PendingWrite> take() {
    List<PendingWrite> taken = lanes.take();
    taken.forEach(write -> count(write, -1));
    return taken;
  }

  /// As [SaveLanes#crowded].
  boolean crowded(int saves, long sinceNanos) {
    return lanes.crowded(saves, sinceNanos);
  }

  /// As [SaveLanes#waitedNanos].
  long waitedNanos(long nowNanos) {
    return lanes.waitedNanos(nowNanos);
  }

  /// Lets writes that were put off run again when their time has come.
  void bringBack(long nowMillis) {
    for (Iterator<PendingWrite> all = putOff.iterator(); all.hasNext(); ) {
      PendingWrite write = all.next();
      if (write.notBeforeMillis <= nowMillis) {
        all.remove();
        lanes.addAlone(write);
      }
    }
  }

  /// Removes every waiting write whose outcome is known and whose deadline is not after `nowMillis`
  /// (all of them with `Long.MAX_VALUE`), and every parked read whose deadline is not after
  /// `readsMillis`.
  ///
  /// @param inHand the batch in hand, behind which others wait
  void expire(
      long nowMillis,
      long readsMillis,
      List<PendingWrite> inHand,
      Consumer<PendingWrite> refused,
      Consumer<PendingRead> refusedRead) {
    List<PendingWrite> heads = new ArrayList<>(inHand);
    lanes.forEach(heads::add);
    heads.addAll(putOff);
    List<PendingWrite> gone = new ArrayList<>();
    for (PendingWrite head : heads) {
      expireReads(head, readsMillis, refusedRead);
      expireChain(head, nowMillis, gone);
    }
    List<PendingWrite> late = lanes.remove(write -> expired(write, nowMillis));
    late.forEach(write -> count(write, -1));
    gone.addAll(late);
    for (PendingWrite write : gone) {
      // A chained one was unlinked already and has neither next nor reads to move up.
      if (write.key() != null && !write.unlinked) {
        end(write);
      }
      refused.accept(write);
    }
  }

  private void expireChain(PendingWrite head, long nowMillis, List<PendingWrite> gone) {
    PendingWrite last = head;
    for (PendingWrite write = head.next; write != null; write = write.next) {
      if (expired(write, nowMillis)) {
        unlink(last, write);
        gone.add(write);
      } else {
        last = write;
      }
    }
  }

  private void unlink(PendingWrite before, PendingWrite write) {
    Object key = write.key();
    before.next = write.next;
    if (before.next == null && key != null) {
      tails.put(key, before);
    }
    List<PendingRead> reads = write.parked;
    if (reads != null) {
      // They still wait for the writes before this one.
      reads.forEach(before::park);
      write.parked = null;
    }
    write.unlinked = true;
    count(write, -1);
  }

  private void expireReads(PendingWrite head, long millis, Consumer<PendingRead> refusedRead) {
    for (PendingWrite write = head; write != null; write = write.next) {
      List<PendingRead> reads = write.parked;
      if (reads == null) {
        continue;
      }
      for (Iterator<PendingRead> all = reads.iterator(); all.hasNext(); ) {
        PendingRead read = all.next();
        if (read.deadlineMillis() <= millis) {
          all.remove();
          parkedCount--;
          refusedRead.accept(read);
        }
      }
    }
  }

  /// Everything whose outcome is unknown and that waits to be run again.
  List<PendingWrite> unknown() {
    List<PendingWrite> unknown = new ArrayList<>(lanes.unknown());
    unknown.addAll(putOff);
    return unknown;
  }

  private static boolean expired(PendingWrite write, long nowMillis) {
    return !write.again && write.deadlineMillis <= nowMillis;
  }

  private void count(PendingWrite write, int by) {
    switch (write.lane) {
      case INTERACTIVE -> interactiveCount += by;
      case BULK -> bulkCount += by;
    }
  }
}
