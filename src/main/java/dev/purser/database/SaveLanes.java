package dev.purser.database;

import dev.purser.database.Database.Lane;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Predicate;

/// The writes that may be taken now, in their lanes. Confined to the database actor.
///
/// Taken first are writes whose outcome is unknown, then those that are run once more alone, then
/// interactive ones, then bulk ones; of the latter only few beside an interactive one, whose caller
/// waits for the whole transaction, but always one, lest they wait for ever.
final class SaveLanes {
  private final DatabaseSettings.Batch batch;
  private final Deque<PendingWrite> again = new ArrayDeque<>();
  private final Deque<PendingWrite> alone = new ArrayDeque<>();
  private final Deque<PendingWrite> interactive = new ArrayDeque<>();
  private final Deque<PendingWrite> bulk = new ArrayDeque<>();
  private final List<Deque<PendingWrite>> lanes = List.of(again, alone, interactive, bulk);

  SaveLanes(DatabaseSettings.Batch batch) {
    this.batch = batch;
  }

  /// Where a write belongs.
  Deque<PendingWrite> of(PendingWrite write) {
    if (write.alone) {
      return alone;
    }
    if (write.again) {
      return again;
    }
    return write.lane == Lane.INTERACTIVE ? interactive : bulk;
  }

  /// Lets a write run alone, whatever lane it is of.
  void addAlone(PendingWrite write) {
    alone.addLast(write);
  }

  void forEach(Consumer<PendingWrite> what) {
    lanes.forEach(lane -> lane.forEach(what));
  }

  /// Those here whose outcome is unknown.
  List<PendingWrite> unknown() {
    List<PendingWrite> unknown = new ArrayList<>(again);
    alone.stream().filter(w -> w.again).forEach(unknown::add);
    return unknown;
  }

  /// Takes the next batch, within the limits of rows and bytes but for the first write of a lane.
  /// Empty if nothing waits.
  List<PendingWrite> take() {
    if (!again.isEmpty()) {
      return fill(new ArrayList<>(again.size()), again, batch.rows());
    }
    List<PendingWrite> taken = new ArrayList<>();
    if (!alone.isEmpty()) {
      taken.add(alone.removeFirst());
      return taken;
    }
    fill(taken, interactive, batch.rows());
    return fill(taken, bulk, taken.isEmpty() ? batch.rows() : batch.beside());
  }

  /// @param most the rows of this lane, but for its first write
  private List<PendingWrite> fill(List<PendingWrite> taken, Deque<PendingWrite> lane, int most) {
    int rows = 0;
    int joined = 0;
    boolean first = true;
    long bytes = 0;
    for (PendingWrite write : taken) {
      rows += write.rows;
      bytes += write.bytes;
    }
    for (PendingWrite write = lane.peekFirst(); write != null; write = lane.peekFirst()) {
      rows += write.rows;
      bytes += write.bytes;
      joined += write.rows;
      if (!first && (joined > most || rows > batch.rows() || bytes > batch.bytes())) {
        break;
      }
      first = false;
      taken.add(lane.removeFirst());
    }
    return taken;
  }

  /// Whether so much may be taken now that one more commit beside those in hand pays: something
  /// urgent, `saves` of them, a full batch, or one that has waited since before `sinceNanos`.
  boolean crowded(int saves, long sinceNanos) {
    if (!again.isEmpty() || !alone.isEmpty() || interactive.size() + bulk.size() >= saves) {
      return true;
    }
    long rows = PendingWrite.rows(interactive) + PendingWrite.rows(bulk);
    return rows >= batch.rows() || waitedNanos(sinceNanos) > 0;
  }

  /// How long before `nowNanos` the oldest write came; 0 if there is none.
  long waitedNanos(long nowNanos) {
    long most = 0;
    for (Deque<PendingWrite> lane : lanes) {
      PendingWrite head = lane.peekFirst();
      most = head == null ? most : Math.max(most, nowNanos - head.readyNanos);
    }
    return most;
  }

  /// Removes all that are `late`; one whose outcome is unknown never is.
  List<PendingWrite> remove(Predicate<PendingWrite> late) {
    List<PendingWrite> gone = new ArrayList<>();
    for (Deque<PendingWrite> lane : List.of(alone, interactive, bulk)) {
      for (Iterator<PendingWrite> all = lane.iterator(); all.hasNext(); ) {
        PendingWrite write = all.next();
        if (late.test(write)) {
          all.remove();
          gone.add(write);
        }
      }
    }
    return gone;
  }
}
