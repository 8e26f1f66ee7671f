package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.testing.SharedData;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Documents of a process that is killed: what was acknowledged is there, found by its fields, and
/// nothing is there by half.
final class DocumentsKilledIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int CLIENTS = 8;

  @TempDir private Path data;
  private final HttpClient http = HttpClient.newHttpClient();
  private final Map<String, Long> acknowledged = new ConcurrentHashMap<>();
  private final AtomicInteger ids = new AtomicInteger();

  @Test
  void kill_whileDocumentsArePut_everyAcknowledgedOneIsThere() throws Exception {
    for (int round = 0; round < 2; round++) {
      try (PurserProcess server = PurserProcess.serve(data, Map.of())) {
        int before = ids.get();
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
          for (int i = 0; i < CLIENTS; i++) {
            clients.submit(() -> putUntilItDies(server));
          }
          while (ids.get() < before + 800) {
            Thread.onSpinWait();
          }
          server.kill();
        }
      }
    }
    try (PurserProcess server = PurserProcess.serve(data, Map.of())) {
      assertThat(acknowledged).hasSizeGreaterThan(800);
      for (Map.Entry<String, Long> each : acknowledged.entrySet()) {
        JsonNode document = get(server, "/v1/documents/" + each.getKey());
        assertThat(document.get("version").asLong()).isEqualTo(each.getValue());
        assertThat(document.at("/fields/n/0").asText()).isEqualTo(each.getKey());
        assertThat(document.at("/fields/n/1").asText()).isEqualTo("second");
      }
      JsonNode list = get(server, "/v1/documents?field.n=second");
      // At most those that were on their way are there without having been acknowledged.
      assertThat(list.get("count").asInt())
          .isBetween(acknowledged.size(), acknowledged.size() + 2 * CLIENTS);
    }
  }

  @Test
  void kill_inTheMiddleOfAnIngest_andAgainFromTheStart_countsEqualTheTruth() throws Exception {
    byte[] products = Files.readAllBytes(SharedData.at("completejourney/products.csv.gz"));
    JsonNode truth =
        JSON.readTree(Files.readAllBytes(SharedData.at("completejourney/truth_products.json")));
    int all = truth.get("documents").asInt();
    int stored = 0;
    for (int round = 0; round < 2; round++) {
      try (PurserProcess server = PurserProcess.serve(data, Map.of())) {
        assertThat(count(server, "")).isGreaterThanOrEqualTo(stored);
        CompletableFuture<HttpResponse<String>> load =
            http.sendAsync(ingest(server, products), HttpResponse.BodyHandlers.ofString());
        stored = count(server, "") + 10_000;
        while (count(server, "") < stored) {
          assertThat(load.isDone()).as("the kill comes too late").isFalse();
        }
        server.kill();
        assertThat(load.handle((_, failure) -> failure).join()).isNotNull();
      }
    }
    try (PurserProcess server = PurserProcess.serve(data, Map.of())) {
      int before = count(server, "");
      assertThat(before).isBetween(stored, all - 1);
      HttpResponse<String> answer =
          http.send(ingest(server, products), HttpResponse.BodyHandlers.ofString());
      JsonNode report = JSON.readTree(answer.body()).get("data");
      assertThat(report.get("duplicates").asInt()).isEqualTo(before);
      assertThat(report.get("accepted").asInt()).isEqualTo(all - before);
      assertThat(count(server, "")).isEqualTo(all);
      assertThat(count(server, "&field.department=GROCERY"))
          .isEqualTo(truth.at("/department/GROCERY").asInt());
      assertThat(count(server, "&field.department=GROCERY&field.brand=National"))
          .isEqualTo(truth.get("department_and_brand").get("GROCERY|National").asInt());
    }
  }

  private static HttpRequest ingest(PurserProcess server, byte[] products) {
    return HttpRequest.newBuilder(server.uri("/v1/ingest?profile=complete-journey-products"))
        .header("Content-Type", "text/csv")
        .header("Content-Encoding", "gzip")
        .POST(HttpRequest.BodyPublishers.ofByteArray(products))
        .build();
  }

  private int count(PurserProcess server, String filter) throws Exception {
    return get(server, "/v1/documents?limit=1" + filter).get("count").asInt();
  }

  private void putUntilItDies(PurserProcess server) {
    try {
      while (true) {
        String id = "d" + ids.incrementAndGet();
        String body = "{\"fields\":{\"n\":[\"" + id + "\",\"second\"]}}";
        HttpResponse<String> answer =
            http.send(
                HttpRequest.newBuilder(server.uri("/v1/documents/" + id))
                    .header("Content-Type", "application/json")
                    .PUT(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() == 201) {
          acknowledged.put(id, JSON.readTree(answer.body()).at("/data/version").asLong());
        }
      }
    } catch (IOException | InterruptedException _) {
      // The server is dead: that is what the test does to it.
    }
  }

  private JsonNode get(PurserProcess server, String path) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(server.uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body()).get("data");
  }
}
