package dev.purser.cache;

import dev.purser.metrics.Metrics;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// What is counted of a Redis. Safe for many threads.
final class RedisMetrics {
  private final Map<String, Metrics.Timer> roundTrips = new ConcurrentHashMap<>();
  private final Map<String, Metrics.Counter> dropped = new ConcurrentHashMap<>();
  private final Map<String, Metrics.Counter> closed = new ConcurrentHashMap<>();
  private final Metrics.Counter opened =
      Metrics.counter("cache_connections_opened", "Connections to Redis that were opened");
  private final Metrics.Counter failures =
      Metrics.counter("cache_connections_failed", "Connections to Redis that could not be opened");
  private final Metrics.Counter cleared =
      Metrics.counter("cache_cleared", "Entries removed by clearing and of earlier lives of Redis");
  private final Metrics.Counter full = Metrics.limitHit("cache_in_flight");
  private final Metrics.Gauge connected =
      Metrics.gauge("cache_connected", "1 with a connection to Redis, else 0");
  private final Metrics.Gauge breaker =
      Metrics.gauge("cache_breaker", "Circuit breaker: 0 closed, 1 half-open, 2 open");
  private final Metrics.Gauge inFlight =
      Metrics.gauge("cache_in_flight", "Commands that wait for Redis' answer");

  /// From sending a command to its answer.
  void roundTrip(String command, long nanos) {
    roundTrips
        .computeIfAbsent(
            command, c -> Metrics.timer("cache_round_trip", "Redis' time to answer", "command", c))
        .recordNanos(nanos);
  }

  /// Not sent, or not waited for; `reason` is one of a handful.
  void dropped(String reason) {
    dropped
        .computeIfAbsent(
            reason,
            r -> Metrics.counter("cache_dropped", "Commands dropped, by reason", "reason", r))
        .increment();
  }

  void full() {
    full.increment();
    dropped("full");
  }

  void opened() {
    opened.increment();
    connected.set(1);
  }

  void notOpened() {
    failures.increment();
  }

  void closed(String reason) {
    connected.set(0);
    closed
        .computeIfAbsent(
            reason,
            r ->
                Metrics.counter(
                    "cache_connections_closed", "Connections that ended, by reason", "reason", r))
        .increment();
  }

  void cleared(long entries) {
    cleared.add(entries);
  }

  void breaker(Breaker.State state) {
    breaker.set(state.level);
  }

  void inFlight(int commands) {
    inFlight.set(commands);
  }
}
