package dev.purser.http;

import dev.purser.ledger.RunEvent;
import dev.purser.ledger.RunEvent.Report;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The log lines about requests. Each ends with who called and the request's id, so that a caller's
/// `X-Request-Id` is found. Safe for many threads.
///
/// Orders (what operators change, erasures, bulk deletions) have a line when they begin and one
/// when they are answered, runs when they begin and end. Nothing else is logged but answers that
/// say that the fault is here (5xx): so many a second at most, and how many more there were. Ids of
/// customers are in no line.
final class RequestLog {
  private static final Logger LOG = LoggerFactory.getLogger(RequestLog.class);

  /// A node without its database refuses thousands of calls a second, all for the same reason.
  private static final int FAILURES_A_SECOND = 10;

  /// What is more than a write of its own.
  private static final Set<String> ORDERS =
      Set.of(
          "DELETE /v1/customers/{id}",
          "DELETE /v1/suppressions/{id}",
          "DELETE /v1/dead-letters",
          "DELETE /v1/ingest/runs/{run}");

  private long secondNanos;
  private int inSecond;
  private long left;

  private static boolean isOrder(Route route) {
    return (route.role() == Role.OPERATOR && !route.method().equals("GET"))
        || ORDERS.contains(name(route));
  }

  private static String name(Route route) {
    return route.method() + " " + route.template();
  }

  /// A call was let in.
  ///
  /// @param by who calls, and the request's id
  void begun(Route route, String by) {
    if (isOrder(route)) {
      LOG.info("{} begun ({})", name(route), by);
    }
  }

  /// A call is answered.
  void answered(Route route, int status, long nanos, String by) {
    if (isOrder(route)) {
      LOG.info(
          "{} ended: {} after {} ms ({})",
          name(route),
          status,
          TimeUnit.NANOSECONDS.toMillis(nanos),
          by);
    }
  }

  /// A call is refused for a fault that is not the caller's. Health checks fail while a node starts
  /// and leaves, which other lines tell.
  void failed(Route route, Problem problem, long nanos, String by) {
    if (route.role() == Role.ANYONE) {
      return;
    }
    long others = admitted();
    if (others >= 0) {
      LOG.warn(
          "{} failed: {} {} after {} ms: {} ({}){}",
          name(route),
          problem.status(),
          problem.code(),
          TimeUnit.NANOSECONDS.toMillis(nanos),
          problem.detail(),
          by,
          others == 0 ? "" : "; " + others + " more failed since the last such line");
    }
  }

  /// How many failures were left out before this one, or -1 if it is to be left out.
  private synchronized long admitted() {
    long now = System.nanoTime();
    if (now - secondNanos >= TimeUnit.SECONDS.toNanos(1)) {
      secondNanos = now;
      inSecond = 0;
    }
    if (inSecond >= FAILURES_A_SECOND) {
      left++;
      return -1;
    }
    inSecond++;
    long others = left;
    left = 0;
    return others;
  }

  /// `events` with a line for the run's beginning and one for its end.
  static Source<RunEvent, NotUsed> logged(Call call, Source<RunEvent, NotUsed> events) {
    String what = name(call.route());
    String by = call.by();
    AtomicBoolean over = new AtomicBoolean();
    return events
        .map(
            event -> {
              if (event instanceof RunEvent.Summary || event instanceof RunEvent.Problem) {
                over.set(true);
              }
              log(what, event, by);
              return event;
            })
        .watchTermination(
            (mat, done) -> {
              var _ =
                  done.whenComplete(
                      (_, failure) -> {
                        if (!over.get()) {
                          LOG.warn(
                              "Run of {} ends: {} ({})",
                              what,
                              failure == null ? "its caller has left" : failure.toString(),
                              by);
                        }
                      });
              return mat;
            });
  }

  private static void log(String what, RunEvent event, String by) {
    switch (event) {
      case RunEvent.Started s -> LOG.info("Run {} of {} begun ({})", s.run(), what, by);
      case RunEvent.Progress _ -> {
        // its caller sees it
      }
      case RunEvent.Summary(Report report) ->
          LOG.info("Run {} of {} ended: {} ({})", report.run(), what, counters(report), by);
      case RunEvent.Problem(var error, Report report) ->
          LOG.warn(
              "Run {} of {} ended early: {} {}; {} ({})",
              report.run(),
              what,
              error.code(),
              error.message(),
              counters(report),
              by);
    }
  }

  private static String counters(Report report) {
    return switch (report) {
      case Report.Ingest r ->
          "%d lines, %d accepted, %d duplicates, %d rejected, %d skipped"
              .formatted(r.lines(), r.accepted(), r.duplicates(), r.rejected(), r.skipped());
      case Report.Settlement r ->
          "%d refunds of %d customers%s"
              .formatted(r.refunds(), r.customers(), r.duplicate() ? ", settled before" : "");
    };
  }
}
