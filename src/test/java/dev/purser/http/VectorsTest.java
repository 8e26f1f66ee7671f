package dev.purser.http;

import static dev.purser.http.EdgeTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.testing.SharedData;
import dev.purser.vectors.FloatBytes;
import java.io.IOException;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Vector spaces by the page for clients, on a whole node with a real database.
final class VectorsTest {
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

  private static String path(String space, String id) {
    return "/v1/vectors/" + encoded(space) + "/" + encoded(id);
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
  }

  private static HttpResponse<byte[]> put(String space, String id, float... vector) {
    return served.json("PUT", path(space, id), Arrays.toString(vector));
  }

  private static HttpResponse<byte[]> delete(String path) {
    return served.send("DELETE", path, BodyPublishers.noBody());
  }

  private static HttpResponse<byte[]> search(String space, String body) {
    return served.post("/v1/vectors/" + encoded(space) + "/search", body);
  }

  private static HttpResponse<byte[]> search(String space, float[] vector, String metric, int k) {
    ObjectNode body = Served.JSON.createObjectNode().put("k", k).put("metric", metric);
    for (float value : vector) {
      body.withArray("vector").add(value);
    }
    return search(space, body.toString());
  }

  private static List<String> ids(HttpResponse<byte[]> r) {
    List<String> ids = new ArrayList<>();
    data(r).path("results").forEach(n -> ids.add(n.path("id").asText()));
    return ids;
  }

  private static JsonNode ingest(String lines) {
    return data(
        served.send(
            "POST",
            "/v1/ingest",
            BodyPublishers.ofString(lines),
            "Content-Type",
            "application/x-ndjson"));
  }

  private static String line(String space, String id, float... vector) {
    ObjectNode line = Served.JSON.createObjectNode();
    line.put("type", "vector").put("space", space).put("id", id);
    for (float value : vector) {
      line.withArray("vector").add(value);
    }
    return line + "\n";
  }

  @Test
  void word2vec_loadedAsASpace_givesItsTruths() throws IOException {
    JsonNode words;
    try (var in =
        new GZIPInputStream(Files.newInputStream(SharedData.at("word2vec/wordvecs1000.json.gz")))) {
      words = Served.JSON.readTree(in);
    }
    StringBuilder lines = new StringBuilder();
    words
        .properties()
        .forEach(
            word -> {
              ObjectNode line = Served.JSON.createObjectNode();
              line.put("type", "vector").put("space", "words").put("id", word.getKey());
              line.set("vector", word.getValue());
              lines.append(line).append('\n');
            });
    JsonNode run = ingest(lines.toString());
    assertThat(run.path("accepted").asInt()).isEqualTo(words.size()).isGreaterThan(900);
    assertThat(ingest(lines.toString()).path("duplicates").asInt()).isEqualTo(words.size());

    JsonNode truths = Served.JSON.readTree(SharedData.at("word2vec/truth_top10_cos.json").toFile());
    assertThat(truths).isNotEmpty();
    for (Map.Entry<String, JsonNode> truth : truths.properties()) {
      int k = truth.getValue().size() + 1;
      JsonNode results =
          data(search("words", "{\"id\":\"" + truth.getKey() + "\",\"k\":" + k + "}"))
              .path("results");
      assertThat(results).hasSize(k);
      assertThat(results.path(0).path("id").asText()).isEqualTo(truth.getKey());
      for (int i = 0; i < k - 1; i++) {
        JsonNode found = results.path(i + 1);
        JsonNode wanted = truth.getValue().path(i);
        assertThat(found.path("id").asText()).isEqualTo(wanted.path(0).asText());
        assertThat(found.path("score").asDouble())
            .isCloseTo(wanted.path(1).asDouble(), within(1e-4));
      }
    }
    JsonNode queen = data(search("words", "{\"id\":\"king\",\"k\":2}")).path("results").path(1);
    assertThat(queen.path("id").asText()).isEqualTo("queen");
    assertThat(queen.path("score").asDouble()).isCloseTo(0.5157, within(1e-4));
  }

