package dev.purser.http;

import dev.purser.http.HttpConnection.Order;
import dev.purser.http.HttpConnection.Waiting;
import dev.purser.metrics.Metrics;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;

/// All open connections of the server: their limit, their deadlines and their end. Safe for many
/// threads.
///
/// Accepting never waits for a place: beyond the limit the connection that has waited longest for
/// its peer is closed, so that senders who keep silent cannot keep others out. Only while all are
/// being answered the new one is closed.
final class Connections {
  private final int limit;
  private final Set<HttpConnection> open = ConcurrentHashMap.newKeySet();
  private final CompletableFuture<Done> allClosed = new CompletableFuture<>();
  private final Metrics.Counter limitHit = Metrics.limitHit("http_connections");
  private final Metrics.Counter headerTimeHit = Metrics.limitHit("http_header_time");
  private final Metrics.Gauge gauge =
      Metrics.gauge("http_connections", "Connections of clients that are open");
  private volatile boolean closing;

  Connections(int limit) {
    this.limit = limit;
  }

  /// Makes place for one more; false if there is none.
  boolean makePlace() {
    if (open.size() < limit) {
      return true;
    }
    limitHit.increment();
    HttpConnection longest = longestWaiting();
    if (longest == null) {
      return false;
    }
    longest.choose();
    return true;
  }

  void opened(HttpConnection connection) {
    open.add(connection);
    gauge.set(open.size());
    if (closing) {
      connection.order(Order.LEAVE);
    }
  }

  void closed(HttpConnection connection) {
    open.remove(connection);
    gauge.set(open.size());
    if (closing && open.isEmpty()) {
      allClosed.complete(Done.getInstance());
    }
  }

  /// Closes what is overdue.
  void closeOverdue() {
    long now = System.nanoTime();
    for (HttpConnection connection : open) {
      if (connection.isOverdue(now)) {
        Waiting waiting = connection.waiting();
        if (waiting == Waiting.FOR_FIRST_BYTE || waiting == Waiting.FOR_HEAD) {
          headerTimeHit.increment();
        }
        connection.order(Order.EXPIRE);
      }
    }
  }

  /// Closes all connections after their answers, and those that are open after `patience` at once.
  CompletionStage<Done> closeAll(Duration patience) {
    closing = true;
    open.forEach(connection -> connection.order(Order.LEAVE));
    if (open.isEmpty()) {
      allClosed.complete(Done.getInstance());
    }
    return allClosed
        .copy()
        .orTimeout(patience.toNanos(), TimeUnit.NANOSECONDS)
        .exceptionally(
            _ -> {
              open.forEach(connection -> connection.order(Order.ABORT));
              return Done.getInstance();
            });
  }

  private @Nullable HttpConnection longestWaiting() {
    HttpConnection longest = null;
    for (HttpConnection connection : open) {
      if (connection.waiting() != Waiting.FOR_ANSWER
          && !connection.isChosen()
          && (longest == null || connection.sinceNanos() - longest.sinceNanos() < 0)) {
        longest = connection;
      }
    }
    return longest;
  }
}
