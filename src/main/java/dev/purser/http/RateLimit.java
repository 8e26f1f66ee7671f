package dev.purser.http;

import java.util.LinkedHashMap;
import java.util.Map;

/// How many calls each client may make: a token bucket of one second's worth for each of the most
/// recent clients. One that was forgotten starts with a full bucket. Safe for many threads.
final class RateLimit {
  private final int perSecond;
  private final Map<String, Bucket> buckets;

  RateLimit(int perSecond, int clients) {
    this.perSecond = perSecond;
    this.buckets =
        new LinkedHashMap<>(64, 0.75f, true) {
          private static final long serialVersionUID = 1L;

          @Override
          protected boolean removeEldestEntry(Map.Entry<String, Bucket> eldest) {
            return size() > clients;
          }
        };
  }

  /// Whether `client` may make one more call now.
  boolean take(String client, long nowNanos) {
    if (perSecond == 0) {
      return true;
    }
    synchronized (buckets) {
      return buckets
          .computeIfAbsent(client, _ -> new Bucket(perSecond, nowNanos))
          .take(perSecond, nowNanos);
    }
  }

  private static final class Bucket {
    private double left;
    private long filledNanos;

    Bucket(double left, long filledNanos) {
      this.left = left;
      this.filledNanos = filledNanos;
    }

    boolean take(int perSecond, long nowNanos) {
      left = Math.min(perSecond, left + (nowNanos - filledNanos) * 1e-9 * perSecond);
      filledNanos = nowNanos;
      if (left < 1) {
        return false;
      }
      left -= 1;
      return true;
    }
  }
}
