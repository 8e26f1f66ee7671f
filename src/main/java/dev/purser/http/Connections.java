package dev.purser.http;

import dev.purser.http.HttpConnection.Order;
import dev.purser.http.HttpConnection.Waiting;
import dev.purser.metrics.Metrics;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;

/// All open connections of the server: their limit, their deadlines and their end. Safe for many
/// threads but for [#makePlace], which is for the one that accepts.
///
/// Accepting never waits for a place: beyond the limit the connection that has waited longest for
/// its peer is closed, so that senders who keep silent cannot keep others out, be it before a
/// request, within it or behind it. Only while all are being answered the new one is closed.
final class Connections {
  /// Which part of all connections one look through them finds to be the next to make place.
  private static final int PART = 64;

  private final int limit;
  private final Set<HttpConnection> open = ConcurrentHashMap.newKeySet();
  private final ArrayDeque<Candidate> next = new ArrayDeque<>();
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
    if (chooseNext()) {
      return true;
    }
    findNext();
    return chooseNext();
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

  private boolean chooseNext() {
    for (Candidate c = next.poll(); c != null; c = next.poll()) {
      if (open.contains(c.connection) && c.stillWaits()) {
        c.connection.choose();
        return true;
      }
    }
    return false;
  }

  /// Looks once for many that will make place, so that a wave of new connections does not cost one
  /// look through all the others each.
  private void findNext() {
    int most = 1 + limit / PART;
    PriorityQueue<Candidate> first = new PriorityQueue<>(Candidate.ORDER.reversed());
    for (HttpConnection connection : open) {
      Candidate candidate = new Candidate(connection, connection.placeNanos());
      if (candidate.stillWaits()) {
        first.add(candidate);
        if (first.size() > most) {
          first.remove();
        }
      }
    }
    for (Candidate c = first.poll(); c != null; c = first.poll()) {
      next.addFirst(c);
    }
  }

  /// A connection that may make place, and where it stood among them when it was found.
  private record Candidate(HttpConnection connection, long placeNanos) {
    static final Comparator<Candidate> ORDER =
        (a, b) -> Long.signum(a.placeNanos - b.placeNanos); // the clock may overflow

    boolean stillWaits() {
      return connection.waiting() != Waiting.FOR_ANSWER
          && !connection.isChosen()
          && connection.placeNanos() == placeNanos;
    }
  }
}
