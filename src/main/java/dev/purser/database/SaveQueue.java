package dev.purser.database;

import dev.purser.database.Database.Lane;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;

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
/// Taken first are writes whose outcome is unknown, then those that are run once more alone, then
/// interactive ones, then bulk ones.
final class SaveQueue {
  private final DatabaseSettings.Batch batch;
  private final Consumer<PendingRead> release;

  private final Deque<PendingWrite> again = new ArrayDeque<>();
  private final Deque<PendingWrite> alone = new ArrayDeque<>();
  private final Deque<PendingWrite> interactive = new ArrayDeque<>();
  private final Deque<PendingWrite> bulk = new ArrayDeque<>();
  private final List<Deque<PendingWrite>> lanes = List.of(again, alone, interactive, bulk);
  private final List<PendingWrite> putOff = new ArrayList<>();
  private final Map<Object, PendingWrite> tails = new HashMap<>();
  private int interactiveCount;
  private int bulkCount;
  private int parkedCount;

  /// @param release takes a parked read once every earlier write of its key has ended
  SaveQueue(DatabaseSettings.Batch batch, Consumer<PendingRead> release) {
    this.batch = batch;
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
      lane(write).addLast(write);
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
    lane(write).addFirst(write);
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
      lane(next).addLast(next);
    }
    List<PendingRead> reads = write.parked;
    if (reads != null) {
      write.parked = null;
      parkedCount -= reads.size();
      reads.forEach(release);
    }
  }

  /// Takes the next batch: distinct customers, within the limits of rows and bytes but for its
  /// first write. Empty if nothing waits.
  List<PendingWrite> take() {
    if (!again.isEmpty()) {
      return fill(new ArrayList<>(again.size()), again);
    }
    List<PendingWrite> taken = new ArrayList<>();
    if (!alone.isEmpty()) {
      PendingWrite write = alone.removeFirst();
      count(write, -1);
      taken.add(write);
      return taken;
    }
    return fill(fill(taken, interactive), bulk);
  }

  /// Whether so much may be taken now that one more commit beside those in hand pays: something
  /// urgent, `saves` of them, a full batch, or one that has waited since before `sinceNanos`.
  boolean crowded(int saves, long sinceNanos) {
    if (!again.isEmpty() || !alone.isEmpty() || interactive.size() + bulk.size() >= saves) {
      return true;
    }
    long rows = Stream.of(interactive, bulk).flatMap(Deque::stream).mapToLong(w -> w.rows).sum();
    return rows >= batch.rows() || waitedNanos(sinceNanos) > 0;
  }

  /// How long before `nowNanos` the oldest write came that may be taken now; 0 if there is none.
  long waitedNanos(long nowNanos) {
    long most = 0;
    for (Deque<PendingWrite> lane : lanes) {
      PendingWrite head = lane.peekFirst();
      most = head == null ? most : Math.max(most, nowNanos - head.readyNanos);
    }
    return most;
  }

  private List<PendingWrite> fill(List<PendingWrite> taken, Deque<PendingWrite> lane) {
    int rows = 0;
    long bytes = 0;
    for (PendingWrite write : taken) {
      rows += write.rows;
      bytes += write.bytes;
    }
    for (PendingWrite write = lane.peekFirst(); write != null; write = lane.peekFirst()) {
      rows += write.rows;
      bytes += write.bytes;
      if (!taken.isEmpty() && (rows > batch.rows() || bytes > batch.bytes())) {
        break;
      }
      lane.removeFirst();
      count(write, -1);
      taken.add(write);
    }
    return taken;
  }

  /// Lets writes that were put off run again when their time has come.
  void bringBack(long nowMillis) {
    for (Iterator<PendingWrite> all = putOff.iterator(); all.hasNext(); ) {
      PendingWrite write = all.next();
      if (write.notBeforeMillis <= nowMillis) {
        all.remove();
        alone.addLast(write);
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
    lanes.forEach(heads::addAll);
    heads.addAll(putOff);
    List<PendingWrite> gone = new ArrayList<>();
    for (PendingWrite head : heads) {
      expireReads(head, readsMillis, refusedRead);
      expireChain(head, nowMillis, gone);
    }
    for (Deque<PendingWrite> lane : List.of(alone, interactive, bulk)) {
      for (Iterator<PendingWrite> all = lane.iterator(); all.hasNext(); ) {
        PendingWrite write = all.next();
        if (expired(write, nowMillis)) {
          all.remove();
          count(write, -1);
          gone.add(write);
        }
      }
    }
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
    List<PendingWrite> unknown = new ArrayList<>(again);
    alone.stream().filter(w -> w.again).forEach(unknown::add);
    unknown.addAll(putOff);
    return unknown;
  }

  private static boolean expired(PendingWrite write, long nowMillis) {
    return !write.again && write.deadlineMillis <= nowMillis;
  }

  private Deque<PendingWrite> lane(PendingWrite write) {
    if (write.alone) {
      return alone;
    }
    if (write.again) {
      return again;
    }
    return write.lane == Lane.INTERACTIVE ? interactive : bulk;
  }

  private void count(PendingWrite write, int by) {
    switch (write.lane) {
      case INTERACTIVE -> interactiveCount += by;
      case BULK -> bulkCount += by;
    }
  }
}
