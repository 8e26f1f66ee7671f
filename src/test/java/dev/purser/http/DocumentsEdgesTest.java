package dev.purser.http;

import static dev.purser.http.EdgeTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.documents.DocumentChange;
import dev.purser.documents.Fields;
import dev.purser.ledger.Utf8;
import dev.purser.partitions.Partition;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Documents at the edges of what is allowed, through the whole of HTTP on a real database: odd
/// names in filters, cursors of all kinds, lists while others write, and memory that is full.
final class DocumentsEdgesTest {
  @TempDir private Path folder;

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static String path(String id) {
    return "/v1/documents/" + encoded(id);
  }

  private static JsonNode data(HttpResponse<byte[]> r) {
    assertThat(r.statusCode()).as(new String(r.body(), StandardCharsets.UTF_8)).isBetween(200, 299);
    return Served.tree(r).path("data");
  }

  private static HttpResponse<byte[]> put(Node node, String id, String name, String... values) {
    ObjectNode body = Served.JSON.createObjectNode();
    ArrayNode array = body.putObject("fields").putArray(name);
    List.of(values).forEach(array::add);
    return node.served.json("PUT", path(id), body.toString());
  }

  private static List<String> ids(Node node, String query) {
    List<String> ids = new ArrayList<>();
    data(node.served.get("/v1/documents?" + query)).path("ids").forEach(i -> ids.add(i.asText()));
    return ids;
  }

  private static HttpResponse<byte[]> delete(Node node, String id) {
    return node.served.send("DELETE", path(id), BodyPublishers.noBody());
  }

  private static long count(Node node, String query) {
    return data(node.served.get("/v1/documents?limit=1" + query)).path("count").asLong();
  }

  private static String[] values(String prefix, int n) {
    return IntStream.range(0, n).mapToObj(i -> prefix + i).toArray(String[]::new);
  }

  @Test
  void filters_ofOddNamesAndValues_findExactlyTheirDocuments() {
    List<String> odd =
        List.of(
            "",
            ".",
            "..",
            "a.b",
            "a",
            "A",
            "%",
            "%41",
            "a%2Fb",
            "a/b",
            "a=b",
            "a&b",
            "a+b",
            "a b",
            "*",
            "field.a",
            "é",
            "e\u0301",
            "\uD83D\uDE00",
            "\uFEFF",
            "\"",
            "\\",
            "'; --",
            "\t\n",
            "#",
            "?",
            "limit",
            "after",
            "\u202Ea",
            "null",
            "0");
    try (Node node = new Node(folder)) {
      for (int i = 0; i < odd.size(); i++) {
        assertThat(put(node, "odd-" + i, odd.get(i), odd.get(i)).statusCode()).isEqualTo(201);
      }
      for (int i = 0; i < odd.size(); i++) {
        String name = encoded(odd.get(i));
        String same = "field." + name + "=" + name;
        assertThat(ids(node, same)).as(same).containsExactly("odd-" + i);
        String next = encoded(odd.get((i + 1) % odd.size()));
        assertThat(ids(node, "field." + name + "=" + next)).as(same).isEmpty();
        assertThat(count(node, "&" + same)).isEqualTo(1);
        JsonNode read = data(node.served.get(path("odd-" + i))).path("fields");
        assertThat(read.path(odd.get(i)).path(0).asText()).isEqualTo(odd.get(i));
      }
      // As forms do: a plus is a blank, a parameter without a sign has the empty value.
      assertThat(ids(node, "field.a+b=a+b")).containsExactly("odd-13");
      assertThat(ids(node, "field.=&limit=5")).containsExactly("odd-0");
      assertThat(ids(node, "field.")).containsExactly("odd-0");
      assertProblem(node.served.get("/v1/documents?field=a"), 422, "ERR_VALIDATION", "field");
      assertProblem(
          node.served.get("/v1/documents?field.a=a&field.%61=a"), 422, "ERR_VALIDATION", "field.a");
      assertProblem(node.served.get("/v1/documents?limit=0"), 422, "ERR_VALIDATION", "limit");
      assertProblem(node.served.get("/v1/documents?field.%00=a"), 422, "ERR_VALIDATION", null);
      String tooLong = "x".repeat(4_097);
      assertThat(node.served.get("/v1/documents?field.a=" + tooLong).statusCode()).isEqualTo(422);
      assertThat(ids(node, "field.a=" + tooLong.substring(1))).isEmpty();
    }
  }

