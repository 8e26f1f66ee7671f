package dev.purser.http;

import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.event.LoggingAdapter;
import org.apache.pekko.http.ParsingErrorHandler;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.http.scaladsl.model.ErrorInfo;
import org.apache.pekko.http.scaladsl.model.StatusCode;
import org.apache.pekko.http.scaladsl.settings.ServerSettings;

/// Answers requests that Pekko's parser refuses before the edge sees them, in the form of every
/// other problem. Named in `conf/http.conf` and made by Pekko. Safe for many threads.
public final class ParsingErrors extends ParsingErrorHandler {
  private static final RequestIds IDS = new RequestIds();
  private static final HttpMetrics METRICS = new HttpMetrics();

  @Override
  public HttpResponse handle(
      StatusCode status, ErrorInfo error, LoggingAdapter log, ServerSettings settings) {
    // Pekko tells too many headers by its words alone.
    boolean tooMany =
        error.summary().contains("configured limit of") && error.summary().endsWith("headers");
    Problem problem = problem(tooMany ? 431 : status.intValue(), error.summary());
    METRICS.answered(HttpMetrics.UNMATCHED, problem.status(), 0);
    List<HttpHeader> headers = new ArrayList<>();
    headers.add(RawHeader.create("X-Request-Id", IDS.next()));
    problem.headers().forEach((name, value) -> headers.add(RawHeader.create(name, value)));
    return HttpResponse.create()
        .withStatus(problem.status())
        .withHeaders(headers)
        .withEntity(HttpEntities.create(Responses.PROBLEM, problem.json(0)));
  }

  /// The parser's words tell of limits and syntax only; they hold nothing of ours.
  static Problem problem(int status, String summary) {
    return switch (status) {
      case 408 -> Problem.of(408, "ERR_REQUEST_TIMEOUT", "The request did not arrive in time.");
      case 413 -> Problem.tooLarge("The body is too long.");
      case 414 -> Problem.of(414, "ERR_URI_TOO_LONG", "The URI is longer than 16 KiB.");
      case 431 -> Problem.of(431, "ERR_HEADERS", "The header fields are too many or too long.");
      // A method that no path has: 405 as for one that this path has not.
      case 501 ->
          Problem.of(405, "ERR_METHOD", "This method is not known here.")
              .withHeader("Allow", Routes.METHODS);
      case 500 -> Problem.internal();
      // Also 505: mostly a blank in the target, which makes the rest of it the protocol's version.
      default -> Problem.malformed(words(summary));
    };
  }

  private static String words(String summary) {
    return summary.isEmpty() ? "The request is not valid HTTP." : summary;
  }
}
