package dev.purser.http;

import static dev.purser.http.EdgeTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.ingest.Ingest;
import dev.purser.ledger.ExactSum;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.RunEvent;
import dev.purser.ledger.StrictJson;
import dev.purser.ledger.Totals;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Bodies of any length, and what runs tell.
final class UploadTest {
  private static final String LINES = "application/x-ndjson";
  private static Served served;

  @BeforeAll
  static void serve() {
    served = new Served("purser.http.drain-time = 500ms");
  }

  @AfterAll
  static void close() {
    served.close();
  }

  /// A run that counts the newlines of its body.
  private static CompletionStage<Source<RunEvent, NotUsed>> counting(Ingest.Upload upload) {
    Materializer materializer = Materializer.createMaterializer(served.kit.system());
    CompletionStage<RunEvent> end =
        upload
            .body()
            .runWith(Sink.fold(0L, (n, chunk) -> n + newlines(chunk)), materializer)
            .handle(
                (n, failure) ->
                    failure == null
                        ? new RunEvent.Summary(Stubs.report(n))
                        : new RunEvent.Problem(((Fault) failure).error(), Stubs.report(2)));
    return CompletableFuture.completedFuture(
        Source.<RunEvent>single(new RunEvent.Started("r-1")).concat(Source.completionStage(end)));
  }

  private static long newlines(ByteString chunk) {
    long n = 0;
    for (byte b : chunk.toArrayUnsafe()) {
      n += b == '\n' ? 1 : 0;
    }
    return n;
  }