  @Test
  void vector_wholeLife_asTheContractSays() {
    assertProblem(served.get(path("life", "a/1")), 404, "ERR_NOT_FOUND", null);
    assertProblem(delete(path("life", "a/1")), 404, "ERR_NOT_FOUND", null);
    assertProblem(served.get("/v1/vectors/life"), 404, "ERR_NOT_FOUND", null);
    assertProblem(search("life", "{\"vector\":[1]}"), 404, "ERR_NOT_FOUND", null);

    HttpResponse<byte[]> made = put("life", "a/1", 0.1f, -2, 3e-40f);
    assertThat(made.statusCode()).isEqualTo(201);
    assertThat(made.headers().firstValue("Location")).hasValue("/v1/vectors/life/a%2F1");
    JsonNode read = data(served.get(path("life", "a/1")));
    assertThat(read.path("space").asText()).isEqualTo("life");
    assertThat(read.path("id").asText()).isEqualTo("a/1");
    assertThat(read.path("vector").path(0).floatValue()).isEqualTo(0.1f);
    assertThat(read.path("vector").path(2).floatValue()).isEqualTo(3e-40f);
    assertThat(put("life", "a/1", 0.1f, -2, 3e-40f).statusCode()).isEqualTo(200);
    assertThat(put("life", "a/1", 1, 2, 3).statusCode()).isEqualTo(200);
    assertThat(data(served.get(path("life", "a/1"))).path("vector").toString())
        .isEqualTo("[1.0,2.0,3.0]");
    assertThat(data(served.get("/v1/vectors/life")).toString())
        .isEqualTo("{\"name\":\"life\",\"dimension\":3,\"count\":1}");

    assertThat(delete(path("life", "a/1")).statusCode()).isEqualTo(204);
    assertProblem(served.get(path("life", "a/1")), 404, "ERR_NOT_FOUND", null);
    assertProblem(search("life", "{\"id\":\"a/1\"}"), 404, "ERR_NOT_FOUND", null);
    assertThat(data(served.get("/v1/vectors/life")).path("count").asInt()).isZero();
    // The space keeps its dimension.
    assertProblem(put("life", "b", 1, 2), 422, "ERR_VALIDATION", "vector");
    assertThat(ids(search("life", "{\"vector\":[1,2,3]}"))).isEmpty();
  }

  @Test
  void bytes_littleEndian_areAVectorToo() {
    float[] values = {1.5f, -0.0f, Float.MIN_VALUE, Float.MAX_VALUE};
    HttpResponse<byte[]> made =
        served.send(
            "PUT",
            path("bytes", "a"),
            BodyPublishers.ofByteArray(FloatBytes.encoded(values)),
            "Content-Type",
            "application/octet-stream");
    assertThat(made.statusCode()).isEqualTo(201);
    JsonNode read = data(served.get(path("bytes", "a"))).path("vector");
    for (int i = 0; i < values.length; i++) {
      assertThat(read.path(i).floatValue()).isEqualTo(values[i]);
    }
    for (byte[] wrong :
        List.of(
            new byte[0],
            new byte[7],
            FloatBytes.encoded(new float[] {1, Float.NaN}),
            new byte[4 * 4097])) {
      assertProblem(
          served.send(
              "PUT",
              path("bytes", "b"),
              BodyPublishers.ofByteArray(wrong),
              "Content-Type",
              "application/octet-stream"),
          422,
          "ERR_VALIDATION",
          "body");
    }
    assertThat(data(served.get("/v1/vectors/bytes")).path("count").asInt()).isEqualTo(1);
  }

  @Test
  void firstVector_withoutRoom_makesNoSpace(@TempDir Path own) {
    try (Node small = new Node(own, "purser.spaces.memory = 1 MiB")) {
      String large = Arrays.toString(new float[4_096]);
      int stored = 0;
      while (small.served.json("PUT", path("large", "v" + stored), large).statusCode() == 201) {
        stored++;
      }
      assertThat(stored).isPositive();
      assertProblem(
          small.served.json("PUT", path("other", "a"), large), 503, "ERR_OVERLOADED", null);
      assertProblem(small.served.get("/v1/vectors/other"), 404, "ERR_NOT_FOUND", null);
      assertThat(data(small.served.get("/v1/vectors/large")).path("count").asInt())
          .isEqualTo(stored);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "7", "[\"1\"]", "[1,null]", "[[1]]", "[1e39]", "[-1e39]", "true"})
  void body_thatIsNoVector_isRefused(String body) {
    assertProblem(served.json("PUT", path("wrong", "a"), body), 422, "ERR_VALIDATION", "body");
    assertProblem(served.get("/v1/vectors/wrong"), 404, "ERR_NOT_FOUND", null);
  }

