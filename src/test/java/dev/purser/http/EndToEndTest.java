package dev.purser.http;

import static dev.purser.http.EdgeTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.database.DatabaseUrl;
import dev.purser.database.PostgresUrl;
import dev.purser.ledger.Rules;
import dev.purser.testing.Postgres;
import dev.purser.testing.RedisServer;
import dev.purser.testing.SharedData;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// The contract of the page for clients, on a whole node with a real database: with nothing but its
/// file, and with servers for the database and the cache.
@ParameterizedClass
@EnumSource
final class EndToEndTest {
  @TempDir private static Path folder;
  private static @Nullable RedisServer redis;
  private static Node node;
  private static Served served;

  @Parameter Stores stores;

  /// What a node keeps its data in.
  enum Stores {
    FILE_AND_MEMORY,
    POSTGRESQL_AND_REDIS
  }

  @BeforeParameterizedClassInvocation
  static void start(Stores stores) {
    node =
        switch (stores) {
          case FILE_AND_MEMORY -> new Node(folder);
          case POSTGRESQL_AND_REDIS -> {
            redis = RedisServer.start();
            Postgres server = Postgres.shared();
            String url = server.url(server.freshDatabase());
            yield new Node(
                new DatabaseUrl.OfServer(PostgresUrl.parse(url)),
                "purser.cache.url = \"" + redis.url() + "\"");
          }
        };
    served = node.served;
  }

  @AfterParameterizedClassInvocation
  static void stop() {
    node.close();
    if (redis != null) {
      redis.close();
    }
  }

