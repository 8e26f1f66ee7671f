package dev.purser.customers;

import dev.purser.metrics.Metrics;

/// What customers count. Safe for many threads.
final class CustomersMetrics {
  private final Metrics.Counter loadsFromDatabase = load("database");
  private final Metrics.Counter loadsFromCache = load("cache");
  private final Metrics.Counter loadsFailed = load("none");
  private final Metrics.Counter cacheSilent =
      Metrics.counter("customer_cache_silent", "Times the cache did not answer in time");
  private final Metrics.Counter repairs =
      Metrics.counter("customer_cache_repairs", "Copies replaced by what the database holds");
  private final Metrics.Counter verified =
      Metrics.counter(
          "customer_copies_verified",
          "Copies newer than the database's answer, which was asked anew");
  private final Metrics.Counter moved =
      Metrics.counter("customer_moved", "Saves that missed their fence");
  private final Metrics.Counter unknown =
      Metrics.counter("customer_outcomes_unknown", "Saves whose outcome was not told in time");
  private final Metrics.Counter restarts =
      Metrics.counter("customer_restarts", "Customers restarted after a failure");
  private final Metrics.Counter bufferFull = Metrics.limitHit("customer_buffer");
  private final Metrics.Counter readsFull = Metrics.limitHit("customer_reads");

  private static Metrics.Counter load(String from) {
    return Metrics.counter("customer_loads", "Customers loaded, by source", "source", from);
  }

  void loadedFromDatabase() {
    loadsFromDatabase.increment();
  }

  void loadedFromCache() {
    loadsFromCache.increment();
  }

  void notLoaded() {
    loadsFailed.increment();
  }

  void cacheSilent() {
    cacheSilent.increment();
  }

  void cacheRepaired() {
    repairs.increment();
  }

  void copyVerified() {
    verified.increment();
  }

  void moved() {
    moved.increment();
  }

  void outcomeUnknown() {
    unknown.increment();
  }

  void restarted() {
    restarts.increment();
  }

  void bufferFull() {
    bufferFull.increment();
  }

  void readsFull() {
    readsFull.increment();
  }
}
