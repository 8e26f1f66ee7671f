package dev.purser.database;

import dev.purser.database.Database.Lane;
import dev.purser.faults.ServiceError;
import org.jspecify.annotations.Nullable;

/// Whether writes are let into the queue at present, and if not, why. Confined to the database
/// actor.
///
/// An outage keeps nobody out: what comes waits for as long as its deadline allows. What an
/// operator has to mend does, at once, until a write has gone through or a server has let one in.
final class Admission {
  private final Shared shared;
  private final Seats<CommitWork> seats;
  private final SaveQueue queue;
  private @Nullable ServiceError down =
      new ServiceError.PoolExhausted("the database is not open yet");
  private @Nullable ServiceError low;

  Admission(Shared shared, Seats<CommitWork> seats, SaveQueue queue) {
    this.shared = shared;
    this.seats = seats;
    this.queue = queue;
  }

  /// Why nothing is written at present, or null.
  @Nullable ServiceError trouble() {
    return low != null ? low : down;
  }

  /// Why no connection writes at present, or null.
  @Nullable ServiceError down() {
    return down;
  }

  /// Refuses writes while the disk has less room than the watermark; null lets them in again.
  void lowDisk(@Nullable ServiceError why) {
    low = why;
  }

  /// No connection writes.
  void down(ServiceError why) {
    down = why;
  }

  /// A connection was opened. That a server lets it write says that what was wrong is mended; a
  /// file says nothing before something is written.
  void opened() {
    if (down != null && (!Shared.setup(down) || shared.product().elastic())) {
      down = null;
    }
  }

  /// A commit went through.
  void wrote() {
    down = null;
  }

  /// Why a write of this lane is refused, or null if it may wait.
  @Nullable ServiceError refusal(Lane lane) {
    if (low != null) {
      shared.metrics().diskLow.increment();
      return low;
    }
    if (down != null && Shared.setup(down) && !mayProbe()) {
      return down;
    }
    DatabaseSettings.Queues limits = shared.settings().queues();
    int limit = lane == Lane.INTERACTIVE ? limits.saves() : limits.bulkSaves();
    if (queue.count(lane) < limit) {
      return null;
    }
    (lane == Lane.INTERACTIVE ? shared.metrics().savesFull : shared.metrics().bulkSavesFull)
        .increment();
    return new ServiceError.Overloaded("too many saves are waiting (" + limit + ")");
  }

  /// Whether one write may find out if what an operator had to mend is mended: an open connection
  /// says nothing about a full disk.
  private boolean mayProbe() {
    return seats.anyFree() && !seats.anyBusy() && queue.isEmpty();
  }
}