  @Test
  void cursors_forgedAreRefused_oldOnesGoOnWhereTheyStood() {
    String cursor;
    try (Node node = new Node(folder)) {
      for (String id : List.of("c1", "c2", "c3", "c4")) {
        assertThat(put(node, id, "c", "x").statusCode()).isEqualTo(201);
      }
      JsonNode page = data(node.served.get("/v1/documents?field.c=x&limit=2"));
      assertThat(page.path("count").asInt()).isEqualTo(4);
      cursor = page.path("next").asText();
      for (String forged :
          List.of(
              "",
              "*",
              "AAAA",
              "c2",
              "YzI",
              cursor + "A",
              cursor.substring(1),
              cursor + "=",
              "%00",
              "%F0%9F%98%80",
              "A".repeat(3_000))) {
        assertProblem(
            node.served.get("/v1/documents?after=" + forged), 422, "ERR_VALIDATION", "after");
        HttpResponse<byte[]> lines =
            node.served.get("/v1/documents?after=" + forged, "Accept", "application/x-ndjson");
        assertThat(lines.statusCode()).as(forged).isEqualTo(422);
      }
      // What it points at may go: the place stays.
      assertThat(delete(node, "c2").statusCode()).isEqualTo(204);
      assertThat(ids(node, "field.c=x&after=" + cursor)).containsExactly("c3", "c4");
    }
    try (Node node = new Node(folder)) {
      assertThat(ids(node, "field.c=x&after=" + cursor)).containsExactly("c3", "c4");
      assertThat(ids(node, "after=" + cursor + "&field.c=y")).isEmpty();
      JsonNode last = data(node.served.get("/v1/documents?limit=2&after=" + cursor));
      assertThat(last.path("next").isNull()).isTrue();
      assertThat(last.path("count").asInt()).isEqualTo(3);
    }
  }

  private static void load(Node node, int from, int to, String value) {
    List<List<DocumentChange>> parts = new ArrayList<>();
    IntStream.range(0, 256).forEach(_ -> parts.add(new ArrayList<>()));
    for (int i = from; i < to; i++) {
      byte[] fields = Fields.of(Map.of("s", List.of(value))).encoded();
      String id = "s%06d".formatted(i);
      parts.get(node.documents.partition(id)).add(new DocumentChange.Put(id, fields, null));
    }
    long deadline = System.currentTimeMillis() + 20_000;
    for (int p = 0; p < parts.size(); p++) {
      if (!parts.get(p).isEmpty()) {
        assertThat(
                node.documents
                    .apply(p, parts.get(p), true, deadline)
                    .toCompletableFuture()
                    .orTimeout(30, TimeUnit.SECONDS)
                    .join())
            .isInstanceOf(Partition.Reply.Applied.class);
      }
    }
  }

