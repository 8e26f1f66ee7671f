package dev.purser.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.typesafe.config.ConfigFactory;
import dev.purser.customers.Customer;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Preferences;
import dev.purser.ledger.Purchase;
import dev.purser.metrics.Scrape;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// The form of requests and answers over a real socket.
final class EdgeTest {
  private static final String PURCHASE =
      "{\"id\":\"p1\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":100}";
  private static Served served;

  @BeforeAll
  static void serve() {
    served = new Served("purser.http.body-time = 700ms", "purser.http.drain-time = 500ms");
  }

  @AfterAll
  static void close() {
    served.close();
  }

  @BeforeEach
  void forget() {
    served.customers.ids.clear();
    served.customers.changes.clear();
    served.customers.conditions.clear();
    served.customers.queries.clear();
    served.customers.reply = CompletableFuture.completedFuture(Stubs.read("17850", 7));
    served.operations.unready = List.of();
  }

  @Test
  void get_known_envelopeWithHeaders() {
    HttpResponse<byte[]> r = served.get("/v1/customers/17850", "X-Request-Id", "abc-1");

    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.headers().firstValue("ETag")).contains("\"7\"");
    assertThat(r.headers().firstValue("Purser-Source")).contains("memory");
    assertThat(r.headers().firstValue("X-Request-Id")).contains("abc-1");
    assertThat(r.headers().firstValue("Content-Type")).contains("application/json");
    assertThat(new String(r.body(), StandardCharsets.UTF_8))
        .startsWith("{\"status\":\"success\",\"data\":{\"id\":\"17850\",\"version\":7,")
        .matches("(?s).*,\"processing_time_ms\":[0-9]+\\.[0-9]{3}}");
  }

  @Test
  void requestId_unusable_madeAnew() {
    assertThat(
            served
                .get("/v1/customers/1", "X-Request-Id", "x".repeat(129))
                .headers()
                .firstValue("X-Request-Id")
                .orElseThrow())
        .hasSizeLessThan(30);
    assertThat(served.get("/nowhere").headers().firstValue("X-Request-Id")).isPresent();
  }

  @Test
  void ids_percentEncoded_decodedPerSegment() {
    served.get("/v1/customers/a%2Fb");
    served.get("/v1/customers/%E2%82%AC%20+");
    served.get("/v1/customers/lookup");
    served.get("/v1/customers/...");

    assertThat(served.customers.ids).containsExactly("a/b", "€ +", "lookup", "...");
  }

  @Test
  void ids_illegal_unprocessable() throws IOException {
    for (String id : List.of(".", "..", "%2E", "%2e%2E", "%00", "%0A", "%C2%85", "%FF", "a%zz")) {
      try (Wire wire = new Wire(served.address)) {
        wire.send(
            "GET /v1/customers/"
                + id
                + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        assertThat(wire.readAll()).as(id).matches("(?s)HTTP/1.1 (400|422) .*");
      }
    }
    assertProblem(served.get("/v1/customers/%2E"), 422, "ERR_VALIDATION", "id");
    assertProblem(served.get("/v1/customers/" + "x".repeat(129)), 422, "ERR_VALIDATION", "id");
    assertThat(served.get("/v1/customers/" + "%F0%9F%98%80".repeat(128)).statusCode())
        .isEqualTo(200);
    assertThat(served.customers.ids).hasSize(1);
  }

  @Test
  void path_unknown_notFound() {
    for (String path :
        List.of(
            "/",
            "/v1",
            "/v1/customers/",
            "/v1/customers//purchases",
            "/v1/documents/a",
            "/v1/customers/1/likes",
            "/bench/constant/1")) {
      int expected = path.startsWith("/v1/customers/") && !path.endsWith("likes") ? 0 : 404;
      HttpResponse<byte[]> r = served.get(path);
      if (expected != 0) {
        assertProblem(r, 404, "ERR_NOT_FOUND", null);
      } else {
        assertThat(r.statusCode()).as(path).isIn(404, 422);
      }
    }
  }

  @Test
  void method_unknown_allowTold() {
    HttpResponse<byte[]> r = served.json("POST", "/v1/customers/17850", "{}");

    assertProblem(r, 405, "ERR_METHOD", null);
    assertThat(r.headers().firstValue("Allow")).contains("DELETE, GET, HEAD, OPTIONS, PATCH, PUT");
  }

  @Test
  void options_anyPath_allowOnly() {
    HttpResponse<byte[]> r = served.send("OPTIONS", "/v1/customers", BodyPublishers.noBody());

    assertThat(r.statusCode()).isEqualTo(204);
    assertThat(r.headers().firstValue("Allow")).contains("GET, HEAD, OPTIONS");
    assertThat(r.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
  }

  @Test
  void head_asGet_withoutBody() {
    HttpResponse<byte[]> r = served.send("HEAD", "/v1/customers/17850", BodyPublishers.noBody());

    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.headers().firstValue("ETag")).contains("\"7\"");
    assertThat(r.body()).isEmpty();
  }

  @Test
  void query_unknownOrRepeated_namedFields() {
    HttpResponse<byte[]> r = served.get("/v1/customers?limt=5&expand=true&expand=true");

    assertProblem(r, 422, "ERR_VALIDATION", "limt");
    assertThat(Served.tree(r).path("errors").findValuesAsText("field"))
        .containsExactly("limt", "expand");
    assertProblem(served.get("/v1/customers/17850?x=1"), 422, "ERR_VALIDATION", "x");
    assertProblem(served.get("/v1/customers?limit=0"), 422, "ERR_VALIDATION", "limit");
    assertProblem(served.get("/v1/customers?limit=1001"), 422, "ERR_VALIDATION", "limit");
    assertProblem(served.get("/v1/customers?after=AAAA"), 422, "ERR_VALIDATION", "after");
    assertProblem(served.get("/v1/customers?expand=1"), 422, "ERR_VALIDATION", "expand");
  }

  @Test
  void conditional_get_notModified() {
    assertThat(served.get("/v1/customers/1", "If-None-Match", "\"6\", W/\"7\"").statusCode())
        .isEqualTo(304);
    assertThat(served.get("/v1/customers/1", "If-None-Match", "*").statusCode()).isEqualTo(304);
    // Empty elements of a list are none.
    assertThat(served.get("/v1/customers/1", "If-None-Match", ", \"6\" ,, W/\"7\",").statusCode())
        .isEqualTo(304);
    assertThat(served.get("/v1/customers/1", "If-None-Match", " , ,").statusCode()).isEqualTo(422);
    assertThat(served.get("/v1/customers/1", "If-None-Match", "\"8\"").statusCode()).isEqualTo(200);
  }

  @Test
  void conditional_put_conditionHandedOn() {
    served.customers.applied(Outcome.ACCEPTED);
    String body = "{\"preferences\":{}}";

    served.json("PUT", "/v1/customers/1", body, "If-Match", "\"5\", W/\"6\"");
    served.json("PUT", "/v1/customers/1", body, "If-Match", "*");
    served.json("PUT", "/v1/customers/1", body, "If-None-Match", "*");
    served.json("PUT", "/v1/customers/1", body);

    assertThat(served.customers.conditions)
        .containsExactly(
            Optional.of(new Customer.Condition.VersionIs(List.of(5L))),
            Optional.of(new Customer.Condition.Present()),
            Optional.of(new Customer.Condition.Absent()),
            Optional.empty());
    assertProblem(
        served.json("PUT", "/v1/customers/1", body, "If-Match", "5"),
        422,
        "ERR_VALIDATION",
        "If-Match");
  }

  @Test
  void put_readBack_readOnlyFieldsIgnored() {
    served.customers.applied(Outcome.ACCEPTED);
    JsonNode data = Served.tree(served.get("/v1/customers/17850")).path("data");
    served.customers.applied(Outcome.ACCEPTED);
    HttpResponse<byte[]> r =
        served.json(
            "PUT",
            "/v1/customers/17850",
            data.isMissingNode()
                ? "{\"preferences\":{\"country\":\"France\"},\"stale\":false}"
                : data.toString());

    assertThat(r.statusCode()).isEqualTo(200);
    assertThat(r.headers().firstValue("ETag")).contains("\"8\"");
    assertThat(served.customers.changes.getLast()).isInstanceOf(Preferences.class);
  }

  @Test
  void purchase_accepted_createdWithLocation() {
    served.customers.applied(Outcome.ACCEPTED);
    HttpResponse<byte[]> r =
        served.post(
            "/v1/customers/a%2Fb/purchases",
            "{\"id\":\"p/1 é\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":100}");

    assertThat(r.statusCode()).isEqualTo(201);
    assertThat(r.headers().firstValue("Location"))
        .contains("/v1/customers/a%2Fb/purchases/p%2F1%20%C3%A9");
    assertThat(Served.tree(r).path("data").toString())
        .isEqualTo("{\"outcome\":\"accepted\",\"version\":8}");
    assertThat(((Purchase) served.customers.changes.getFirst()).currency()).isEqualTo("GBP");
  }

  @Test
  void purchase_duplicateOrConflict_told() {
    served.customers.applied(Outcome.DUPLICATE);
    HttpResponse<byte[]> again = served.post("/v1/customers/1/purchases", PURCHASE);
    assertThat(again.statusCode()).isEqualTo(200);
    assertThat(Served.tree(again).path("data").path("outcome").asText()).isEqualTo("duplicate");

    served.customers.applied(new Outcome.Refused(new ServiceError.Conflict("Other content.")));
    assertProblem(served.post("/v1/customers/1/purchases", PURCHASE), 409, "ERR_CONFLICT", null);
  }

  @Test
  void write_refused_outcomeTold() {
    ServiceError down =
        new ServiceError.Database(DatabaseCause.UNREACHABLE, "The database is away.");
    served.customers.refused(down, false);
    HttpResponse<byte[]> r = served.post("/v1/customers/1/purchases", PURCHASE);
    assertProblem(r, 503, "ERR_DB", null);
    assertThat(Served.tree(r).path("outcome").asText()).isEqualTo("not_applied");
    assertThat(Served.tree(r).path("retryable").asBoolean()).isTrue();
    assertThat(r.headers().firstValue("Retry-After")).contains("1");

    served.customers.refused(new ServiceError.Timeout("Late."), true);
    HttpResponse<byte[]> late =
        served.send("DELETE", "/v1/customers/1?suppress=true", BodyPublishers.noBody());
    assertProblem(late, 504, "ERR_TIMEOUT", null);
    assertThat(Served.tree(late).path("outcome").asText()).isEqualTo("unknown");
    assertThat(served.customers.changes.getLast()).isEqualTo(new Erase(true));

    HttpResponse<byte[]> read = served.get("/v1/customers/1");
    assertProblem(read, 504, "ERR_TIMEOUT", null);
    assertThat(Served.tree(read).has("outcome")).isFalse();
  }

  @Test
  void bug_anyEndpoint_internalWithoutInternals() {
    served.customers.reply =
        CompletableFuture.failedFuture(new IllegalStateException("SELECT secret"));
    HttpResponse<byte[]> r = served.get("/v1/customers/1");

    assertProblem(r, 500, "ERR_INTERNAL", null);
    assertThat(new String(r.body(), StandardCharsets.UTF_8)).doesNotContain("secret");
    served.customers.answer =
        CompletableFuture.failedFuture(new Fault(new ServiceError.PoolExhausted("Busy.")));
    assertProblem(served.get("/v1/customers/1/purchases/p"), 503, "ERR_POOL_EXHAUSTED", null);
  }

  @Test
  void body_notJson_badRequest() {
    for (String body :
        List.of(
            "", "{", "{} x", "{\"a\":NaN}", "{\"a\":1,\"a\":2}", "[".repeat(65) + "]".repeat(65))) {
      assertProblem(served.post("/v1/customers/1/purchases", body), 400, "ERR_VALIDATION", null);
    }
    assertProblem(
        served.send(
            "POST",
            "/v1/customers/1/purchases",
            BodyPublishers.ofByteArray(new byte[] {'"', (byte) 0xff, '"'}),
            "Content-Type",
            "application/json"),
        400,
        "ERR_VALIDATION",
        null);
    assertProblem(served.post("/v1/customers/1/purchases", "[]"), 422, "ERR_VALIDATION", "body");
    assertProblem(
        served.post("/v1/customers/lookup", "{\"ids\":[]}"), 422, "ERR_VALIDATION", "ids");
    assertProblem(
        served.post("/v1/customers/lookup", "{\"ids\":[\"a\",\"..\"]}"),
        422,
        "ERR_VALIDATION",
        "ids[1]");
  }

  @Test
  void contentType_wrong_unsupported() {
    for (String type :
        List.of("text/plain", "application/json; charset=iso-8859-1", "application/xml")) {
      assertProblem(
          served.send(
              "POST",
              "/v1/customers/1/purchases",
              BodyPublishers.ofString(PURCHASE),
              "Content-Type",
              type),
          415,
          "ERR_MEDIA_TYPE",
          null);
    }
    served.customers.applied(Outcome.ACCEPTED);
    assertThat(
            served
                .send(
                    "POST",
                    "/v1/customers/1/purchases",
                    BodyPublishers.ofString(PURCHASE),
                    "Content-Type",
                    "application/json; charset=UTF-8")
                .statusCode())
        .isEqualTo(201);
    assertProblem(
        served.json("POST", "/v1/customers/1/purchases", PURCHASE, "Content-Encoding", "br"),
        415,
        "ERR_MEDIA_TYPE",
        null);
  }

  @Test
  void accept_other_notAcceptable() {
    assertProblem(
        served.get("/v1/customers/1", "Accept", "text/html"), 406, "ERR_NOT_ACCEPTABLE", null);
    assertThat(served.get("/v1/customers/1", "Accept", "text/html, */*;q=0.1").statusCode())
        .isEqualTo(200);
    assertProblem(
        served.get("/v1/customers/1", "Accept", "application/json;q=0, */*"),
        406,
        "ERR_NOT_ACCEPTABLE",
        null);
  }

  @Test
  void gzip_bodyAndAnswer_understood() throws IOException {
    served.customers.applied(Outcome.ACCEPTED);
    assertThat(sendGzip(gzip(PURCHASE.getBytes(StandardCharsets.UTF_8))).statusCode())
        .isEqualTo(201);
    assertProblem(sendGzip(PURCHASE.getBytes(StandardCharsets.UTF_8)), 400, "ERR_VALIDATION", null);

    HttpResponse<byte[]> threads =
        served.get("/ops/threads", "Accept-Encoding", "br;q=1, gzip;q=0.5");
    assertThat(threads.headers().firstValue("Content-Encoding")).contains("gzip");
    try (GZIPInputStream in =
        new GZIPInputStream(new java.io.ByteArrayInputStream(threads.body()))) {
      assertThat(Served.tree(in.readAllBytes()).path("data").path("threads").isArray()).isTrue();
    }
    assertThat(
            served
                .get("/ops/threads", "Accept-Encoding", "gzip;q=0")
                .headers()
                .firstValue("Content-Encoding"))
        .isEmpty();
    assertThat(
            served
                .get("/health/live", "Accept-Encoding", "gzip")
                .headers()
                .firstValue("Content-Encoding"))
        .isEmpty();
  }

  @Test
  void gzip_withSomethingAfterIt_isMalformed() throws IOException {
    served.customers.applied(Outcome.ACCEPTED);
    byte[] member = gzip(PURCHASE.getBytes(StandardCharsets.UTF_8));
    for (int junk : new int[] {1, 7, 30, 1_000}) {
      byte[] body = Arrays.copyOf(member, member.length + junk);
      Arrays.fill(body, member.length, body.length, (byte) 'x');
      assertProblem(sendGzip(body), 400, "ERR_VALIDATION", null);
    }
    byte[] two = gzip(PURCHASE.substring(0, 9).getBytes(StandardCharsets.UTF_8));
    byte[] rest = gzip(PURCHASE.substring(9).getBytes(StandardCharsets.UTF_8));
    byte[] both = Arrays.copyOf(two, two.length + rest.length);
    System.arraycopy(rest, 0, both, two.length, rest.length);
    assertThat(sendGzip(both).statusCode()).isLessThan(300);
  }

  @Test
  void gzip_bomb_tooLarge() throws IOException {
    assertProblem(sendGzip(gzip(new byte[200 << 20])), 413, "ERR_TOO_LARGE", null);
  }

  @Test
  void body_overLimit_tooLargeAndReadable() {
    byte[] big = new byte[4 << 20];
    for (boolean announced : new boolean[] {true, false}) {
      var body =
          announced
              ? BodyPublishers.ofByteArray(big)
              : BodyPublishers.ofInputStream(() -> new java.io.ByteArrayInputStream(big));
      assertProblem(
          served.send(
              "POST", "/v1/customers/1/purchases", body, "Content-Type", "application/json"),
          413,
          "ERR_TOO_LARGE",
          null);
      assertProblem(
          served.send("POST", "/nowhere", body, "Content-Type", "application/json"),
          404,
          "ERR_NOT_FOUND",
          null);
    }
  }

  @Test
  void body_stopsInTheMiddle_badRequest() throws IOException {
    try (Wire wire = new Wire(served.address)) {
      wire.send(head("Content-Length: 100") + "{\"id\":").finish();
      assertThat(wire.readAll()).startsWith("HTTP/1.1 400 ").contains("ERR_VALIDATION");
    }
  }

  @Test
  void body_neverComes_requestTimeout() throws IOException {
    try (Wire wire = new Wire(served.address)) {
      wire.send(head("Content-Length: 100") + "{\"id\":");
      assertThat(wire.readAll()).startsWith("HTTP/1.1 408 ").contains("ERR_REQUEST_TIMEOUT");
    }
  }

  @Test
  void body_announcedWithExpect_refusedBeforeItIsSent() throws IOException {
    try (Wire wire = new Wire(served.address)) {
      wire.send(head("Expect: 100-continue\r\nContent-Length: 100000000"));
      assertThat(wire.readAll()).startsWith("HTTP/1.1 413 ").contains("ERR_TOO_LARGE");
    }
    served.customers.applied(Outcome.ACCEPTED);
    try (Wire wire = new Wire(served.address)) {
      wire.send(head("Expect: 100-continue\r\nContent-Length: " + PURCHASE.length()));
      assertThat(wire.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 100 ");
      wire.send(PURCHASE);
      assertThat(wire.readAll()).startsWith("HTTP/1.1 201 ");
    }
  }

  @Test
  void connection_manyRequests_keptAlive() throws IOException {
    try (Wire wire = new Wire(served.address)) {
      String get = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
      wire.send(get + get + get.replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n"));
      assertThat(wire.readAll().split("HTTP/1.1 200 OK", -1)).hasSize(4);
    }
  }

  @Test
  void metrics_afterRequests_templatesOnly() {
    Scrape.start(
        ConfigFactory.parseFile(new File("conf/metrics.conf"))
            .withFallback(ConfigFactory.load())
            .resolve(),
        "test");
    served.get("/v1/customers/secret-id");
    served.get("/nowhere-at-all");
    TestProbe<String> probe = served.kit.createTestProbe();
    probe.awaitAssert(
        Duration.ofSeconds(20),
        () -> {
          String text = new String(served.get("/metrics").body(), StandardCharsets.UTF_8);
          assertThat(text)
              .contains("requests_total{")
              .contains("endpoint=\"/v1/customers/{id}\"")
              .contains("request_duration_seconds_bucket{")
              .containsPattern("le=\"(1.0E-4|0.0001)\"")
              .contains("endpoint=\"unmatched\"")
              .contains("build_info{version=\"test\"")
              .contains("jvm_heap_used_bytes")
              .doesNotContain("secret-id");
          return Done.getInstance();
        });
  }

  @Test
  void http_malformed_problem() throws IOException {
    assertRaw("\u0001GARBAGE of no protocol at all\r\n\r\n", "400|405");
    assertRaw("GET /v1/customers/1 HTTP/1.1\r\n\r\n", "400");
    assertRaw("GET /" + "a".repeat(17_000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n", "414");
    assertRaw(
        "GET / HTTP/1.1\r\nHost: localhost\r\nX-Long: " + "a".repeat(9_000) + "\r\n\r\n", "431");
    assertRaw("GET / HTTP/1.1\r\nHost: localhost\r\n" + "X: a\r\n".repeat(100) + "\r\n", "431");
    assertRaw("BREW / HTTP/1.1\r\nHost: localhost\r\n\r\n", "405");
  }

  @Test
  void uri_ofSixteenKiB_served() {
    assertProblem(
        served.get("/v1/customers?preference.a=" + "x".repeat(15_000)),
        422,
        "ERR_VALIDATION",
        "preference.a");
  }

  @Test
  void host_notLoopback_forbidden() throws IOException {
    for (String host : List.of("evil.example", "127.0.0.1.evil.example", "10.0.0.1:8080")) {
      try (Wire wire = new Wire(served.address)) {
        wire.send("GET /health/live HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
        assertThat(wire.readAll()).startsWith("HTTP/1.1 403 ").contains("ERR_FORBIDDEN");
      }
    }
    for (String host : List.of("localhost", "127.0.0.1:80", "[::1]:8080")) {
      try (Wire wire = new Wire(served.address)) {
        wire.send("GET /health/live HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
        assertThat(wire.readAll()).startsWith("HTTP/1.1 200 ");
      }
    }
  }

  @Test
  void customer_databaseAway_toldAsStaleFromWhereverItComes() {
    served.operations.degraded = List.of("database");
    JsonNode read = Served.tree(served.get("/v1/customers/17850")).path("data");
    served.operations.degraded = List.of();
    assertThat(read.path("stale").asBoolean()).isTrue();
    JsonNode now = Served.tree(served.get("/v1/customers/17850")).path("data");
    assertThat(now.path("stale").asBoolean()).isFalse();
    assertThat(read.path("version")).isEqualTo(now.path("version"));
  }

  @Test
  void health_drainingOrDegraded_told() {
    served.operations.unready = List.of("draining");
    HttpResponse<byte[]> r = served.get("/health/ready");
    assertThat(r.statusCode()).isEqualTo(503);
    assertThat(served.get("/health/live").statusCode()).isEqualTo(200);

    served.operations.unready = List.of();
    served.operations.degraded = List.of("database");
    assertThat(Served.tree(served.get("/health/ready")).path("data").toString())
        .isEqualTo("{\"ready\":true,\"degraded\":[\"database\"]}");
    served.operations.degraded = List.of();
  }

  @Test
  void answers_closing_areTheLastOfTheirConnections() throws IOException {
    served.operations.closing = true;
    try (Wire wire = new Wire(served.address)) {
      String call = "GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
      String all = wire.send(call).readAll(); // ends only if the server closes
      assertThat(all).startsWith("HTTP/1.1 200").contains("\r\nConnection: close\r\n");
    } finally {
      served.operations.closing = false;
    }
  }

  @Test
  void ops_orders_handedOn() {
    var none = BodyPublishers.noBody();
    assertThat(served.send("POST", "/ops/database/pause", none).statusCode()).isEqualTo(200);
    assertThat(served.send("POST", "/ops/slots/0/recycle", none).statusCode()).isEqualTo(200);
    assertThat(served.send("POST", "/ops/slots/9/recycle", none).statusCode()).isEqualTo(404);
    assertThat(served.send("POST", "/ops/slots/x/recycle", none).statusCode()).isEqualTo(404);
    assertThat(
            Served.tree(served.send("POST", "/ops/cache/clear", none))
                .path("data")
                .path("cleared")
                .asInt())
        .isEqualTo(5);
    String level = "{\"logger\":\"dev.purser\",\"level\":\"%s\",\"expires_in_seconds\":60}";
    assertThat(served.json("PUT", "/ops/log-level", level.formatted("DEBUG")).statusCode())
        .isEqualTo(200);
    for (String other : List.of("LOUD", "OFF", "ALL")) {
      assertProblem(
          served.json("PUT", "/ops/log-level", level.formatted(other)),
          422,
          "ERR_VALIDATION",
          "level");
    }
    for (String logger : List.of("", " ", "a b", "a\\nb", "x".repeat(257))) {
      assertProblem(
          served.json(
              "PUT", "/ops/log-level", level.formatted("DEBUG").replace("dev.purser", logger)),
          422,
          "ERR_VALIDATION",
          "logger");
    }
    assertThat(served.send("POST", "/ops/drain", none).statusCode()).isEqualTo(202);
    assertThat(served.operations.orders).contains("pause", "dev.purser DEBUG PT1M", "drain");
  }

  private static String head(String header) {
    return "POST /v1/customers/1/purchases HTTP/1.1\r\nHost: localhost\r\n"
        + "Content-Type: application/json\r\nConnection: close\r\n"
        + header
        + "\r\n\r\n";
  }

  private static void assertRaw(String request, String status) throws IOException {
    try (Wire wire = new Wire(served.address)) {
      wire.send(request);
      assertThat(wire.readAll())
          .as(request.substring(0, Math.min(40, request.length())))
          .matches("(?s)HTTP/1.1 (" + status + ") .*")
          .containsIgnoringCase("application/problem+json")
          .containsIgnoringCase("x-request-id")
          .contains("\"code\":\"ERR_");
    }
  }

  private static HttpResponse<byte[]> sendGzip(byte[] body) {
    return served.send(
        "POST",
        "/v1/customers/1/purchases",
        BodyPublishers.ofByteArray(body),
        "Content-Type",
        "application/json",
        "Content-Encoding",
        "gzip");
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  /// @param field the first field named, or null
  static void assertProblem(HttpResponse<byte[]> r, int status, String code, String field) {
    assertThat(r.statusCode()).as(new String(r.body(), StandardCharsets.UTF_8)).isEqualTo(status);
    assertThat(r.headers().firstValue("Content-Type")).contains("application/problem+json");
    JsonNode problem = Served.tree(r);
    assertThat(problem.path("code").asText()).isEqualTo(code);
    assertThat(problem.path("type").asText()).isEqualTo("urn:purser:" + code);
    assertThat(problem.path("status").asInt()).isEqualTo(status);
    assertThat(problem.path("detail").asText()).isNotEmpty();
    if (field != null) {
      assertThat(problem.path("errors").path(0).path("field").asText()).isEqualTo(field);
    }
  }
}
