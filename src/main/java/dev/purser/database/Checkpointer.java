package dev.purser.database;

import dev.purser.slots.Session;
import dev.purser.slots.Work;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// Keeps the write-ahead log of an embedded database short, without a commit that waits for it: the
/// third side of the database actor, beside [Writer] and [Readers]. Confined to that actor.
///
/// A connection of its own copies the log back while commits go on. What they add meanwhile is
/// copied in further passes, each shorter than the one before. Only when few pages are left are the
/// next commits and reads held, for some milliseconds: the log is begun anew by a commit that finds
/// all of it copied, and nobody who still reads from it.
///
/// ## Failure
///
/// Without its connection, or with somebody who reads an old state for long, the log grows. At
/// twice its size a commit copies it back itself, as SQLite does by default.
final class Checkpointer {
  /// How long reads in hand are waited for: most take a tenth of a millisecond.
  private static final long PATIENCE_NANOS = 20_000_000;

  private final Shared shared;
  private final long fromPages;

  private @Nullable ActorRef<Session.Command<Store>> session;
  private State state = State.AWAY;
  private boolean wrote;
  private long handedNanos;
  private long heldNanos;

  Checkpointer(Shared shared) {
    Product.Checkpoints checkpoints = shared.product().checkpoints();
    this.shared = shared;
    this.fromPages = checkpoints == null ? Long.MAX_VALUE : checkpoints.fromPages();
  }

  private enum State {
    /// There is no connection, or none is needed: the database keeps its log by itself.
    AWAY,
    IDLE,
    COPYING,
    /// Waits for the commit and the short reads in hand.
    HOLDING,
    /// Copies what is left while nobody commits or begins to read.
    FINISHING
  }

  void ready(ActorRef<Session.Command<Store>> opened) {
    session = opened;
    state = State.IDLE;
  }

  void lost() {
    session = null;
    state = State.AWAY;
  }

  /// Something was committed.
  void wrote() {
    wrote = true;
  }

  /// Looks at the log, if it may have grown.
  ///
  /// @param paused whether the database is to be left alone
  void look(boolean paused) {
    if (state == State.IDLE && wrote && !paused) {
      wrote = false;
      hand(new CheckpointWork(fromPages), State.COPYING);
    }
  }

  /// Whether no commit and no read may begin.
  boolean holds() {
    return state == State.HOLDING || state == State.FINISHING;
  }

  /// Begins the last pass if it is due and nothing is in hand: a commit would lengthen the log, and
  /// a read keeps what was committed after it began from being copied. Long reads are not waited
  /// for.
  void proceed(boolean committing, boolean reading) {
    if (state == State.HOLDING && !committing && (!reading || patienceIsOver())) {
      hand(new CheckpointWork.Last(), State.FINISHING);
    }
  }

  private boolean patienceIsOver() {
    return System.nanoTime() - heldNanos > PATIENCE_NANOS;
  }

  private void hand(Work<Store> work, State next) {
    if (session != null) {
      handedNanos = System.nanoTime();
      session.tell(new Session.Run<>(work));
      state = next;
    }
  }

  /// Its work came back.
  ///
  /// @param more whether the session goes on
  void done(CheckpointWork work, boolean more) {
    shared.metrics().checkpointUse.recordNanos(System.nanoTime() - handedNanos);
    state = !more ? State.AWAY : work.nearly() ? State.HOLDING : State.IDLE;
    heldNanos = System.nanoTime();
  }

  /// The last pass came back.
  ///
  /// @param more whether the session goes on
  void finished(boolean more) {
    shared.metrics().checkpointPause.recordNanos(System.nanoTime() - handedNanos);
    state = more ? State.IDLE : State.AWAY;
  }
}