  @Test
  void stream_ofManyPages_whileDocumentsChange_showsEachThatStaysOnce() {
    try (Node node = new Node(folder)) {
      load(node, 0, 8_000, "x");
      AtomicBoolean over = new AtomicBoolean();
      // One in eight flickers: it goes and comes; one in eight loses and gets the value.
      CompletableFuture<Void> writer =
          CompletableFuture.runAsync(
              () -> {
                for (int round = 0; !over.get(); round++) {
                  int i = (round * 8) % 8_000;
                  String gone = "s%06d".formatted(i + 3);
                  if (delete(node, gone).statusCode() == 204) {
                    load(node, i + 3, i + 4, "x");
                  }
                  load(node, i + 5, i + 6, round % 2 == 0 ? "y" : "x");
                }
              });
      for (int reader = 0; reader < 4; reader++) {
        HttpResponse<byte[]> r =
            node.served.get("/v1/documents?field.s=x&limit=97", "Accept", "application/x-ndjson");
        List<String> seen =
            new String(r.body(), StandardCharsets.UTF_8)
                .lines()
                .map(l -> Served.tree(l.getBytes(StandardCharsets.UTF_8)).path("id").asText())
                .toList();
        assertThat(seen).doesNotHaveDuplicates().isSortedAccordingTo(Utf8::compare);
        Set<String> staying = new HashSet<>();
        for (int i = 0; i < 8_000; i++) {
          if (i % 8 != 3 && i % 8 != 5) {
            staying.add("s%06d".formatted(i));
          }
        }
        assertThat(new HashSet<>(seen)).containsAll(staying);
      }
      over.set(true);
      writer.orTimeout(30, TimeUnit.SECONDS).join();
    }
  }

  private static void assertFull(HttpResponse<byte[]> r) {
    assertProblem(r, 503, "ERR_OVERLOADED", null);
    assertThat(r.headers().firstValue("Retry-After")).isPresent();
    assertThat(Served.tree(r).path("retryable").asBoolean()).isTrue();
    assertThat(Served.tree(r).path("outcome").asText()).isEqualTo("not_applied");
  }

  @Test
  void pool_thatIsFull_refusesRetryablyAndStoresNothingByHalf() {
    String small = "purser.documents { pool-strings = 40, pool-bytes = 2 KiB }";
    try (Node node = new Node(folder, small)) {
      assertThat(put(node, "first", "a", values("v", 20)).statusCode()).isEqualTo(201);
      assertFull(put(node, "second", "b", values("w", 30)));
      assertProblem(node.served.get(path("second")), 404, "ERR_NOT_FOUND", null);
      JsonNode before = data(node.served.get(path("first")));
      assertFull(put(node, "first", "a", values("w", 30)));
      assertFull(put(node, "long", "b", "x".repeat(2_048)));
      assertThat(data(node.served.get(path("first")))).isEqualTo(before);
      assertThat(count(node, "")).isEqualTo(1);
      assertThat(count(node, "&field.b=w0")).isZero();
      assertThat(count(node, "&field.a=w0")).isZero();
      // Strings that are there cost nothing: any number of documents may share them.
      assertThat(put(node, "third", "a", values("v", 20)).statusCode()).isEqualTo(201);
      // 21 strings are held, so that 19 more fit; the last refusal leaves room for nothing less.
      for (int i = 0; i < 19; i++) {
        String body = "{\"name\":\"a\",\"value\":\"more-" + i + "\"}";
        assertThat(node.served.post(path("first") + "/fields", body).statusCode()).isEqualTo(200);
      }
      String beyond = "{\"name\":\"a\",\"value\":\"beyond\"}";
      assertFull(node.served.post(path("first") + "/fields", beyond));
      assertFull(node.served.post(path("third") + "/fields", beyond));
      assertThat(data(node.served.get(path("first"))).path("fields").path("a")).hasSize(39);
    }
    try (Node node = new Node(folder, small)) {
      assertThat(count(node, "&field.a=v7")).isEqualTo(2);
      assertFull(put(node, "second", "b", "new"));
      assertThat(delete(node, "first").statusCode()).isEqualTo(204);
      // What the deleted one alone had is free again.
      assertThat(put(node, "second", "b", values("n", 18)).statusCode()).isEqualTo(201);
    }
  }

