package dev.purser.http;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.HttpHeader;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/// Constant answers with the same form and as many bytes as the real ones: what the edge costs
/// without anything behind it. Routed only with `purser.http.benchmark-routes = on`.
final class BenchmarkCalls {
  private static final byte[] PROFILE =
      """
      {"id":"17850","version":1767225600000,"preferences":{"country":"United Kingdom"},\
      "totals":[{"currency":"GBP","purchases":312,"gross_minor":549079,"refunds":1,\
      "pending_refund_minor":0,"settled_refund_minor":10230,"net_minor":538849}],\
      "first_purchase_at":"2010-12-01T08:26:00Z","last_purchase_at":"2011-02-10T14:38:00Z",\
      "stale":false}\
      """
          .getBytes(StandardCharsets.US_ASCII);
  private static final byte[] ACCEPTED =
      "{\"outcome\":\"accepted\",\"version\":1767225600000}".getBytes(StandardCharsets.US_ASCII);
  private static final List<HttpHeader> PROFILE_HEADERS =
      List.of(
          RawHeader.create("ETag", "\"1767225600000\""),
          RawHeader.create("Purser-Source", "memory"));
  private static final List<HttpHeader> ACCEPTED_HEADERS =
      List.of(RawHeader.create("Location", "/v1/customers/17850/purchases/536365-1"));

  private BenchmarkCalls() {}

  static CompletionStage<Answer> get(Call call) {
    return CompletableFuture.completedFuture(new Answer.Data(200, PROFILE, PROFILE_HEADERS));
  }

  /// Reads its body as bytes and answers as a purchase does.
  static CompletionStage<Answer> post(Call call) {
    return call.body()
        .optional(Accepts.JSON)
        .thenApply(_ -> new Answer.Data(201, ACCEPTED, ACCEPTED_HEADERS));
  }

  /// Answers with its body, as it comes: what a stream costs without kernels.
  static CompletionStage<Answer> echo(Call call) {
    if (!call.body().type().equals(Accepts.OCTETS)) {
      throw Problem.unsupported("The body must be of the type " + Accepts.OCTETS + ".");
    }
    Source<ByteString, NotUsed> body =
        call.body().stream().mapMaterializedValue(_ -> NotUsed.getInstance());
    return CompletableFuture.completedFuture(new Answer.Octets(body));
  }
}
