package dev.purser.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.documents.Document;
import dev.purser.testing.SharedData;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URLEncoder;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The 92,331 products of a grocer, through the bulk lane and back, before and after a restart.
final class ProductsTest {
  @TempDir private Path folder;

  @Test
  void products_loaded_countedReadBackAndThereAfterARestart() throws IOException {
    Path file = SharedData.at("completejourney/products.csv.gz");
    JsonNode truth =
        Served.JSON.readTree(
            Files.readAllBytes(SharedData.at("completejourney/truth_products.json")));
    Map<String, Map<String, List<String>>> lines = lines(file);
    assertThat(lines).hasSize(truth.path("documents").asInt());
    try (Node node = new Node(folder)) {
      JsonNode report = load(node, file);
      assertThat(report.path("accepted").asInt()).isEqualTo(lines.size());
      assertThat(report.path("rejected").asInt()).isZero();
      assertCounts(node, truth);
      assertReadBack(node, lines);
    }
    try (Node node = new Node(folder)) {
      assertCounts(node, truth);
      assertReadBack(node, lines);
      assertThat(load(node, file).path("duplicates").asInt()).isEqualTo(lines.size());
    }
  }

  private static JsonNode load(Node node, Path file) throws IOException {
    HttpResponse<byte[]> r =
        node.served.send(
            "POST",
            "/v1/ingest?profile=complete-journey-products",
            BodyPublishers.ofByteArray(Files.readAllBytes(file)),
            "Content-Type",
            "text/csv",
            "Content-Encoding",
            "gzip",
            "Accept",
            "application/x-ndjson");
    List<String> events = new String(r.body(), StandardCharsets.UTF_8).lines().toList();
    JsonNode last = Served.tree(events.getLast().getBytes(StandardCharsets.UTF_8));
    assertThat(last.path("type").asText()).as(last.toString()).isEqualTo("summary");
    return last;
  }

  private static void assertCounts(Node node, JsonNode truth) {
    assertThat(count(node, "")).isEqualTo(truth.path("documents").asLong());
    truth
        .path("department")
        .properties()
        .forEach(
            e ->
                assertThat(count(node, "&field.department=" + encoded(e.getKey())))
                    .as(e.getKey())
                    .isEqualTo(e.getValue().asLong()));
    truth
        .path("department_and_brand")
        .properties()
        .forEach(
            e -> {
              String[] both = e.getKey().split("\\|", -1);
              String query =
                  "&field.department=" + encoded(both[0]) + "&field.brand=" + encoded(both[1]);
              assertThat(count(node, query)).as(e.getKey()).isEqualTo(e.getValue().asLong());
            });
  }

  private static long count(Node node, String filter) {
    HttpResponse<byte[]> r = node.served.get("/v1/documents?limit=1" + filter);
    assertThat(r.statusCode()).isEqualTo(200);
    return Served.tree(r).at("/data/count").asLong();
  }

  private static void assertReadBack(Node node, Map<String, Map<String, List<String>>> lines) {
    List<String> ids = List.copyOf(lines.keySet());
    for (int from = 0; from < ids.size(); from += 1_000) {
      List<CompletionStage<Optional<Document>>> reads = new ArrayList<>();
      List<String> some = ids.subList(from, Math.min(ids.size(), from + 1_000));
      for (String id : some) {
        reads.add(node.documents.get(id, System.currentTimeMillis() + 60_000));
      }
      for (int i = 0; i < some.size(); i++) {
        Document read = join(reads.get(i)).orElseThrow();
        assertThat(read.fields().toMap()).as(some.get(i)).isEqualTo(lines.get(some.get(i)));
      }
    }
  }

  private static <T> T join(CompletionStage<T> stage) {
    CompletableFuture<T> future = stage.toCompletableFuture();
    return future.orTimeout(60, TimeUnit.SECONDS).join();
  }

  private static String encoded(String text) {
    return URLEncoder.encode(text, StandardCharsets.UTF_8);
  }

  /// Id to fields of each line, by a reader of CSV that knows quotes and nothing else.
  private static Map<String, Map<String, List<String>>> lines(Path file) throws IOException {
    Map<String, Map<String, List<String>>> lines = new LinkedHashMap<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(Files.newInputStream(file)), StandardCharsets.UTF_8))) {
      List<String> header = split(reader.readLine());
      for (String line = reader.readLine(); line != null; line = reader.readLine()) {
        List<String> values = split(line);
        Map<String, List<String>> fields = new TreeMap<>();
        for (int i = 1; i < values.size(); i++) {
          if (!values.get(i).isEmpty()) {
            fields.put(header.get(i), List.of(values.get(i)));
          }
        }
        lines.put(values.getFirst(), fields);
      }
    }
    return lines;
  }

  private static List<String> split(String line) {
    List<String> values = new ArrayList<>();
    StringBuilder value = new StringBuilder();
    boolean quoted = false;
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c == '"' && quoted && i + 1 < line.length() && line.charAt(i + 1) == '"') {
        value.append(c);
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        values.add(value.toString());
        value.setLength(0);
      } else {
        value.append(c);
      }
    }
    values.add(value.toString());
    return values;
  }
}