  private static String purchase(String id, long amount) {
    return "{\"id\":\"%s\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":%d}".formatted(id, amount);
  }

  private static JsonNode data(HttpResponse<byte[]> r) {
    assertThat(r.statusCode()).as(new String(r.body(), StandardCharsets.UTF_8)).isBetween(200, 299);
    return Served.tree(r).path("data");
  }

  private static HttpResponse<byte[]> delete(String path) {
    return served.send("DELETE", path, BodyPublishers.noBody());
  }

  @Test
  void letters_tooLongForOnePage_allListed() {
    String lines =
        IntStream.range(0, 40)
            .mapToObj(i -> i + "x".repeat(64 * 1024) + "\n")
            .collect(Collectors.joining());
    HttpResponse<byte[]> r =
        served.send(
            "POST",
            "/v1/ingest",
            BodyPublishers.ofString(lines),
            "Content-Type",
            "application/x-ndjson");
    String path = "/v1/dead-letters?limit=1000&run=" + data(r).path("run").asText();
    Set<Long> ids = new HashSet<>();
    int pages = 0;
    for (String next = ""; next != null; pages++) {
      JsonNode page = data(served.get(path + next));
      page.path("dead_letters").forEach(l -> ids.add(l.path("id").asLong()));
      next = page.path("next").isNull() ? null : "&after=" + page.path("next").asText();
    }
    assertThat(ids).hasSize(40);
    assertThat(pages).isBetween(3, 5);
    HttpResponse<byte[]> streamed = served.get(path, "Accept", "application/x-ndjson");
    assertThat(new String(streamed.body(), StandardCharsets.UTF_8).lines()).hasSize(40);
  }

  @Test
  void customer_wholeLife_exactTotals() {
    String c = "/v1/customers/life%2F1";
    assertProblem(served.get(c), 404, "ERR_NOT_FOUND", null);
    HttpResponse<byte[]> first = served.post(c + "/purchases", purchase("p1", 1_000));
    assertThat(first.statusCode()).isEqualTo(201);
    assertThat(served.post(c + "/purchases", purchase("p1", 1_000)).statusCode()).isEqualTo(200);
    assertProblem(served.post(c + "/purchases", purchase("p1", 1_001)), 409, "ERR_CONFLICT", null);
    assertThat(served.get(first.headers().firstValue("Location").orElseThrow()).statusCode())
        .isEqualTo(200);

    assertThat(
            served
                .post(c + "/refunds", "{\"id\":\"r1\",\"purchase_id\":\"p1\",\"amount_minor\":400}")
                .statusCode())
        .isEqualTo(201);
    assertProblem(
        served.post(c + "/refunds", "{\"id\":\"r2\",\"purchase_id\":\"p1\",\"amount_minor\":601}"),
        422,
        "ERR_VALIDATION",
        "amount_minor");
    assertProblem(
        served.post(
            c + "/refunds",
            "{\"id\":\"r2\",\"purchase_id\":\"p1\",\"amount_minor\":1,\"currency\":\"EUR\"}"),
        422,
        "ERR_VALIDATION",
        "currency");
    assertProblem(
        served.post(c + "/refunds", "{\"id\":\"r2\",\"purchase_id\":\"p9\",\"amount_minor\":1}"),
        404,
        "ERR_NOT_FOUND",
        null);
    JsonNode pending = data(served.get(c)).path("totals").path(0);
    assertThat(pending.path("pending_refund_minor").asLong()).isEqualTo(400);
    assertThat(pending.path("net_minor").asLong()).isEqualTo(1_000);

    JsonNode settled = data(served.post(c + "/settlement", "{\"id\":\"day\"}"));
    assertThat(settled.path("outcome").asText()).isEqualTo("settled");
    assertThat(settled.path("settled").toString())
        .isEqualTo("[{\"currency\":\"GBP\",\"refunds\":1,\"amount_minor\":400}]");
    JsonNode again = data(served.post(c + "/settlement", "{\"id\":\"day\"}"));
    assertThat(again.path("outcome").asText()).isEqualTo("duplicate");
    assertThat(again.path("settled")).isEqualTo(settled.path("settled"));
    assertThat(data(served.get(c)).path("totals").path(0).path("net_minor").asLong())
        .isEqualTo(600);
    assertThat(data(served.get(c + "/refunds/r1")).path("state").asText()).isEqualTo("settled");
    assertThat(
            data(served.get(c + "/purchases"))
                .path("purchases")
                .path(0)
                .path("refunded_minor")
                .asLong())
        .isEqualTo(400);

    assertThat(delete(c + "?suppress=true").statusCode()).isEqualTo(204);
    assertProblem(served.get(c), 404, "ERR_NOT_FOUND", null);
    assertProblem(delete(c), 404, "ERR_NOT_FOUND", null);
    assertProblem(served.post(c + "/purchases", purchase("p1", 1_000)), 409, "ERR_CONFLICT", null);
    assertThat(delete("/v1/suppressions/life%2F1").statusCode()).isEqualTo(204);
    assertProblem(delete("/v1/suppressions/life%2F1"), 404, "ERR_NOT_FOUND", null);
    long version = Served.tree(first).path("data").path("version").asLong();
    assertThat(data(served.post(c + "/purchases", purchase("p1", 1_000))).path("version").asLong())
        .isGreaterThan(version);
  }

  @Test
  void preferences_conditional_versionsHold() {
    String c = "/v1/customers/prefs";
    String body = "{\"preferences\":{\"country\":\"France\",\"\":\"\"}}";
    HttpResponse<byte[]> made = served.json("PUT", c, body, "If-None-Match", "*");
    assertThat(made.statusCode()).isEqualTo(201);
    assertProblem(served.json("PUT", c, body, "If-None-Match", "*"), 412, "ERR_PRECONDITION", null);
    String tag = made.headers().firstValue("ETag").orElseThrow();
    assertThat(served.get(c, "If-None-Match", tag).statusCode()).isEqualTo(304);

    HttpResponse<byte[]> patched =
        served.json(
            "PATCH",
            c,
            "{\"preferences\":{\"tier\":\"silver\",\"country\":null}}",
            "If-Match",
            tag);
    assertThat(data(patched).path("preferences").toString())
        .isEqualTo("{\"\":\"\",\"tier\":\"silver\"}");
    assertProblem(
        served.json("PATCH", c, "{\"preferences\":{}}", "If-Match", tag),
        412,
        "ERR_PRECONDITION",
        null);
    assertThat(served.json("PUT", c, data(served.get(c)).toString()).statusCode()).isEqualTo(200);
    assertProblem(
        served.json("PATCH", "/v1/customers/nobody", "{\"preferences\":{\"a\":\"b\"}}"),
        404,
        "ERR_NOT_FOUND",
        null);
    StringBuilder many = new StringBuilder("{\"preferences\":{\"n0\":\"\"");
    for (int i = 1; i < 65; i++) {
      many.append(",\"n").append(i).append("\":\"\"");
    }
    assertProblem(served.json("PUT", c, many + "}}"), 422, "ERR_VALIDATION", "preferences");
    assertThat(data(served.get("/v1/customers?preference.tier=silver")).path("ids").toString())
        .isEqualTo("[\"prefs\"]");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      textBlock =
          """
          {"sku":"s","quantity":1,"amount_minor":1}|id
          {"id":"","sku":"s","quantity":1,"amount_minor":1}|id
          {"id":"..","sku":"s","quantity":1,"amount_minor":1}|id
          {"id":"a\\u0001","sku":"s","quantity":1,"amount_minor":1}|id
          {"id":"\\ud800","sku":"s","quantity":1,"amount_minor":1}|id
          {"id":1,"sku":"s","quantity":1,"amount_minor":1}|id
          {"id":"v","quantity":1,"amount_minor":1}|sku
          {"id":"v","sku":null,"quantity":1,"amount_minor":1}|sku
          {"id":"v","sku":"\\u0000","quantity":1,"amount_minor":1}|sku
          {"id":"v","sku":"s","amount_minor":1}|quantity
          {"id":"v","sku":"s","quantity":0,"amount_minor":1}|quantity
          {"id":"v","sku":"s","quantity":1.0,"amount_minor":1}|quantity
          {"id":"v","sku":"s","quantity":1}|amount_minor
          {"id":"v","sku":"s","quantity":1,"amount_minor":0}|amount_minor
          {"id":"v","sku":"s","quantity":1,"amount_minor":-1}|amount_minor
          {"id":"v","sku":"s","quantity":1,"amount_minor":1.0}|amount_minor
          {"id":"v","sku":"s","quantity":1,"amount_minor":1e2}|amount_minor
          {"id":"v","sku":"s","quantity":1,"amount_minor":"1"}|amount_minor
          {"id":"v","sku":"s","quantity":1,"amount_minor":9007199254740992}|amount_minor
          {"id":"v","sku":"s","quantity":1,"amount_minor":99999999999999999999999}|amount_minor
          {"id":"v","sku":"s","quantity":1,"amount_minor":1,"currency":"gbp"}|currency
          {"id":"v","sku":"s","quantity":1,"amount_minor":1,"currency":"QQQ"}|currency
          {"id":"v","sku":"s","quantity":1,"amount_minor":1,"at":"2011-02-29T00:00:00Z"}|at
          {"id":"v","sku":"s","quantity":1,"amount_minor":1,"at":"2011-02-28"}|at
          {"id":"v","sku":"s","quantity":1,"amount_minor":1,"at":"1969-12-31T23:59:59Z"}|at
          {"id":"v","sku":"s","quantity":1,"amount_minor":1,"at":1}|at
          {"id":"v","sku":"s","quantity":1,"amount_minor":1,"descripton":"x"}|descripton
          {"id":"v","sku":"s","quantity":1,"amount_minor":1,"purchase_id":"x"}|purchase_id
          """)
  void purchase_wrongValue_namedField(String body, String field) {
    assertProblem(
        served.post("/v1/customers/values/purchases", body), 422, "ERR_VALIDATION", field);
    assertProblem(served.get("/v1/customers/values"), 404, "ERR_NOT_FOUND", null);
  }

  @Test
  void purchase_longText_limitInBytes() {
    String c = "/v1/customers/long/purchases";
    String body = "{\"id\":\"%s\",\"sku\":\"%s\",\"quantity\":1,\"amount_minor\":1}";
    assertThat(served.post(c, body.formatted("a".repeat(128), "é".repeat(2_048))).statusCode())
        .isEqualTo(201);
    assertProblem(
        served.post(c, body.formatted("b", "é".repeat(2_048) + "x")), 422, "ERR_VALIDATION", "sku");
    assertProblem(
        served.post(c, body.formatted("b".repeat(129), "s")), 422, "ERR_VALIDATION", "id");
  }

  @Test
  void totals_overflow_refusedNeverWrapped() {
    String c = "/v1/customers/rich/purchases";
    assertThat(served.post(c, purchase("a", 9007199254740991L)).statusCode()).isEqualTo(201);
    assertProblem(served.post(c, purchase("b", 1)), 422, "ERR_VALIDATION", "amount_minor");
    assertThat(served.post(c, purchase("a", 9007199254740991L)).statusCode()).isEqualTo(200);
    assertThat(
            data(served.get("/v1/customers/rich"))
                .path("totals")
                .path(0)
                .path("gross_minor")
                .asLong())
        .isEqualTo(9007199254740991L);
  }

  @Test
  void lists_manyPages_newestFirst() {
    String c = "/v1/customers/pages/purchases";
    for (int i = 0; i < 7; i++) {
      String at = ",\"at\":\"2011-01-0" + (1 + i / 2) + "T00:00:00+01:00\"}";
      assertThat(served.post(c, purchase("p" + i, 1).replace("}", at)).statusCode()).isEqualTo(201);
    }
    StringBuilder ids = new StringBuilder();
    String after = "";
    while (after != null) {
      JsonNode page = data(served.get(c + "?limit=2" + after));
      page.path("purchases").forEach(p -> ids.append(p.path("id").asText()).append(' '));
      after = page.path("next").isNull() ? null : "&after=" + page.path("next").asText();
    }
    assertThat(ids.toString()).isEqualTo("p6 p4 p5 p2 p3 p0 p1 ");
    HttpResponse<byte[]> lines = served.get(c, "Accept", "application/x-ndjson");
    assertThat(new String(lines.body(), StandardCharsets.UTF_8).lines()).hasSize(7);
  }

  @Test
  void lookup_mixed_inTheOrderAsked() {
    served.post("/v1/customers/look1/purchases", purchase("p", 1));
    served.post("/v1/customers/look2/purchases", purchase("p", 1));
    JsonNode found =
        data(
            served.post(
                "/v1/customers/lookup", "{\"ids\":[\"look2\",\"no-one\",\"look1\",\"look2\"]}"));
    assertThat(found.path("customers").findValuesAsText("id")).containsExactly("look2", "look1");
    assertThat(found.path("missing").toString()).isEqualTo("[\"no-one\"]");
  }

  @Test
  void jsonSuite_everyFile_judgedAsItsNameSays() throws IOException {
    try (Stream<Path> files = Files.walk(SharedData.at("json-testsuite"))) {
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
        byte[] body = Files.readAllBytes(file);
        String name = file.getFileName().toString();
        for (String call :
            List.of("POST /v1/customers/suite/purchases", "PUT /v1/customers/suite")) {
          HttpResponse<byte[]> r =
              served.send(
                  call.split(" ")[0],
                  call.split(" ")[1],
                  BodyPublishers.ofByteArray(body),
                  "Content-Type",
                  "application/json");
          if (name.startsWith("n_")) {
            assertThat(r.statusCode()).as(name).isEqualTo(400);
          } else {
            // A duplicate key is JSON by its grammar, and refused by the contract.
            assertThat(r.statusCode()).as(name).isIn(400, 422);
            assertThat(r.statusCode() == 422 || name.contains("duplicate") || name.startsWith("i_"))
                .as(name)
                .isTrue();
          }
        }
      }
    }
  }

  @Test
  void naughtyStrings_everywhere_backByteForByte() throws IOException {
    List<String> strings = naughty();
    int n = 0;
    for (String s : strings) {
      String text = Served.JSON.writeValueAsString(s);
      String c = "/v1/customers/naughty" + n;
      String id = "n" + n++;
      HttpResponse<byte[]> put = served.json("PUT", c, "{\"preferences\":{\"v\":" + text + "}}");
      assertThat(put.statusCode()).as(s).isEqualTo(201);
      assertThat(data(served.get(c)).path("preferences").path("v").asText()).isEqualTo(s);
      HttpResponse<byte[]> post =
          served.post(
              c + "/purchases",
              "{\"id\":\""
                  + id
                  + "\",\"sku\":"
                  + text
                  + ",\"description\":"
                  + text
                  + ",\"quantity\":1,\"amount_minor\":1}");
      assertThat(post.statusCode()).as(s).isEqualTo(201);
      JsonNode back = data(served.get(c + "/purchases/" + id));
      assertThat(back.path("sku").asText()).isEqualTo(s);
      assertThat(back.path("description").asText()).isEqualTo(s);
    }
  }

  @Test
  void naughtyStrings_asIds_whereLegal() throws IOException {
    for (String s : naughty()) {
      boolean legal =
          !s.isEmpty()
              && !s.equals(".")
              && !s.equals("..")
              && s.codePointCount(0, s.length()) <= 128
              && s.codePoints().noneMatch(c -> Character.getType(c) == Character.CONTROL);
      String encoded = URLEncoder.encode(s, StandardCharsets.UTF_8).replace("+", "%20");
      if (encoded.isEmpty() || encoded.equals(".") || encoded.equals("..")) {
        continue; // is no path segment that a client could send
      }
      HttpResponse<byte[]> r =
          served.post("/v1/customers/" + encoded + "/purchases", purchase("p", 1));
      assertThat(r.statusCode()).as(s).isEqualTo(legal ? 201 : 422);
      if (legal) {
        assertThat(data(served.get("/v1/customers/" + encoded)).path("id").asText()).isEqualTo(s);
      }
    }
  }

  private static List<String> naughty() throws IOException {
    try (Stream<Path> files = Files.walk(SharedData.at("naughty"))) {
      Path file = files.filter(f -> f.toString().endsWith(".json")).findFirst().orElseThrow();
      JsonNode all = Served.tree(Files.readAllBytes(file));
      return Stream.iterate(0, i -> i + 1)
          .limit(all.size())
          .map(i -> all.get(i).asText())
          .distinct()
          .toList();
    }
  }

  @Test
  void erase_ofWhomOnlyLettersName_dropsThem() {
    String line =
        "{\"type\":\"purchase\",\"customer_id\":\"orphan\",\"id\":\"p\",\"sku\":\"s\","
            + "\"quantity\":0,\"amount_minor\":1}\n";
    HttpResponse<byte[]> uploaded =
        served.send(
            "POST",
            "/v1/ingest",
            BodyPublishers.ofString(line),
            "Content-Type",
            "application/x-ndjson");
    String letters = "/v1/dead-letters?run=" + data(uploaded).path("run").asText();
    assertThat(data(served.get(letters)).path("dead_letters")).hasSize(1);
    assertThat(delete("/v1/customers/orphan").statusCode()).isEqualTo(204);
    assertThat(data(served.get(letters)).path("dead_letters")).isEmpty();
    assertThat(delete("/v1/customers/orphan").statusCode()).isEqualTo(404);
  }

  @Test
  void upload_badLines_lettersAndReplay() {
    String lines =
        """
        {"type":"purchase","customer_id":"u1","id":"p1","sku":"s","quantity":1,"amount_minor":100}
        not json
        {"type":"purchase","customer_id":"u1","id":"p2","sku":"s","quantity":1,"amount_minor":-1}

        {"type":"preferences","customer_id":"u1","preferences":{"tier":"gold"}}
        """;
    HttpResponse<byte[]> r =
        served.send(
            "POST",
            "/v1/ingest",
            BodyPublishers.ofString(lines),
            "Content-Type",
            "application/x-ndjson");
    JsonNode report = data(r);
    assertThat(report.path("lines").asInt()).isEqualTo(4);
    assertThat(report.path("accepted").asInt()).isEqualTo(2);
    assertThat(report.path("rejected").asInt()).isEqualTo(2);
    assertThat(report.path("customers_created").asInt()).isEqualTo(1);
    assertThat(report.path("first_errors").path(0).path("line").asInt()).isEqualTo(2);
    String run = report.path("run").asText();
    assertThat(data(served.get("/v1/ingest/runs/" + run)).path("state").asText()).isEqualTo("done");

    JsonNode letters = data(served.get("/v1/dead-letters?run=" + run)).path("dead_letters");
    assertThat(letters).hasSize(2);
    long wrong = letters.path(1).path("id").asLong();
    HttpResponse<byte[]> replayed =
        served.send(
            "POST",
            "/v1/dead-letters/" + wrong + "/replay",
            BodyPublishers.ofString(
                "{\"type\":\"purchase\",\"customer_id\":\"u1\",\"id\":\"p2\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":7}"),
            "Content-Type",
            "application/x-ndjson");
    assertThat(data(replayed).path("accepted").asInt()).isEqualTo(1);
    assertProblem(served.get("/v1/dead-letters/" + wrong), 404, "ERR_NOT_FOUND", null);
    assertThat(
            data(served.get("/v1/customers/u1")).path("totals").path(0).path("gross_minor").asInt())
        .isEqualTo(107);
    assertThat(data(delete("/v1/dead-letters?run=" + run)).path("deleted").asInt()).isEqualTo(1);
  }

  @Test
  void upload_unknownProfileOrColumn_unprocessable() {
    String csv = "InvoiceNo,StockCode\n1,2\n";
    for (String profile : List.of("nope", "online-retail")) {
      HttpResponse<byte[]> r =
          served.send(
              "POST",
              "/v1/ingest?profile=" + profile,
              BodyPublishers.ofString(csv),
              "Content-Type",
              "text/csv");
      assertThat(r.statusCode())
          .as(profile + new String(r.body(), StandardCharsets.UTF_8))
          .isEqualTo(422);
    }
  }

  @Test
  void whatWasRead_sentBack_isTheSame() {
    String c = "/v1/customers/sent-back";
    assertThat(served.json("PUT", c, "{\"preferences\":{\"a\":\"b\"}}").statusCode())
        .isEqualTo(201);
    assertThat(served.post(c + "/purchases", purchase("p", 500)).statusCode()).isEqualTo(201);
    assertThat(served.post(c + "/refunds", "{\"id\":\"note\",\"amount_minor\":5}").statusCode())
        .isEqualTo(201);
    assertThat(
            served
                .post(c + "/refunds", "{\"id\":\"r\",\"purchase_id\":\"p\",\"amount_minor\":500}")
                .statusCode())
        .isEqualTo(201);
    assertThat(served.post(c + "/settlement", "{\"id\":null}").statusCode()).isEqualTo(200);
    for (String event : List.of("/purchases/p", "/refunds/note", "/refunds/r")) {
      String read = data(served.get(c + event)).toString();
      HttpResponse<byte[]> again =
          served.post(c + event.substring(0, event.lastIndexOf('/')), read);
      assertThat(again.statusCode()).as(read).isEqualTo(200);
      assertThat(data(again).path("outcome").asText()).as(read).isEqualTo("duplicate");
    }
    String profile = data(served.get(c)).toString();
    assertThat(data(served.json("PUT", c, profile)).path("preferences").path("a").asText())
        .isEqualTo("b");
    HttpResponse<byte[]> patched = served.json("PATCH", c, profile);
    assertThat(patched.statusCode()).as(profile).isEqualTo(200);
    assertThat(data(patched).toString()).isEqualTo(data(served.get(c)).toString());
    assertThat(data(served.get(c)).path("totals").toString())
        .isEqualTo(Served.tree(profile.getBytes(StandardCharsets.UTF_8)).path("totals").toString());

    assertThat(
            served
                .json("PUT", "/v1/documents/sent-back", "{\"fields\":{\"a\":\"b\"}}")
                .statusCode())
        .isEqualTo(201);
    JsonNode document = data(served.get("/v1/documents/sent-back"));
    assertThat(data(served.json("PUT", "/v1/documents/sent-back", document.toString())))
        .isEqualTo(document);
    assertThat(served.json("PUT", "/v1/vectors/sent-back/v", "[0.1,-1e-30,3]").statusCode())
        .isEqualTo(201);
    JsonNode vector = data(served.get("/v1/vectors/sent-back/v"));
    assertThat(served.json("PUT", "/v1/vectors/sent-back/v", vector.toString()).statusCode())
        .isEqualTo(200);
    assertThat(data(served.get("/v1/vectors/sent-back/v"))).isEqualTo(vector);
  }

  /// As lines of an upload, with the type and the customer that the path told before.
  @Test
  void whatWasRead_uploadedAgain_isAllDuplicates() {
    String c = "/v1/customers/lines-back";
    assertThat(served.post(c + "/purchases", purchase("p", 500)).statusCode()).isEqualTo(201);
    assertThat(served.post(c + "/refunds", "{\"id\":\"r\",\"amount_minor\":5}").statusCode())
        .isEqualTo(201);
    served.json("PUT", "/v1/documents/lines-back", "{\"fields\":{\"a\":[\"b\",\"c\"]}}");
    served.json("PUT", "/v1/vectors/lines-back/v", "[0.1,2]");
    StringBuilder lines = new StringBuilder();
    for (String list : List.of("purchase", "refund")) {
      HttpResponse<byte[]> read =
          served.get(c + "/" + list + "s", "Accept", "application/x-ndjson");
      new String(read.body(), StandardCharsets.UTF_8)
          .lines()
          .forEach(
              l ->
                  lines
                      .append("{\"type\":\"" + list + "\",\"customer_id\":\"lines-back\",")
                      .append(l.substring(1))
                      .append('\n'));
    }
    served.json("PATCH", c, "{\"preferences\":{\"a\":\"b\"}}");
    lines
        .append("{\"type\":\"preferences\",\"customer_id\":\"lines-back\",")
        .append(data(served.get(c)).toString().substring(1))
        .append("\n{\"type\":\"document\",")
        .append(data(served.get("/v1/documents/lines-back")).toString().substring(1))
        .append("\n{\"type\":\"vector\",")
        .append(data(served.get("/v1/vectors/lines-back/v")).toString().substring(1))
        .append('\n');
    HttpResponse<byte[]> r =
        served.send(
            "POST",
            "/v1/ingest",
            BodyPublishers.ofString(lines.toString()),
            "Content-Type",
            "application/x-ndjson");
    assertThat(data(r).path("duplicates").asInt()).as(data(r).toString()).isEqualTo(5);
    assertThat(data(r).path("lines").asInt()).isEqualTo(5);
  }

  /// In keys and in values, in bodies and in what is asked for.
  @Test
  void strings_withWhatNoStringMayHold_unprocessableEverywhere() {
    for (String bad : List.of("\\u0000", "\\ud800", "a\\uDFFFb", "\\ud83d\\ud83d")) {
      String key = "{\"preferences\":{\"" + bad + "\":\"x\"}}";
      String value = "{\"preferences\":{\"x\":\"" + bad + "\"}}";
      for (String body : List.of(key, value)) {
        assertProblem(served.json("PUT", "/v1/customers/bad", body), 422, "ERR_VALIDATION", null);
        assertProblem(served.json("PATCH", "/v1/customers/bad", body), 422, "ERR_VALIDATION", null);
        assertProblem(
            served.json("PUT", "/v1/documents/bad", body.replace("preferences", "fields")),
            422,
            "ERR_VALIDATION",
            null);
      }
      String unknown = ",\"" + bad + "\":1}";
      String purchase = purchase("p", 1).replace("}", unknown);
      for (String path :
          List.of(
              "/v1/customers/bad/purchases",
              "/v1/customers/bad/refunds",
              "/v1/customers/bad/settlement",
              "/v1/settlements",
              "/v1/customers/lookup",
              "/v1/documents/bad/fields",
              "/v1/vectors/bad/search")) {
        assertProblem(served.post(path, purchase), 422, "ERR_VALIDATION", null);
      }
      assertProblem(served.json("PUT", "/ops/log-level", purchase), 422, "ERR_VALIDATION", null);
      assertProblem(
          served.json("PUT", "/v1/vectors/bad/v", "{\"vector\":[1]" + unknown),
          422,
          "ERR_VALIDATION",
          null);
    }
    for (String query :
        List.of(
            "/v1/dead-letters?run=%00",
            "/v1/dead-letters?reason=a%00",
            "/v1/dead-letters?reason=" + "x".repeat(5_000),
            "/v1/customers?preference.%00=a",
            "/v1/customers?preference.a=%00",
            "/v1/customers?currency=%00&net_minor.gte=1",
            "/v1/documents?field.a%00=b",
            "/v1/documents?field.a=%ED%A0%80",
            "/v1/ingest/runs?after=%00")) {
      assertProblem(served.get(query), 422, "ERR_VALIDATION", null);
    }
    assertProblem(
        served.send("DELETE", "/v1/dead-letters?run=%00", BodyPublishers.noBody()),
        422,
        "ERR_VALIDATION",
        null);
  }

  /// Every list, by its path, the name of its rows and the ids in its path.
  private static String scope(String path) {
    String[] segments = path.substring(1).split("/", -1);
    String name = segments[segments.length - 1];
    String template = segments.length == 4 ? "/v1/customers/{id}/" + name : path;
    String rows = name.equals("customers") || name.equals("documents") ? "ids" : name;
    return rows.replace('-', '_') + template + "\0" + String.join("\0", segments);
  }

  /// The sum in a cursor has no key: whoever reads the source can make one of anything.
  @Test
  void cursors_forgedWithARightSum_neverMoreThanAPosition() {
    served.post("/v1/customers/cursors/purchases", purchase("p", 1));
    Random random = new Random(18);
    Map<String, List<String>> positions =
        Map.of(
            "/v1/customers/cursors/purchases", List.of("0 p", "253402300799999999 \u20ac x"),
            "/v1/customers/cursors/refunds", List.of("0 p"),
            "/v1/customers", List.of("a", "\u20ac"),
            "/v1/documents", List.of("a"),
            "/v1/dead-letters", List.of("1", "999999999999999999"),
            "/v1/ingest/runs", List.of("a"));
    List<String> nowhere =
        List.of(
            "",
            " ",
            ".",
            "..",
            "\0",
            "a\0",
            "a\n",
            "x".repeat(129),
            "-1",
            "+1",
            "0x1",
            "\u0661",
            "1.5",
            "9223372036854775808",
            "99999999999999999999",
            "1 ..",
            "1 ",
            " p",
            "01 p",
            "-5 p",
            "\u0661 p",
            "9223372036854775808 p",
            "1 a\0b",
            "1\np");
    positions.forEach(
        (list, good) -> {
          for (String place : good) {
            String after = Cursor.of(scope(list), place);
            assertThat(served.get(list + "?after=" + after).statusCode()).as(list).isEqualTo(200);
          }
          for (String place : nowhere) {
            String after = Cursor.of(scope(list), place);
            HttpResponse<byte[]> r = served.get(list + "?after=" + after);
            boolean anId = list.matches("/v1/(customers|documents|ingest/runs)");
            int wanted = anId && Rules.whyNotId(place) == null ? 200 : 422;
            assertThat(r.statusCode()).as(list + " '" + place + "'").isEqualTo(wanted);
          }
          for (int i = 0; i < 40; i++) {
            StringBuilder place = new StringBuilder();
            for (int n = random.nextInt(24); n >= 0; n--) {
              place.append("0123456789 -.\0\n'\"%é€".charAt(random.nextInt(20)));
            }
            String after = Cursor.of(scope(list), place.toString());
            for (String accept : List.of("application/json", "application/x-ndjson")) {
              HttpResponse<byte[]> r = served.get(list + "?after=" + after, "Accept", accept);
              assertThat(r.statusCode()).as(list + " '" + place + "'").isIn(200, 422);
            }
          }
          byte[] bytes = new byte[40];
          random.nextBytes(bytes);
          String noise = Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
          String one = Cursor.of(scope(list), good.getFirst());
          for (String damaged :
              List.of(noise, one + "=", one + "==", one.substring(1), one + "A")) {
            assertProblem(served.get(list + "?after=" + damaged), 422, "ERR_VALIDATION", "after");
          }
        });
  }

  @Test
  void lists_ofLongRows_endAtAboutAMebibyteAndLeadOn() {
    String text = "\u20ac".repeat(1_300);
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 600; i++) {
      String tail =
          "\"customer_id\":\"long-rows\",\"id\":\"%d\",\"sku\":\"%s\",\"description\":\"%s\","
                  .formatted(i, text, text)
              + "\"quantity\":1,\"amount_minor\":1,\"at\":\"2020-01-01T00:00:00Z\"}\n";
      lines.append("{\"type\":\"purchase\",").append(tail);
      lines.append("{\"type\":\"refund\",").append(tail);
    }
    upload(lines.toString(), 1_200);
    for (String list : List.of("purchases", "refunds")) {
      String path = "/v1/customers/long-rows/" + list;
      assertPages(path + "?limit=1000", list, 600, 4);
      HttpResponse<byte[]> stream = served.get(path, "Accept", "application/x-ndjson");
      assertThat(new String(stream.body(), StandardCharsets.UTF_8).lines()).hasSize(600);
    }
  }

  @Test
  void profiles_thatAreLong_boundedWherePagesAndLookupsHoldMany() {
    String text = "x".repeat(4_000);
    StringBuilder lines = new StringBuilder();
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      StringBuilder preferences = new StringBuilder("\"kind\":\"big-profile\"");
      for (int p = 0; p < 60; p++) {
        preferences.append(",\"p%d\":\"%s\"".formatted(p, text));
      }
      ids.add("\"big-%02d\"".formatted(i));
      lines.append(
          "{\"type\":\"preferences\",\"customer_id\":%s,\"preferences\":{%s}}\n"
              .formatted(ids.getLast(), preferences));
    }
    upload(lines.toString(), 50);
    assertPages(
        "/v1/customers?preference.kind=big-profile&expand=true&limit=1000", "customers", 50, 9);
    HttpResponse<byte[]> stream =
        served.get(
            "/v1/customers?preference.kind=big-profile&expand=true",
            "Accept",
            "application/x-ndjson");
    assertThat(new String(stream.body(), StandardCharsets.UTF_8).lines()).hasSize(50);

    String asked = "{\"ids\":[" + String.join(",", ids) + ",\"nobody-of-this-name\"]}";
    HttpResponse<byte[]> r = served.post("/v1/customers/lookup", asked);
    JsonNode found = data(r);
    assertThat(r.body().length).isBetween(8 << 20, (8 << 20) + (300 << 10));
    int answered = found.path("customers").size();
    assertThat(found.path("customers").get(0).path("id").asText()).isEqualTo("big-00");
    List<String> rest = new ArrayList<>();
    found.path("failed").forEach(id -> rest.add(id.asText()));
    assertThat(rest).hasSize(51 - answered).endsWith("nobody-of-this-name").contains("big-49");
    String others = "{\"ids\":[\"" + String.join("\",\"", rest) + "\"]}";
    JsonNode second = data(served.post("/v1/customers/lookup", others));
    assertThat(second.path("customers")).hasSize(50 - answered);
    assertThat(second.path("missing").get(0).asText()).isEqualTo("nobody-of-this-name");
    assertThat(second.path("failed")).isEmpty();
  }

  private static void upload(String lines, int accepted) {
    HttpResponse<byte[]> r =
        served.send(
            "POST",
            "/v1/ingest",
            BodyPublishers.ofString(lines),
            "Content-Type",
            "application/x-ndjson");
    assertThat(data(r).path("accepted").asInt()).as(data(r).toString()).isEqualTo(accepted);
  }

  private static void assertPages(String path, String rows, int count, int atLeast) {
    Set<String> ids = new HashSet<>();
    int pages = 0;
    String after = "";
    do {
      HttpResponse<byte[]> r = served.get(path + after);
      assertThat(r.body().length).as(path).isLessThan((1 << 20) + (300 << 10));
      data(r).path(rows).forEach(row -> assertThat(ids.add(row.path("id").asText())).isTrue());
      JsonNode next = data(r).path("next");
      after = next.isNull() ? null : "&after=" + next.asText();
      pages++;
    } while (after != null);
    assertThat(ids).as(path).hasSize(count);
    assertThat(pages).as(path).isGreaterThanOrEqualTo(atLeast);
  }
}