  private static HttpResponse<byte[]> upload(byte[] body, String... headers) {
    return served.send(
        "POST",
        "/v1/ingest",
        BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(body)),
        headers);
  }

  @Test
  void upload_plain_summary() {
    served.bulk.starting = UploadTest::counting;
    HttpResponse<byte[]> r =
        upload("{}\n".repeat(100_000).getBytes(StandardCharsets.UTF_8), "Content-Type", LINES);

    JsonNode data = Served.tree(r).path("data");
    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(data.path("lines").asLong()).isEqualTo(100_000);
    assertThat(data.has("committed_lines")).isFalse();
    assertThat(data.path("first_errors").path(0).path("line").asInt()).isEqualTo(3);
  }

  @Test
  void upload_gzipOfSeveralMembers_inflated() throws IOException {
    served.bulk.starting = UploadTest::counting;
    ByteArrayOutputStream twice = new ByteArrayOutputStream();
    for (int i = 0; i < 2; i++) {
      try (GZIPOutputStream gzip = new GZIPOutputStream(twice)) {
        gzip.write("{}\n".repeat(50_000).getBytes(StandardCharsets.UTF_8));
      }
    }
    HttpResponse<byte[]> r =
        upload(twice.toByteArray(), "Content-Type", LINES, "Content-Encoding", "gzip");
    assertThat(Served.tree(r).path("data").path("lines").asLong()).isEqualTo(100_000);

    byte[] cut = java.util.Arrays.copyOf(twice.toByteArray(), twice.size() - 20);
    HttpResponse<byte[]> broken = upload(cut, "Content-Type", LINES, "Content-Encoding", "gzip");
    assertProblem(broken, 422, "ERR_VALIDATION", "body");
    assertThat(Served.tree(broken).path("lines").asLong()).isEqualTo(2);
    assertThat(Served.tree(broken).path("run").asText()).isEqualTo("r-1");

    byte[] corrupt = twice.toByteArray();
    corrupt[20] ^= 0x55;
    corrupt[21] ^= 0x55;
    assertThat(
            Served.tree(upload(corrupt, "Content-Type", LINES, "Content-Encoding", "gzip"))
                .path("detail")
                .asText())
        .isEqualTo("body is not valid gzip");
  }

  @Test
  void upload_asLines_eventsAsTheyCome() {
    served.bulk.starting = UploadTest::counting;
    HttpResponse<byte[]> r =
        upload(
            "{}\n".repeat(10).getBytes(StandardCharsets.UTF_8),
            "Content-Type",
            LINES,
            "Accept",
            LINES);

    List<JsonNode> lines =
        new String(r.body(), StandardCharsets.UTF_8)
            .lines()
            .map(l -> Served.tree(l.getBytes(StandardCharsets.UTF_8)))
            .toList();
    assertThat(lines).hasSize(2);
    assertThat(lines.getFirst().toString()).isEqualTo("{\"type\":\"started\",\"run\":\"r-1\"}");
    assertThat(lines.getLast().path("type").asText()).isEqualTo("summary");
    assertThat(lines.getLast().path("committed_lines").asLong()).isEqualTo(10);
  }

  @Test
  void upload_answeredWhileSending_started() throws IOException {
    served.bulk.starting = UploadTest::counting;
    try (Wire wire = new Wire(served.address)) {
      wire.send(
          "POST /v1/ingest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
              + "Accept: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n");
      assertThat(wire.readUntil("\"run\":\"r-1\"}\n")).contains("200 OK").contains("started");
      wire.send("3\r\n{}\n\r\n0\r\n\r\n");
      assertThat(wire.readAll()).contains("\"type\":\"summary\"").contains("\"lines\":2");
    }
  }

  @Test
  void upload_cutOff_bodyFails() throws Exception {
    CompletableFuture<Throwable> failure = failureOfBody(Source.never());
    try (Wire wire = new Wire(served.address)) {
      wire.send(
          "POST /v1/ingest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
              + "Content-Length: 1000\r\n\r\n{}\n");
    }
    assertThat(failure.get(20, TimeUnit.SECONDS)).isInstanceOf(Fault.class);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Content-Length: 1000\r\n\r\n{}\n",
        "Transfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n0\r\n"
      })
  void upload_cutOffOnceTheAnswerHasBegun_bodyFails(String rest) throws Exception {
    CompletableFuture<Throwable> failure =
        failureOfBody(Source.<RunEvent>single(new RunEvent.Started("r-1")).concat(Source.never()));
    try (Wire wire = new Wire(served.address)) {
      wire.send(
          "POST /v1/ingest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
              + "Accept: application/x-ndjson\r\n"
              + rest);
      wire.readUntil("\"run\":\"r-1\"}\n");
      wire.finish();
      assertThat(failure.get(20, TimeUnit.SECONDS)).isInstanceOf(Fault.class);
    }
  }

  /// How the body of the next upload ends, which is read to its end and answered with `events`.
  private static CompletableFuture<Throwable> failureOfBody(Source<RunEvent, NotUsed> events) {
    CompletableFuture<Throwable> failure = new CompletableFuture<>();
    served.bulk.starting =
        upload -> {
          upload
              .body()
              .runWith(Sink.ignore(), Materializer.createMaterializer(served.kit.system()))
              .whenComplete(
                  (_, thrown) ->
                      failure.complete(thrown == null ? new AssertionError("it ended") : thrown));
          return CompletableFuture.completedFuture(events);
        };
    return failure;
  }

  @Test
  void calls_open_countedUntilTheirStreamsEnd() throws Exception {
    try (Served own = new Served();
        Wire wire = new Wire(own.address)) {
      own.bulk.starting = UploadTest::counting;
      assertThat(own.edge.open()).isZero();
      wire.send(
          "POST /v1/ingest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
              + "Accept: application/x-ndjson\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n{}\n\r\n");
      wire.readUntil("\"run\":\"r-1\"}\n");
      assertThat(own.edge.open()).isOne();
      wire.send("0\r\n\r\n").readUntil("\r\n0\r\n\r\n");
      own.kit.createTestProbe().awaitAssert(() -> assertThat(own.edge.open()).isZero());
    }
  }

  @Test
  void run_readerLeaves_cancelled() throws Exception {
    CompletableFuture<Done> ended = new CompletableFuture<>();
    served.customers.settling =
        Source.<RunEvent>repeat(new RunEvent.Progress(Stubs.report(1)))
            .watchTermination(
                (mat, done) -> {
                  done.whenComplete((_, _) -> ended.complete(Done.getInstance()));
                  return mat;
                });
    try (Wire wire = new Wire(served.address)) {
      wire.send(
          "POST /v1/settlements HTTP/1.1\r\n"
              + "Host: localhost\r\n"
              + "Accept: application/x-ndjson\r\n"
              + "Content-Length: 0\r\n\r\n");
      assertThat(wire.readUntil("progress")).contains("200 OK");
    }
    assertThat(ended.get(20, TimeUnit.SECONDS)).isEqualTo(Done.getInstance());
  }

  @Test
  void upload_slowStore_senderHeldBack() throws Exception {
    AtomicLong sent = new AtomicLong();
    CompletableFuture<Source<ByteString, ?>> taken = new CompletableFuture<>();
    CompletableFuture<RunEvent> end = new CompletableFuture<>();
    served.bulk.starting =
        upload -> {
          taken.complete(upload.body());
          return CompletableFuture.completedFuture(Source.completionStage(end));
        };
    InputStream endless =
        new InputStream() {
          @Override
          public int read() {
            return 0;
          }

          @Override
          public int read(byte[] bytes, int from, int length) {
            return sent.addAndGet(length) > 200L << 20 ? -1 : length;
          }
        };
    Thread sender =
        Thread.ofVirtual()
            .start(
                () ->
                    served.send(
                        "POST",
                        "/v1/ingest",
                        BodyPublishers.ofInputStream(() -> endless),
                        "Content-Type",
                        LINES));
    Source<ByteString, ?> body = taken.get(20, TimeUnit.SECONDS);
    long firstMiB =
        body.limitWeighted(1 << 20, chunk -> (long) chunk.size())
            .runWith(
                Sink.<ByteString>ignore(), Materializer.createMaterializer(served.kit.system()))
            .handle((_, _) -> sent.get())
            .toCompletableFuture()
            .get(20, TimeUnit.SECONDS);
    assertThat(firstMiB).as("read ahead of the store").isLessThan(64L << 20);
    end.complete(new RunEvent.Summary(Stubs.report(0)));
    sender.join(20_000);
  }

  @Test
  void upload_asLinesEndingEarly_lastLineIsTheProblem() throws StrictJson.NotJson {
    served.bulk.starting = UploadTest::counting;
    byte[] noGzip = "{}\n".getBytes(StandardCharsets.UTF_8);
    HttpResponse<byte[]> r =
        upload(noGzip, "Content-Type", LINES, "Content-Encoding", "gzip", "Accept", LINES);

    String last = new String(r.body(), StandardCharsets.UTF_8).lines().toList().getLast();
    // Strictly parsed: no member stands there twice.
    JsonNode problem = StrictJson.parse(last.getBytes(StandardCharsets.UTF_8));
    assertThat(problem.path("type").asText()).isEqualTo("problem");
    assertThat(problem.path("code").asText()).isEqualTo("ERR_VALIDATION");
    assertThat(problem.path("lines").asLong()).isEqualTo(2);
  }

  @Test
  void upload_refused_problemReadable() {
    byte[] big = new byte[3 << 20];
    served.bulk.starting =
        _ ->
            CompletableFuture.failedFuture(
                new Fault(ServiceError.Validation.of("profile", "is unknown")));
    var body = BodyPublishers.ofByteArray(big);
    assertProblem(
        served.send("POST", "/v1/ingest?profile=x", body, "Content-Type", "text/csv"),
        422,
        "ERR_VALIDATION",
        "profile");
    assertProblem(
        served.send("POST", "/v1/ingest", body, "Content-Type", "text/csv"),
        422,
        "ERR_VALIDATION",
        "profile");
    assertProblem(
        served.send("POST", "/v1/ingest?profile=x", body, "Content-Type", LINES),
        422,
        "ERR_VALIDATION",
        "profile");
    assertProblem(
        served.send("POST", "/v1/ingest?unknown=x", body, "Content-Type", LINES),
        422,
        "ERR_VALIDATION",
        "unknown");
    assertProblem(
        served.send("POST", "/v1/ingest", body, "Content-Type", "text/plain"),
        415,
        "ERR_MEDIA_TYPE",
        null);
    served.bulk.starting =
        _ ->
            CompletableFuture.failedFuture(
                new Fault(new ServiceError.Overloaded("Too many runs.")));
    HttpResponse<byte[]> r = served.send("POST", "/v1/ingest", body, "Content-Type", LINES);
    assertProblem(r, 503, "ERR_OVERLOADED", null);
    assertThat(Served.tree(r).path("outcome").asText()).isEqualTo("not_applied");
  }

  @Test
  void settlements_all_reportAndDuplicate() {
    var sum = new ExactSum("GBP", 2, BigInteger.valueOf(300));
    served.customers.settling =
        Source.from(
            List.of(
                new RunEvent.Started("s-1"),
                new RunEvent.Summary(
                    new RunEvent.Report.Settlement("s-1", true, 1, 2, List.of(sum)))));
    HttpResponse<byte[]> r = served.post("/v1/settlements", "{\"id\":\"2011-12-09\"}");

    assertThat(Served.tree(r).path("data").toString())
        .isEqualTo(
            "{\"run\":\"s-1\",\"outcome\":\"duplicate\",\"customers\":1,\"refunds\":2,"
                + "\"settled\":[{\"currency\":\"GBP\",\"refunds\":2,\"amount_minor\":300}]}");
    assertThat(served.customers.ids).contains("2011-12-09");
    assertProblem(served.post("/v1/settlements", "{\"ID\":\"x\"}"), 422, "ERR_VALIDATION", "ID");
    served.customers.settling =
        Source.single(
            new RunEvent.Problem(
                new ServiceError.Database(DatabaseCause.UNREACHABLE, "Away."),
                new RunEvent.Report.Settlement("s-2", false, 1, 2, List.of(sum))));
    HttpResponse<byte[]> failed = served.send("POST", "/v1/settlements", BodyPublishers.noBody());
    assertProblem(failed, 503, "ERR_DB", null);
    assertThat(Served.tree(failed).path("customers").asInt()).isEqualTo(1);
  }

  @Test
  void settlement_one_sumsAndTotals() {
    served.customers.applied(
        new Outcome.Settled(
            false,
            List.of(new Outcome.Sum("GBP", 1, 300)),
            List.of(new Totals("GBP", 1, 1_300, 1, 0, 0, 300))));
    HttpResponse<byte[]> r =
        served.send("POST", "/v1/customers/1/settlement", BodyPublishers.noBody());
    JsonNode data = Served.tree(r).path("data");
    assertThat(data.path("outcome").asText()).isEqualTo("settled");
    assertThat(data.path("totals").path(0).path("net_minor").asLong()).isEqualTo(1_000);
  }
}
