package dev.purser.database;

import dev.purser.faults.Backoff;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.Escalated;
import dev.purser.faults.ServiceError;
import dev.purser.slots.Connector;
import dev.purser.slots.Work;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// A unit of work on a [Store], and how far it came. Held by the queue that made it, or by the
/// session that runs it, never by both.
///
/// Whatever the store throws at a request is caught here, errors such as `StackOverflowError` too:
/// no request can end a session, let alone the node. Only what concerns the connection leaves.
abstract class StoreWork implements Work<Store> {
  private static final Logger LOG = LoggerFactory.getLogger(StoreWork.class);

  /// How far the work came.
  enum Stage {
    WAITING,
    /// It began; nothing was committed.
    BEGUN,
    /// The commit began: the outcome is unknown.
    COMMITTING,
    DONE,
    /// It failed and was taken back; the connection is good.
    FAILED
  }

  private final Retrying retrying;
  private final Connector<Store> connector;
  private Stage stage = Stage.WAITING;
  private @Nullable ServiceError error;

  StoreWork(Connector<Store> connector, Retrying retrying) {
    this.connector = connector;
    this.retrying = retrying;
  }

  /// Repetitions on the spot where the database only was busy.
  record Retrying(int repeats, Backoff backoff) {}

  /// Does the work; called again if the database was busy.
  abstract void execute(Store store) throws Exception;

  /// Takes back what a failed execution left.
  abstract void undo(Store store) throws Exception;

  final Stage stage() {
    return stage;
  }

  /// Why it failed; only in stage `FAILED`.
  final ServiceError error() {
    return error == null ? new ServiceError.Internal("the work did not fail") : error;
  }

  final void committing() {
    stage = Stage.COMMITTING;
  }

  /// The commit failed and is known not to be applied.
  final void uncommitted() {
    stage = Stage.BEGUN;
  }

  @Override
  public final void run(Store store, BooleanSupplier overran) throws Exception {
    stage = Stage.BEGUN;
    for (int attempt = 0; ; attempt++) {
      try {
        execute(store);
        stage = Stage.DONE;
        return;
      } catch (Throwable t) {
        ServiceError why = judged(t, store, overran.getAsBoolean());
        if (!busy(why) || attempt >= retrying.repeats()) {
          error = why;
          stage = Stage.FAILED;
          return;
        }
        Thread.sleep(retrying.backoff().delayMillis(attempt, ThreadLocalRandom.current()));
      }
    }
  }

  /// What the failure means to the callers; throws if it concerns the connection.
  private ServiceError judged(Throwable t, Store store, boolean overran) throws Exception {
    ServiceError why =
        overran
            ? new ServiceError.Timeout("the database took too long and was interrupted")
            : connector.explain(t);
    if (stage == Stage.COMMITTING || endsSession(why) || t instanceof Escalated) {
      throw t instanceof Exception e ? e : new IllegalStateException("an error in the store", t);
    }
    try {
      undo(store);
    } catch (Throwable second) {
      t.addSuppressed(second);
      throw t instanceof Exception e ? e : new IllegalStateException("an error in the store", t);
    }
    if (!busy(why) && !Shared.ofLease(why)) {
      LOG.warn("A unit of work failed and was taken back: {}", why.code(), t);
    }
    return why;
  }

  private static boolean endsSession(ServiceError why) {
    return why instanceof ServiceError.Database d
        && switch (d.cause()) {
          case UNREACHABLE, SETUP, CORRUPT -> true;
          case BUSY, LEASE, BAD_DATA, UNKNOWN -> false;
        };
  }

  static boolean busy(ServiceError why) {
    return why instanceof ServiceError.Database d && d.cause() == DatabaseCause.BUSY;
  }
}
