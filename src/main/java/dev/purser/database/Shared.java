package dev.purser.database;

import dev.purser.database.ElasticSettings.Range;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.RetryBudget;
import dev.purser.faults.ServiceError;
import dev.purser.faults.SupervisionLog;
import dev.purser.slots.SlotSettings;
import java.time.InstantSource;
import org.slf4j.Logger;

/// What both sides of the database actor, reading and writing, need. Its parts are safe for many
/// threads, but the metrics' refusals belong to the actor.
record Shared(
    DatabaseSettings settings,
    Product product,
    InstantSource clock,
    SupervisionLog log,
    RetryBudget budget,
    DatabaseMetrics metrics) {

  StoreWork.Retrying retrying() {
    return new StoreWork.Retrying(settings.busyRepeats(), settings.busyBackoff());
  }

  /// How many connections write.
  Range writers() {
    return product.elastic() ? settings.elastic().writers() : new Range(1, 1);
  }

  /// How many connections read.
  Range readers() {
    int fixed = settings.readers();
    return product.elastic() ? settings.elastic().readers() : new Range(fixed, fixed);
  }

  SlotSettings slotSettings() {
    return product.elastic()
        ? settings.slots().withMaxAge(settings.elastic().maxAge())
        : settings.slots();
  }

  /// Leaves everything in its place, all connections being closed.
  void closed(Logger log) {
    try {
      product.closed();
    } catch (Exception e) {
      log.warn("The database was not tidied up; its next start does that", e);
    }
  }

  /// Whether a request may be tried once more on another connection.
  boolean mayRetry(long deadlineMillis) {
    if (clock.millis() >= deadlineMillis) {
      return false;
    }
    boolean granted = budget.take();
    if (!granted) {
      metrics.retriesSpent.increment();
    }
    return granted;
  }

  /// The refusal of a request whose deadline passed before any slot had taken it: it was not run.
  ServiceError expired(String queue, long queuedNanos, int waiting, String state) {
    long waitedMillis = (System.nanoTime() - queuedNanos) / 1_000_000;
    return new ServiceError.PoolExhausted(
        "no slot took it before its deadline: it waited %d ms with %d %s waiting; %s"
            .formatted(waitedMillis, waiting, queue, state));
  }

  /// What the caller is told about a failure that was seen twice: one that nobody understands is a
  /// bug of ours.
  static ServiceError told(ServiceError why) {
    boolean bug =
        why instanceof ServiceError.Database d
            && switch (d.cause()) {
              case BAD_DATA, UNKNOWN, CORRUPT -> true;
              case UNREACHABLE, BUSY, LEASE, SETUP -> false;
            };
    return bug ? new ServiceError.Internal("an internal error; it was logged") : why;
  }

  /// Whether the failure says something about the connection and nothing about the request.
  static boolean ofConnection(ServiceError why) {
    return why instanceof ServiceError.Database d
        && switch (d.cause()) {
          case UNREACHABLE, BUSY, LEASE, SETUP, CORRUPT -> true;
          case BAD_DATA, UNKNOWN -> false;
        };
  }

  /// Whether a lease stood in the way: nothing is wrong with the connection.
  static boolean ofLease(ServiceError why) {
    return why instanceof ServiceError.Database d && d.cause() == DatabaseCause.LEASE;
  }

  static boolean corrupt(ServiceError why) {
    return why instanceof ServiceError.Database d && d.cause() == DatabaseCause.CORRUPT;
  }

  static boolean setup(ServiceError why) {
    return why instanceof ServiceError.Database d && d.cause() == DatabaseCause.SETUP;
  }
}