  @Test
  void ingest_intoAFullPool_leavesLettersThatCanBeReplayed() {
    String small = "purser.documents { pool-strings = 10 }";
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 30; i++) {
      lines.append(
          "{\"type\":\"document\",\"id\":\"i%d\",\"fields\":{\"a\":\"v%d\"}}\n".formatted(i, i));
    }
    try (Node node = new Node(folder, small)) {
      JsonNode report =
          data(
              node.served.send(
                  "POST",
                  "/v1/ingest",
                  BodyPublishers.ofString(lines.toString()),
                  "Content-Type",
                  "application/x-ndjson"));
      assertThat(report.path("accepted").asInt()).isEqualTo(9);
      assertThat(report.path("rejected").asInt()).isEqualTo(21);
      assertThat(count(node, "")).isEqualTo(9);
      JsonNode letters =
          data(node.served.get("/v1/dead-letters?reason=overloaded")).path("dead_letters");
      assertThat(letters).hasSize(21);
      List<String> stored = ids(node, "limit=1000");
      stored.forEach(id -> assertThat(delete(node, id).statusCode()).isEqualTo(204));
      JsonNode replayed =
          data(
              node.served.send(
                  "POST", "/v1/dead-letters/replay?reason=overloaded", BodyPublishers.noBody()));
      assertThat(replayed.path("accepted").asInt()).isEqualTo(9);
      assertThat(count(node, "")).isEqualTo(9);
    }
  }

  @Test
  void partition_thatIsFull_refusesNewDocumentsAndKeepsChangingItsOwn() {
    String small = "purser.documents { partition-documents = 3, partitions.count = 1 }";
    try (Node node = new Node(folder, small)) {
      for (String id : List.of("p1", "p2", "p3")) {
        assertThat(put(node, id, "a", "b").statusCode()).isEqualTo(201);
      }
      assertFull(put(node, "p4", "a", "b"));
      assertThat(put(node, "p1", "a", "c").statusCode()).isEqualTo(200);
      assertThat(count(node, "")).isEqualTo(3);
      assertThat(delete(node, "p2").statusCode()).isEqualTo(204);
      assertThat(put(node, "p4", "a", "b").statusCode()).isEqualTo(201);
      assertThat(ids(node, "field.a=b")).containsExactly("p3", "p4");
    }
  }

  @Test
  void sizes_atTheEdges_roundTripAndBeyondAreRefusedWhole() {
    try (Node node = new Node(folder)) {
      String longest = "\uD83D\uDE00".repeat(1_024); // 4 KiB of UTF-8
      assertThat(put(node, "long", longest, longest, "").statusCode()).isEqualTo(201);
      JsonNode fields = data(node.served.get(path("long"))).path("fields");
      assertThat(fields.path(longest).path(0).asText()).isEqualTo(longest);
      assertThat(fields.path(longest).path(1).asText()).isEmpty();
      assertThat(put(node, "long", longest + "x", "a").statusCode()).isEqualTo(422);
      assertThat(put(node, "long", "a", longest + "x").statusCode()).isEqualTo(422);
      assertThat(data(node.served.get(path("long"))).path("fields")).isEqualTo(fields);
      // One more than may be, of which one is there twice, is as many as may be.
      String[] most = values("v", 1_025);
      most[1_024] = most[0];
      assertThat(put(node, "most", "a", most).statusCode()).isEqualTo(201);
      assertThat(data(node.served.get(path("most"))).path("fields").path("a")).hasSize(1_024);
      String known = "{\"name\":\"a\",\"value\":\"v7\"}";
      assertThat(node.served.post(path("most") + "/fields", known).statusCode()).isEqualTo(200);
      // A document of almost 1 MiB: beyond, the body is too large before it is judged.
      String[] heavy =
          IntStream.range(0, 250).mapToObj(i -> i + "x".repeat(4_000)).toArray(String[]::new);
      assertThat(put(node, "heavy", "a", heavy).statusCode()).isEqualTo(201);
      assertThat(ids(node, "field.a=" + heavy[249])).containsExactly("heavy");
      String[] heavier =
          IntStream.range(0, 270).mapToObj(i -> i + "x".repeat(4_000)).toArray(String[]::new);
      assertProblem(put(node, "heavier", "a", heavier), 413, "ERR_TOO_LARGE", null);
      assertProblem(node.served.get(path("heavier")), 404, "ERR_NOT_FOUND", null);
    }
  }
}
