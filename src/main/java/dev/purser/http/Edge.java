package dev.purser.http;

import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpEntity;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpMethods;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.Connection;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One request to one response: who may call, which route it is, and the form of its answer or
/// refusal. Safe for many threads.
///
/// Order of judgement: host, origin, route (404, 405), token and role, rate, admission, form of the
/// answer (406), query, and then what the endpoint judges.
public final class Edge {
  private static final Logger LOG = LoggerFactory.getLogger(Edge.class);

  private static final HttpHeader CLOSE = Connection.create("close");
  private static final List<String> ROOT = List.of("");
  private static final List<String> HOME = List.of(Accepts.JSON, "text/html");
  private static final List<HttpHeader> TO_CONSOLE =
      List.of(RawHeader.create("Location", "/console"));

  private final Doors doors;
  private final RouteTree routes;
  private final Access access;
  private final RateLimit rates;
  private final HttpMetrics metrics = new HttpMetrics();
  private final Responses responses;
  private final RequestIds ids = new RequestIds();
  private final RequestLog log = new RequestLog();
  private final Map<Route.Lane, Admission> lanes;
  private final Sending sending;

  /// Calls whose answer is not made yet, and answers that are being sent.
  private final AtomicInteger open = new AtomicInteger();

  public Edge(Doors doors) {
    HttpSettings settings = doors.settings();
    this.doors = doors;
    this.routes = new RouteTree(Routes.of(settings));
    this.access = new Access(settings);
    this.rates = new RateLimit(settings.ratePerSecond(), settings.rateClients());
    this.responses = new Responses(settings);
    this.lanes = Admission.lanes(settings, metrics);
    this.sending =
        new Sending(settings.sendTime(), doors.materializer(), metrics.sendTimeHit, open);
  }

  /// How many calls have not been answered whole.
  public int open() {
    return open.get();
  }

  /// Answers a head that cannot be trusted.
  HttpResponse refuse(HttpConnection.Refused refused) {
    metrics.answered(HttpMetrics.UNMATCHED, refused.problem().status(), 0);
    return responses.of(refused.problem(), new Head(), ids.of(refused.requestId()), 0);
  }

  /// Answers `request`, which came on `connection`. The stage never fails.
  CompletionStage<HttpResponse> answer(HttpRequest request, HttpConnection connection) {
    open.incrementAndGet();
    Exchange exchange = new Exchange(request, connection);
    CompletionStage<Answer> stage;
    try {
      stage = exchange.begin();
    } catch (RuntimeException e) {
      stage = CompletableFuture.failedFuture(e);
    }
    CompletableFuture<HttpResponse> response = new CompletableFuture<>();
    stage.whenComplete((answer, failure) -> exchange.end(answer, failure, response));
    return response;
  }

  /// What is known of one request. Used by one thread at a time.
  private final class Exchange {
    private final long startNanos = System.nanoTime();
    private final HttpRequest request;
    private final HttpConnection connection;
    private final Head head;
    private final String id;
    private final Body body;
    private @Nullable Route route;
    private Admission.@Nullable Permit permit;

    Exchange(HttpRequest request, HttpConnection connection) {
      this.request = request;
      this.connection = connection;
      this.head = Head.of(request);
      this.id = ids.of(head.requestId);
      this.head.by = "request " + id;
      this.body = new Body(request.entity(), head, doors.settings(), metrics, doors.materializer());
    }

    CompletionStage<Answer> begin() {
      access.checkOrigin(head, request.method().value());
      Target target =
          Target.parse(head.rawTarget == null ? request.getUri().path() : head.rawTarget);
      checkHost(target);
      String method = request.method().value();
      if (method.equals("OPTIONS")) {
        return CompletableFuture.completedFuture(options(target));
      }
      Route found = routes.find(method.equals("HEAD") ? "GET" : method, target.segments());
      if (found == null && isHome(target, method)) {
        return CompletableFuture.completedFuture(new Answer.Bare(302, TO_CONSOLE));
      }
      if (found == null) {
        throw unrouted(target, method);
      }
      route = found;
      Admission.Permit admitted = admit(found);
      permit = admitted;
      log.begun(found, head.by);
      if (Accepts.best(head.accept, found.form().offers()) == null) {
        throw Problem.of(
                406,
                "ERR_NOT_ACCEPTABLE",
                "This call answers " + String.join(" or ", found.form().offers()) + ".")
            .refusal();
      }
      return found.endpoint().answer(new Call(request, head, body, target, found, doors, admitted));
    }

    /// Whether a browser asks for the root of the server; programs are answered 404.
    private boolean isHome(Target target, String method) {
      return reads(method)
          && target.segments().equals(ROOT)
          && "text/html".equals(Accepts.best(head.accept, HOME));
    }

    /// HTTP/1.0 knows no `Host`. Only health checks may come without one: their answer is of no use
    /// to a web page that has its name resolve to this address.
    private void checkHost(Target target) {
      if (head.host != null) {
        access.checkHost(head.host);
      } else if (target.segments().isEmpty() || !target.segments().getFirst().equals("health")) {
        throw Problem.malformed("The Host header is missing.").refusal();
      }
    }

    private static boolean reads(String method) {
      return method.equals("GET") || method.equals("HEAD");
    }

    /// The methods of a path; empty if nothing is served there.
    private String allowed(Target target) {
      return target.segments().equals(ROOT)
          ? "GET, HEAD, OPTIONS"
          : routes.allowed(target.segments());
    }