  @ParameterizedTest
  @ValueSource(strings = {"{}", "{\"vector\":null}", "{\"space\":\"wrong\",\"id\":\"a\"}"})
  void object_withoutAVector_isRefused(String body) {
    assertProblem(served.json("PUT", path("wrong", "a"), body), 422, "ERR_VALIDATION", "vector");
    assertProblem(served.get("/v1/vectors/wrong"), 404, "ERR_NOT_FOUND", null);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[NaN]", "[Infinity]", "[1", "[1] x", "[01]"})
  void body_thatIsNotJson_isMalformed(String body) {
    assertProblem(served.json("PUT", path("wrong", "a"), body), 400, "ERR_VALIDATION", null);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {}                                  | vector
          {"vector":[1,2],"id":"a"}           | vector
          {"vector":[1]}                      | vector
          {"vector":[1,"2"]}                  | vector
          {"vector":[1,2],"k":0}              | k
          {"vector":[1,2],"k":1001}           | k
          {"vector":[1,2],"k":1.5}            | k
          {"vector":[1,2],"metric":"manhattan"} | metric
          {"vector":[1,2],"metric":"COSINE"}  | metric
          {"vector":[1,2],"limit":5}          | limit
          {"id":7}                            | id
          [1,2]                               | body
          """)
  void search_thatIsWrong_isRefusedByField(String body, String field) {
    put("asked", "a", 1, 2);
    assertProblem(search("asked", body), 422, "ERR_VALIDATION", field);
  }

  @Test
  void taste_ofTheService_isReadOnly() {
    assertProblem(put("taste", "a", 1), 403, "ERR_FORBIDDEN", null);
    assertProblem(delete(path("taste", "a")), 403, "ERR_FORBIDDEN", null);
    assertProblem(delete("/v1/vectors/taste"), 403, "ERR_FORBIDDEN", null);
    JsonNode run = ingest(line("taste", "a", 1));
    assertThat(run.path("rejected").asInt()).isEqualTo(1);
    assertThat(run.at("/first_errors/0/message").asText()).contains("taste");
  }

  @Test
  void lines_ofVectors_areJudgedOneByOne() {
    String lines =
        line("lines", "a", 1, 2)
            + line("lines", "b", 1, 2, 3)
            + "{\"type\":\"vector\",\"space\":\"lines\",\"id\":\"c\"}\n"
            + "{\"type\":\"vector\",\"space\":\"lines\",\"id\":\"d\",\"vector\":[1,1e999]}\n"
            + "{\"type\":\"vector\",\"space\":\"lines\",\"id\":\"e\",\"vector\":[1,2],\"x\":1}\n"
            + line("lines", "a", 3, 4)
            + line("lines", "f", 5, 6);
    JsonNode run = ingest(lines);
    assertThat(run.path("accepted").asInt()).isEqualTo(3);
    assertThat(run.path("rejected").asInt()).isEqualTo(4);
    assertThat(data(served.get(path("lines", "a"))).path("vector").toString())
        .isEqualTo("[3.0,4.0]");
    assertThat(data(served.get("/v1/vectors/lines")).path("count").asInt()).isEqualTo(2);
  }

  /// One owner decides a space's dimension, however many first vectors come at once.
  @Test
  void dimension_ofFirstVectorsAtOnce_isDecidedOnce() throws Exception {
    for (int round = 0; round < 5; round++) {
      String space = "race-" + round;
      List<Callable<HttpResponse<byte[]>>> puts = new ArrayList<>();
      for (int i = 0; i < 24; i++) {
        String id = "id-" + i;
        float[] vector = new float[1 + i % 3];
        puts.add(() -> put(space, id, vector));
      }
      int stored = 0;
      for (HttpResponse<byte[]> answer : together(puts)) {
        assertThat(answer.statusCode()).isIn(201, 422);
        stored += answer.statusCode() == 201 ? 1 : 0;
      }
      assertThat(stored).isEqualTo(8);
      assertThat(data(served.get("/v1/vectors/" + space)).path("count").asInt()).isEqualTo(8);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"cosine", "dot", "euclidean"})
  void search_ofRandomVectors_equalsBruteForce(String metric) {
    Random random = new Random(metric.hashCode());
    Map<String, float[]> vectors = new TreeMap<>();
    StringBuilder lines = new StringBuilder();
    String space = "random-" + metric;
    for (int i = 0; i < 400; i++) {
      // Few values, so that many scores are equal and ids decide.
      float[] vector = new float[5];
      for (int n = 0; n < 5; n++) {
        vector[n] = random.nextInt(3) - 1;
      }
      vectors.put("id-" + i, vector);
      lines.append(line(space, "id-" + i, vector));
    }
    ingest(lines.toString());
    for (int k : new int[] {1, 37, 1_000}) {
      float[] query = {1, 0, 2, -1, 1};
      List<String> expected =
          vectors.entrySet().stream()
              .sorted(Comparator.comparingDouble(e -> -score(query, e.getValue(), metric)))
              .limit(k)
              .map(Map.Entry::getKey)
              .toList();
      HttpResponse<byte[]> found = search(space, query, metric, k);
      assertThat(ids(found)).isEqualTo(expected);
      for (JsonNode result : data(found).path("results")) {
        double score = score(query, vectors.get(result.path("id").asText()), metric);
        assertThat(result.path("score").asDouble())
            .isCloseTo(metric.equals("euclidean") ? Math.sqrt(-score) : score, within(1e-12));
      }
    }
  }

  /// The greatest is the best, whatever the metric; equal ones are equal to the last bit.
  private static double score(float[] a, float[] b, String metric) {
    double dot = 0;
    double aa = 0;
    double bb = 0;
    double distance = 0;
    for (int i = 0; i < a.length; i++) {
      dot += a[i] * b[i];
      aa += a[i] * a[i];
      bb += b[i] * b[i];
      distance += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return switch (metric) {
      case "cosine" -> bb == 0 ? 0 : dot / Math.sqrt(aa * bb);
      case "dot" -> dot;
      default -> -distance;
    };
  }

  /// What is acknowledged is found, and what is deleted is not, while others write and search.
  @Test
  void vectors_acknowledged_areFoundAtOnce() throws Exception {
    put("busy", "zero", 0, 0);
    List<Callable<HttpResponse<byte[]>>> callers = new ArrayList<>();
    for (int caller = 0; caller < 8; caller++) {
      int own = caller;
      callers.add(
          () -> {
            HttpResponse<byte[]> last = null;
            for (int i = 0; i < 25; i++) {
              String id = "id-" + own + "-" + i;
              float[] vector = {own + 1, i + 0.5f};
              assertThat(put("busy", id, vector).statusCode()).isEqualTo(201);
              last = search("busy", vector, "euclidean", 1);
              assertThat(ids(last)).containsExactly(id);
              if (i % 3 == 0) {
                assertThat(delete(path("busy", id)).statusCode()).isEqualTo(204);
                assertThat(ids(search("busy", vector, "euclidean", 1_000))).doesNotContain(id);
              }
            }
            return last;
          });
    }
    assertThat(together(callers)).hasSize(8);
    int left = 8 * 25 - 8 * 9 + 1;
    assertThat(data(served.get("/v1/vectors/busy")).path("count").asInt()).isEqualTo(left);
  }

  @Test
  void space_deleted_leavesNothingBehind() {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 1_700; i++) {
      lines.append(line("dropped", "id-" + i, i, 1));
    }
    assertThat(ingest(lines.toString()).path("accepted").asInt()).isEqualTo(1_700);
    assertThat(delete("/v1/vectors/dropped").statusCode()).isEqualTo(204);
    assertProblem(delete("/v1/vectors/dropped"), 404, "ERR_NOT_FOUND", null);
    assertProblem(served.get("/v1/vectors/dropped"), 404, "ERR_NOT_FOUND", null);
    assertProblem(served.get(path("dropped", "id-1")), 404, "ERR_NOT_FOUND", null);

    assertThat(put("dropped", "id-1", 1, 2, 3).statusCode()).isEqualTo(201);
    assertThat(data(served.get("/v1/vectors/dropped")).toString())
        .isEqualTo("{\"name\":\"dropped\",\"dimension\":3,\"count\":1}");
    assertThat(ids(search("dropped", "{\"vector\":[1,1,1],\"k\":1000}"))).containsExactly("id-1");
  }

  @Test
  void spaces_afterARestart_areAsTheyWere(@TempDir Path own) {
    try (Node first = new Node(own)) {
      Served before = served;
      served = first.served;
      try {
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < 3_000; i++) {
          lines.append(line("kept", "id-" + i, i, 1));
          lines.append(line("\u00e9/\ud83d\ude00", "id-" + i, 1, i, 2));
        }
        ingest(lines.toString());
        delete(path("kept", "id-7"));
        put("kept", "id-8", 7, 1);
      } finally {
        served = before;
      }
    }
    try (Node second = new Node(own)) {
      Served before = served;
      served = second.served;
      try {
        assertThat(data(served.get("/v1/vectors")).path("spaces").toString())
            .isEqualTo(
                "[{\"name\":\"kept\",\"dimension\":2,\"count\":2999},"
                    + "{\"name\":\"\u00e9/\ud83d\ude00\",\"dimension\":3,\"count\":3000}]");
        assertThat(ids(search("kept", new float[] {7, 1}, "euclidean", 3)))
            .containsExactly("id-8", "id-6", "id-5");
        assertProblem(put("kept", "x", 1), 422, "ERR_VALIDATION", "vector");
        assertThat(put("kept", "id-9", 0, 0).statusCode()).isEqualTo(200);
      } finally {
        served = before;
      }
    }
  }

  private static <T> List<T> together(List<Callable<T>> calls) throws Exception {
    List<T> answers = new ArrayList<>();
    try (ExecutorService threads = Executors.newFixedThreadPool(calls.size())) {
      for (Future<T> answer : threads.invokeAll(calls)) {
        answers.add(answer.get());
      }
    }
    return answers;
  }
}
