package dev.purser.http;

import dev.purser.metrics.Metrics;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/// What is measured of the edge. The label `endpoint` is a route's template, never a raw path, so
/// that there are as many series as routes and statuses. Safe for many threads.
final class HttpMetrics {
  /// The label of requests that no route knows.
  static final String UNMATCHED = "unmatched";

  /// The label of methods that RFC 9110 and RFC 5789 do not define: a client may make up any
  /// number.
  private static final String OTHER = "other";

  private static final Set<String> METHODS =
      Set.of("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT");

  final Metrics.Counter admittedHit = Metrics.limitHit("http_admitted");
  final Metrics.Counter operatingHit = Metrics.limitHit("http_operating");
  final Metrics.Counter answerBytesHit = Metrics.limitHit("http_answer_bytes");
  final Metrics.Counter sendTimeHit = Metrics.limitHit("http_send_time");
  final Metrics.Counter rateHit = Metrics.limitHit("http_rate");
  final Metrics.Counter bodyHit = Metrics.limitHit("http_body_bytes");
  final Metrics.Counter bodyTimeHit = Metrics.limitHit("http_body_time");
  final Metrics.Counter drainHit = Metrics.limitHit("http_drain");
  private final Map<Key, Series> series = new ConcurrentHashMap<>();

  private record Key(String endpoint, String method, int status) {}

  private record Series(Metrics.Counter requests, Metrics.Timer duration) {}

  /// An answer to what was not understood as a request: its method is not known.
  void answered(String endpoint, int status, long nanos) {
    answered(endpoint, OTHER, status, nanos);
  }

  void answered(String endpoint, String method, int status, long nanos) {
    String label = METHODS.contains(method) ? method : OTHER;
    Series of = series.computeIfAbsent(new Key(endpoint, label, status), HttpMetrics::series);
    of.requests.increment();
    of.duration.recordNanos(nanos);
  }

  private static Series series(Key key) {
    String[] labels = {
      "endpoint", key.endpoint, "method", key.method, "status", Integer.toString(key.status)
    };
    return new Series(
        Metrics.counter("requests", "Requests answered", labels),
        Metrics.timer("request_duration", "From the request's head to its answer", labels));
  }
}