    private Answer options(Target target) {
      String allowed = allowed(target);
      if (allowed.isEmpty() && !"*".equals(head.rawTarget)) {
        throw unrouted(target, "OPTIONS");
      }
      return new Answer.Bare(
          204, responses.allow(allowed.isEmpty() ? Routes.METHODS : allowed, head));
    }

    private Refusal unrouted(Target target, String method) {
      String allowed = allowed(target);
      boolean programAtRoot = target.segments().equals(ROOT) && reads(method);
      return allowed.isEmpty() || programAtRoot
          ? Problem.notFound("Nothing is served at this path.").refusal()
          : Problem.of(405, "ERR_METHOD", method + " is not a method of this path.")
              .withHeader("Allow", allowed)
              .refusal();
    }

    private Admission.Permit admit(Route found) {
      if (found.role() != Role.ANYONE) {
        head.by = by(null); // the log names who was refused, too
      }
      Tokens.Token known = access.identify(found.role(), head.authorization);
      String token = known == null ? null : known.name();
      if (known != null) {
        head.by = by(token);
      }
      access.checkRole(known, found.role());
      boolean limited = found.lane() == Route.Lane.SERVICE && doors.settings().ratePerSecond() > 0;
      if (limited && !rates.take(client(token), startNanos)) {
        metrics.rateHit.increment();
        throw Problem.of(429, "ERR_RATE_LIMITED", "This client makes more calls than it may.")
            .retrying()
            .refusal();
      }
      return Objects.requireNonNull(lanes.get(found.lane()), "each lane has its admission").admit();
    }

    private String client(@Nullable String token) {
      return token != null ? token : address();
    }

    private String address() {
      return request
          .getAttribute(AttributeKeys.remoteAddress)
          .flatMap(a -> a.getAddress())
          .map(a -> a.getHostAddress())
          .orElse("unknown");
    }

    private String by(@Nullable String token) {
      return (token == null ? "" : "token " + token + ", ") + address() + ", request " + id;
    }

    void end(
        @Nullable Answer answer,
        @Nullable Throwable failure,
        CompletableFuture<HttpResponse> response) {
      if (answer != null && answer.isStream()) {
        Answer sent = answer.through(stream -> sending.watched(stream, this::sent));
        response.complete(closed(sent, failure)); // its body may still come
        return;
      }
      CompletableFuture<?> released = body.released().toCompletableFuture();
      if (released.isDone()) {
        response.complete(closed(answer, failure));
      } else {
        connection.drains();
        var _ = released.whenComplete((_, _) -> response.complete(closed(answer, failure)));
      }
    }

    /// The response, measured.
    private HttpResponse closed(@Nullable Answer answer, @Nullable Throwable failure) {
      long nanos = System.nanoTime() - startNanos;
      HttpResponse made = made(answer, failure, nanos);
      if (answer == null || !answer.isStream()) {
        made = weighed(made, nanos);
      }
      metrics.answered(
          route == null ? HttpMetrics.UNMATCHED : route.template(),
          request.method().value(),
          made.status().intValue(),
          nanos);
      if (route != null) {
        log.answered(route, made.status().intValue(), nanos, head.by);
      }
      open.decrementAndGet();
      return doors.operations().closing() ? made.addHeader(CLOSE) : made;
    }

    /// A long answer keeps the call's permit until it has been sent, all others give it back now.
    private HttpResponse weighed(HttpResponse made, long nanos) {
      Admission.Permit held = permit;
      if (held == null
          || request.method().equals(HttpMethods.HEAD)
          || !(made.entity() instanceof HttpEntity.Strict whole)
          || whole.getData().size() <= Sending.AT_ONCE) {
        sent();
        return made;
      }
      if (route != null && route.writes()) {
        held.holdAnyway(whole.getData().size());
      } else if (!held.hold(whole.getData().size())) {
        sent();
        return responses.of(Admission.full(), head, id, nanos);
      }
      return made.withEntity(sending.whole(whole, this::sent));
    }

    private void sent() {
      Admission.Permit held = permit;
      if (held != null) {
        held.release();
      }
    }

    private HttpResponse made(@Nullable Answer answer, @Nullable Throwable failure, long nanos) {
      try {
        return answer != null
            ? responses.of(answer, head, id, nanos)
            : responses.of(logged(problem(failure), nanos), head, id, nanos);
      } catch (RuntimeException e) {
        return responses.of(bug(e), head, id, nanos);
      }
    }

    private Problem logged(Problem problem, long nanos) {
      if (route != null && problem.status() >= 500) {
        log.failed(route, problem, nanos, head.by);
      }
      return problem;
    }

    private Problem problem(@Nullable Throwable failure) {
      Throwable cause = failure == null ? null : Fault.cause(failure);
      return switch (cause) {
        case Refusal r -> r.problem().asMalformed(connection.malformed());
        case Fault f ->
            Problem.of(f.error(), outcome(f.error())).asMalformed(connection.malformed());
        case null, default -> bug(cause);
      };
    }

    /// What a failed write did, where nobody who knows has said so.
    private Problem.@Nullable Outcome outcome(ServiceError error) {
      if (route == null || !route.writes()) {
        return null;
      }
      return switch (error) {
        case ServiceError.Overloaded _, ServiceError.PoolExhausted _ -> Problem.Outcome.NOT_APPLIED;
        default -> Problem.Outcome.UNKNOWN;
      };
    }

    private Problem bug(@Nullable Throwable cause) {
      LOG.error(
          "{} failed: a bug ({})",
          route == null ? HttpMetrics.UNMATCHED : route.template(),
          head.by,
          cause);
      return Problem.internal();
    }
  }
}
