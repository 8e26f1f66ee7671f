package dev.purser.http;

import static dev.purser.http.EdgeTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.database.Database;
import dev.purser.testing.SharedData;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Documents by the page for clients, on a whole node with a real database.
final class DocumentsTest {
  @TempDir private static Path folder;
  private static Node node;
  private static Served served;

  @BeforeAll
  static void start() {
    node = new Node(folder);
    served = node.served;
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static JsonNode data(HttpResponse<byte[]> r) {
    assertThat(r.statusCode()).as(new String(r.body(), StandardCharsets.UTF_8)).isBetween(200, 299);
    return Served.tree(r).path("data");
  }

  private static HttpResponse<byte[]> put(String id, String body, String... headers) {
    return served.json("PUT", path(id), body, headers);
  }

  private static String path(String id) {
    return "/v1/documents/" + encoded(id);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static HttpResponse<byte[]> delete(String id, String... headers) {
    return served.send("DELETE", path(id), BodyPublishers.noBody(), headers);
  }

  private static HttpResponse<byte[]> add(String id, String name, String value) {
    ObjectNode body = Served.JSON.createObjectNode().put("name", name).put("value", value);
    return served.post(path(id) + "/fields", body.toString());
  }

  private static String version(HttpResponse<byte[]> r) {
    return r.headers().firstValue("ETag").orElseThrow();
  }

  private static List<String> ids(String query) {
    List<String> ids = new ArrayList<>();
    data(served.get("/v1/documents?" + query)).path("ids").forEach(i -> ids.add(i.asText()));
    return ids;
  }

  @Test
  void document_wholeLife_asTheContractSays() {
    assertProblem(served.get(path("life/1")), 404, "ERR_NOT_FOUND", null);
    assertProblem(add("life/1", "a", "b"), 404, "ERR_NOT_FOUND", null);
    assertProblem(delete("life/1"), 404, "ERR_NOT_FOUND", null);

    String body = "{\"fields\":{\"life.department\":[\"GROCERY\"],\"brand\":\"National\"}}";
    HttpResponse<byte[]> made = put("life/1", body);
    assertThat(made.statusCode()).isEqualTo(201);
    assertThat(made.headers().firstValue("Location")).hasValue("/v1/documents/life%2F1");
    JsonNode read = data(served.get(path("life/1")));
    assertThat(read).isEqualTo(data(made));
    assertThat(read.path("fields").toString())
        .isEqualTo("{\"brand\":[\"National\"],\"life.department\":[\"GROCERY\"]}");
    assertThat(version(made)).isEqualTo("\"" + read.path("version").asLong() + "\"");

    HttpResponse<byte[]> same = put("life/1", read.toString());
    assertThat(same.statusCode()).isEqualTo(200);
    assertThat(version(same)).isEqualTo(version(made));

    HttpResponse<byte[]> added = add("life/1", "brand", "Private");
    assertThat(added.statusCode()).isEqualTo(200);
    assertThat(data(added).at("/fields/brand").toString()).isEqualTo("[\"National\",\"Private\"]");
    assertThat(data(added).path("version").asLong()).isGreaterThan(read.path("version").asLong());
    assertThat(version(add("life/1", "brand", "National"))).isEqualTo(version(added));
    assertThat(ids("field.life.department=GROCERY&field.brand=Private")).containsExactly("life/1");

    assertThat(put("life/1", "{\"fields\":{\"x\":[]}}").statusCode()).isEqualTo(200);
    assertThat(data(served.get(path("life/1"))).path("fields")).isEmpty();
    assertThat(ids("field.life.department=GROCERY")).isEmpty();

    String last = version(served.get(path("life/1")));
    assertThat(delete("life/1").statusCode()).isEqualTo(204);
    assertProblem(served.get(path("life/1")), 404, "ERR_NOT_FOUND", null);
    HttpResponse<byte[]> anew = put("life/1", body);
    assertThat(anew.statusCode()).isEqualTo(201);
    assertThat(version(anew)).isGreaterThan(last);
  }

  @Test
  void preconditions_onTheVersion_holdOrRefuse() {
    HttpResponse<byte[]> made = put("pre", "{\"fields\":{}}", "If-None-Match", "*");
    assertThat(made.statusCode()).isEqualTo(201);
    String first = version(made);
    assertProblem(
        put("pre", "{\"fields\":{}}", "If-None-Match", "*"), 412, "ERR_PRECONDITION", null);
    assertThat(put("pre", "{\"fields\":{\"a\":\"b\"}}", "If-Match", first).statusCode())
        .isEqualTo(200);
    assertProblem(put("pre", "{\"fields\":{}}", "If-Match", first), 412, "ERR_PRECONDITION", null);
    assertProblem(delete("pre", "If-Match", first), 412, "ERR_PRECONDITION", null);
    assertProblem(delete("none", "If-Match", "*"), 412, "ERR_PRECONDITION", null);
    String now = version(served.get(path("pre")));
    assertThat(served.get(path("pre"), "If-None-Match", now).statusCode()).isEqualTo(304);
    assertThat(delete("pre", "If-Match", now).statusCode()).isEqualTo(204);
  }

  @Test
  void bodies_thatAreWrong_namedAndNothingStored() {
    List<String> wrong =
        List.of(
            "{}",
            "[]",
            "{\"fields\":[]}",
            "{\"fields\":{\"a\":1}}",
            "{\"fields\":{\"a\":null}}",
            "{\"fields\":{\"a\":[\"b\",2]}}",
            "{\"fields\":{\"a\":[[\"b\"]]}}",
            "{\"fields\":{},\"feilds\":{}}",
            "{\"fields\":{\"a\\u0000\":\"b\"}}",
            "{\"fields\":{\"a\":\"\\ud800\"}}");
    for (String body : wrong) {
      assertProblem(put("wrong", body), 422, "ERR_VALIDATION", null);
    }
    assertProblem(put("wrong", "{\"fields\":{\"a\":1,\"a\":2}}"), 400, "ERR_VALIDATION", null);
    assertProblem(put("wrong", ""), 400, "ERR_VALIDATION", null);
    assertProblem(served.get(path("wrong")), 404, "ERR_NOT_FOUND", null);
    assertProblem(
        served.post(path("wrong") + "/fields", "{\"name\":\"a\"}"), 422, "ERR_VALIDATION", "value");
    assertProblem(
        served.post(path("wrong") + "/fields", "{\"name\":\"a\",\"value\":[\"b\"]}"),
        422,
        "ERR_VALIDATION",
        "value");
  }

  private static String fields(int names, int valuesEach) {
    ObjectNode body = Served.JSON.createObjectNode();
    ObjectNode fields = body.putObject("fields");
    for (int n = 0; n < names; n++) {
      ArrayNode values = fields.putArray("name-" + n);
      IntStream.range(0, valuesEach).forEach(v -> values.add("value-" + v));
    }
    return body.toString();
  }

  @Test
  void limits_atThem_storedAndBeyond_refusedWhole() {
    assertThat(put("limits", fields(256, 4)).statusCode()).isEqualTo(201);
    JsonNode stored = data(served.get(path("limits")));
    assertThat(stored.path("fields")).hasSize(256);
    assertProblem(put("limits", fields(257, 1)), 422, "ERR_VALIDATION", "fields");
    assertProblem(put("limits", fields(5_000, 1)), 422, "ERR_VALIDATION", "fields");
    assertProblem(put("limits", fields(1, 1_025)), 422, "ERR_VALIDATION", "fields");
    assertProblem(add("limits", "name-0", "one more"), 422, "ERR_VALIDATION", "value");
    assertThat(data(served.get(path("limits")))).isEqualTo(stored);
    assertThat(put("limits", fields(1, 1_024)).statusCode()).isEqualTo(200);

    assertThat(put("names", fields(256, 1)).statusCode()).isEqualTo(201);
    assertProblem(add("names", "another", "value"), 422, "ERR_VALIDATION", "name");
    assertThat(add("names", "name-0", "another").statusCode()).isEqualTo(200);

    String longest = "é".repeat(2_048);
    assertThat(put("text", "{\"fields\":{}}").statusCode()).isEqualTo(201);
    assertThat(add("text", longest, longest).statusCode()).isEqualTo(200);
    assertProblem(add("text", "a", longest + "x"), 422, "ERR_VALIDATION", "value");
    assertProblem(add("text", longest + "x", "a"), 422, "ERR_VALIDATION", "name");
    assertThat(data(served.get(path("text"))).at("/fields").path(longest).path(0).asText())
        .isEqualTo(longest);
    assertProblem(put("i".repeat(129), "{\"fields\":{}}"), 422, "ERR_VALIDATION", "id");
    assertThat(put("\uD83D\uDE00".repeat(128), "{\"fields\":{}}").statusCode()).isEqualTo(201);
  }

  @Test
  void queries_thatAreWrong_refusedByName() {
    assertProblem(served.get("/v1/documents?feild.a=b"), 422, "ERR_VALIDATION", "feild.a");
    assertProblem(
        served.get("/v1/documents?field.a=b&field.a=c"), 422, "ERR_VALIDATION", "field.a");
    assertProblem(served.get("/v1/documents?limit=1001"), 422, "ERR_VALIDATION", "limit");
    assertProblem(served.get("/v1/documents?after=Zm9yZ2Vk"), 422, "ERR_VALIDATION", "after");
    assertProblem(served.get(path("x") + "?field.a=b"), 422, "ERR_VALIDATION", "field.a");
    assertThat(put("cursor-1", "{\"fields\":{\"cursor\":\"yes\"}}").statusCode()).isEqualTo(201);
    assertThat(put("cursor-2", "{\"fields\":{\"cursor\":\"yes\"}}").statusCode()).isEqualTo(201);
    String cursor =
        data(served.get("/v1/documents?field.cursor=yes&limit=1")).path("next").asText();
    assertThat(ids("field.cursor=yes&after=" + cursor)).containsExactly("cursor-2");
    assertProblem(served.get("/v1/customers?after=" + cursor), 422, "ERR_VALIDATION", "after");
    String tampered = cursor.substring(0, 3) + (cursor.charAt(3) == 'A' ? 'B' : 'A');
    assertProblem(
        served.get("/v1/documents?after=" + tampered + cursor.substring(4)),
        422,
        "ERR_VALIDATION",
        "after");
  }

  @Test
  void list_overAllPartitions_orderedByUtf8AndStableUnderWrites() {
    List<String> ids =
        new ArrayList<>(
            List.of("page-\uFFFD", "page-\uD83D\uDE00", "page-é", "page-Z", "page-a", "page-"));
    IntStream.range(0, 60).forEach(i -> ids.add("page-" + i));
    ids.forEach(id -> data(put(id, "{\"fields\":{\"list\":[\"pages\",\"x\"]}}")));
    ids.sort(Comparator.comparing(id -> id.getBytes(StandardCharsets.UTF_8), DocumentsTest::bytes));
    List<String> read = new ArrayList<>();
    String next = "";
    while (next != null) {
      JsonNode page = data(served.get("/v1/documents?field.list=pages&limit=7" + next));
      assertThat(page.path("count").asLong()).isBetween(66L, 67L);
      page.path("ids").forEach(i -> read.add(i.asText()));
      next = page.path("next").isNull() ? null : "&after=" + page.path("next").asText();
      if (read.size() == 14) {
        // What is written before the cursor moves nothing behind it.
        data(put("page-!", "{\"fields\":{\"list\":\"pages\"}}"));
      }
    }
    assertThat(read).isEqualTo(ids);
    assertThat(delete("page-!").statusCode()).isEqualTo(204);
    HttpResponse<byte[]> lines =
        served.get("/v1/documents?field.list=x&limit=11", "Accept", "application/x-ndjson");
    assertThat(new String(lines.body(), StandardCharsets.UTF_8).lines().toList())
        .isEqualTo(ids.stream().map(id -> "{\"id\":\"" + id + "\"}").toList());
  }

  private static int bytes(byte[] a, byte[] b) {
    return java.util.Arrays.compareUnsigned(a, b);
  }

  @Test
  void naughtyStrings_asNamesAndValues_comeBackByteForByte() throws IOException {
    JsonNode naughty = Served.JSON.readTree(Files.readAllBytes(SharedData.at("naughty/blns.json")));
    int refused = 0;
    int i = 0;
    for (JsonNode each : naughty) {
      String text = each.asText();
      ObjectNode body = Served.JSON.createObjectNode();
      body.putObject("fields").putArray(text).add(text).add("naughty " + i);
      HttpResponse<byte[]> put = put("naughty-" + i, body.toString());
      if (put.statusCode() == 422) {
        assertThat(text).contains("\0");
        refused++;
      } else {
        JsonNode fields = data(served.get(path("naughty-" + i))).path("fields");
        assertThat(fields).isEqualTo(body.path("fields"));
        // A whole string as a parameter must fit a URI.
        String query = "field." + encoded(text) + "=" + encoded("naughty " + i);
        if (query.length() < 12_000) {
          assertThat(ids(query)).as(text).containsExactly("naughty-" + i);
        }
      }
      i++;
    }
    assertThat(i).isGreaterThan(500);
    assertThat(refused).isLessThan(5);
  }

  @Test
  void ingest_linesOfDocuments_countedLikeOthersAndReplayed() {
    String lines =
        """
        {"type":"document","id":"in-1","fields":{"in":"gest","n":["1","2"]}}
        {"type":"document","id":"in-2","fields":{"in":"gest"}}
        {"type":"document","id":"in-1","fields":{"in":"gest","n":["1","2"]}}
        {"type":"document","id":"in-2","fields":{"in":"gest","n":"3"}}
        {"type":"document","id":"in-3","fields":{"in":3}}
        {"type":"document","fields":{}}
        {"type":"document","id":"in-4","fields":{},"color":"blue"}
        {"type":"purchase","customer_id":"doc-c","id":"p","sku":"s","quantity":1,"amount_minor":5}
        """;
    JsonNode report = data(ingest("/v1/ingest", "application/x-ndjson", lines));
    assertThat(report.path("lines").asInt()).isEqualTo(8);
    assertThat(report.path("accepted").asInt()).isEqualTo(4);
    assertThat(report.path("duplicates").asInt()).isEqualTo(1);
    assertThat(report.path("rejected").asInt()).isEqualTo(3);
    assertThat(report.path("customers_created").asInt()).isEqualTo(1);
    assertThat(data(served.get(path("in-2"))).at("/fields/n/0").asText()).isEqualTo("3");
    assertThat(ids("field.in=gest")).containsExactly("in-1", "in-2");

    String run = report.path("run").asText();
    JsonNode letters = data(served.get("/v1/dead-letters?run=" + run)).path("dead_letters");
    assertThat(letters).hasSize(3);
    assertThat(letters.path(0).path("derived_id").asText()).isEqualTo("document/in-3");
    String mended = "{\"type\":\"document\",\"id\":\"in-3\",\"fields\":{\"in\":\"gest\"}}";
    String letter = "/v1/dead-letters/" + letters.path(0).path("id").asLong();
    JsonNode replayed = data(ingest(letter + "/replay", "application/x-ndjson", mended));
    assertThat(replayed.path("accepted").asInt()).isEqualTo(1);
    assertProblem(served.get(letter), 404, "ERR_NOT_FOUND", null);
    assertThat(ids("field.in=gest")).containsExactly("in-1", "in-2", "in-3");
  }

  @Test
  void ingest_csvOfDocuments_mappedByItsProfile() {
    String csv =
        """
        product_id,manufacturer_id,department,brand,product_category,product_type,package_size
        csv-1,2,CSV,National,FRZN ICE,"ICE, ""CRUSHED""\",22 LB
        csv-2,2,CSV,National,,,
        ,2,CSV,National,,,
        csv-3,2,CSV
        """;
    String path = "/v1/ingest?profile=complete-journey-products";
    JsonNode report = data(ingest(path, "text/csv", csv));
    assertThat(report.path("accepted").asInt()).isEqualTo(2);
    assertThat(report.path("rejected").asInt()).isEqualTo(2);
    assertThat(data(served.get(path("csv-1"))).at("/fields/product_type/0").asText())
        .isEqualTo("ICE, \"CRUSHED\"");
    assertThat(data(served.get(path("csv-2"))).path("fields")).hasSize(3);
    JsonNode again = data(ingest(path, "text/csv", csv));
    assertThat(again.path("duplicates").asInt()).isEqualTo(2);
    assertThat(again.path("rejected").asInt()).isEqualTo(2);
    assertProblem(ingest(path, "text/csv", "product_id,brand\n1,x\n"), 422, "ERR_VALIDATION", null);
  }

  @Test
  void database_away_readsGoOnAndWritesAreRefusedRetryably() {
    data(put("away", "{\"fields\":{\"away\":\"before\"}}"));
    node.database.tell(new Database.Pause(node.ignoring()));
    try {
      HttpResponse<byte[]> refused = put("away", "{\"fields\":{\"away\":\"after\"}}");
      assertThat(refused.statusCode()).isEqualTo(503);
      assertThat(Served.tree(refused).path("retryable").asBoolean()).isTrue();
      assertThat(Served.tree(refused).path("outcome").asText()).isEqualTo("not_applied");
      assertThat(data(served.get(path("away"))).at("/fields/away/0").asText()).isEqualTo("before");
      assertThat(ids("field.away=before")).containsExactly("away");
    } finally {
      node.database.tell(new Database.Resume(node.ignoring()));
    }
    assertThat(put("away", "{\"fields\":{\"away\":\"after\"}}").statusCode()).isEqualTo(200);
    assertThat(ids("field.away=after")).containsExactly("away");
  }

  private static HttpResponse<byte[]> ingest(String path, String type, String body) {
    return served.send("POST", path, BodyPublishers.ofString(body), "Content-Type", type);
  }
}
