package dev.purser.http;

import dev.purser.metrics.Metrics;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// What is measured of the edge. The label `endpoint` is a route's template, never a raw path, so
/// that there are as many series as routes and statuses. Safe for many threads.
final class HttpMetrics {
  /// The label of requests that no route knows.
  static final String UNMATCHED = "unmatched";

  final Metrics.Counter admittedHit = Metrics.limitHit("http_admitted");
  final Metrics.Counter operatingHit = Metrics.limitHit("http_operating");
  final Metrics.Counter answerBytesHit = Metrics.limitHit("http_answer_bytes");
  final Metrics.Counter sendTimeHit = Metrics.limitHit("http_send_time");
  final Metrics.Counter rateHit = Metrics.limitHit("http_rate");
  final Metrics.Counter bodyHit = Metrics.limitHit("http_body_bytes");
  final Metrics.Counter bodyTimeHit = Metrics.limitHit("http_body_time");
  final Metrics.Counter drainHit = Metrics.limitHit("http_drain");
  private final Map<String, Series[]> byEndpoint = new ConcurrentHashMap<>();

  private record Series(Metrics.Counter requests, Metrics.Timer duration) {}

  void answered(String endpoint, int status, long nanos) {
    Series series = series(endpoint, status);
    series.requests.increment();
    series.duration.recordNanos(nanos);
  }

  /// Looked up once for each endpoint and status; two threads that race make equal ones.
  private Series series(String endpoint, int status) {
    Series[] statuses = byEndpoint.computeIfAbsent(endpoint, _ -> new Series[600]);
    Series series = statuses[status];
    if (series == null) {
      String text = Integer.toString(status);
      series =
          new Series(
              Metrics.counter(
                  "requests", "Requests answered", "endpoint", endpoint, "status", text),
              Metrics.timer(
                  "request_duration",
                  "From the request's head to its answer",
                  "endpoint",
                  endpoint,
                  "status",
                  text));
      statuses[status] = series;
    }
    return series;
  }
}
