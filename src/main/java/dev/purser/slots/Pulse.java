package dev.purser.slots;

import org.jspecify.annotations.Nullable;

/// What a session lets its slot see while it blocks: since when a unit of work runs, and a way to
/// interrupt it. Written by the session, read and interrupted by the slot; every method holds the
/// lock, so that an interrupt never meets a closed connection or the next unit of work.
final class Pulse<C> {
  private static final long IDLE = -1;

  private @Nullable C connection;
  private long busySinceMillis = IDLE;
  private long limitMillis;
  private long uses;
  private boolean overran;

  synchronized void opened(C opened) {
    connection = opened;
  }

  synchronized void begin(long nowMillis, long limit) {
    busySinceMillis = nowMillis;
    limitMillis = limit;
  }

  /// The work came to its end; says how long it took.
  synchronized long end(long nowMillis) {
    long took = nowMillis - busySinceMillis;
    busySinceMillis = IDLE;
    uses++;
    return took;
  }

  /// After this nobody but the session touches the connection.
  synchronized void closing() {
    connection = null;
  }

  /// Whether a unit of work is running, or was when the session failed.
  synchronized boolean busy() {
    return busySinceMillis != IDLE;
  }

  synchronized long uses() {
    return uses;
  }

  synchronized boolean overran() {
    return overran;
  }

  /// Interrupts the unit of work if it runs longer than it may; says whether one does.
  synchronized boolean interruptOverdue(long nowMillis, Connector<C> connector) {
    if (busySinceMillis == IDLE || nowMillis - busySinceMillis < limitMillis) {
      return false;
    }
    overran = true;
    if (connection != null) {
      connector.interrupt(connection);
    }
    return true;
  }
}
