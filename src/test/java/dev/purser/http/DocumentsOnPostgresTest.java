package dev.purser.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.database.DatabaseUrl;
import dev.purser.database.PostgresUrl;
import dev.purser.testing.Postgres;
import dev.purser.testing.SharedData;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/// The products into a real PostgreSQL server that crashes in the middle.
final class DocumentsOnPostgresTest {
  private final JsonNode truth = truth();

  private static JsonNode truth() {
    try {
      return Served.JSON.readTree(
          Files.readAllBytes(SharedData.at("completejourney/truth_products.json")));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static DatabaseUrl url(Postgres server, String database) {
    return new DatabaseUrl.OfServer(PostgresUrl.parse(server.url(database)));
  }

  private static HttpResponse<byte[]> load(Node node) {
    try {
      return node.served.send(
          "POST",
          "/v1/ingest?profile=complete-journey-products",
          BodyPublishers.ofByteArray(
              Files.readAllBytes(SharedData.at("completejourney/products.csv.gz"))),
          "Content-Type",
          "text/csv",
          "Content-Encoding",
          "gzip",
          "Accept",
          "application/x-ndjson");
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private static JsonNode summary(HttpResponse<byte[]> r) {
    List<String> events = new String(r.body(), StandardCharsets.UTF_8).lines().toList();
    JsonNode last = Served.tree(events.getLast().getBytes(StandardCharsets.UTF_8));
    assertThat(last.path("type").asText()).as(last.toString()).isEqualTo("summary");
    return last;
  }

  private static int count(Node node, String filter) {
    HttpResponse<byte[]> r = node.served.get("/v1/documents?limit=1" + filter);
    assertThat(r.statusCode()).isEqualTo(200);
    return Served.tree(r).at("/data/count").asInt();
  }

  private void assertTruth(Node node) {
    assertThat(count(node, "")).isEqualTo(truth.path("documents").asInt());
    assertThat(count(node, "&field.department=GROCERY"))
        .isEqualTo(truth.at("/department/GROCERY").asInt());
    assertThat(count(node, "&field.department=GROCERY&field.brand=National"))
        .isEqualTo(truth.path("department_and_brand").path("GROCERY|National").asInt());
  }

  @Test
  void server_crashesInTheMiddleOfAnIngest_theRunGoesOnAndCountsEqualTheTruth() {
    int all = truth.path("documents").asInt();
    try (Postgres server = Postgres.start(Map.of())) {
      DatabaseUrl url = url(server, server.freshDatabase());
      try (Node node = new Node(url, "")) {
        CompletableFuture<HttpResponse<byte[]>> load =
            CompletableFuture.supplyAsync(() -> load(node));
        while (count(node, "") < 10_000) {
          assertThat(load.isDone()).as("the crash comes too late").isFalse();
        }
        server.stop(Postgres.Stop.IMMEDIATE);
        // Memory goes on answering.
        assertThat(count(node, "&field.brand=National")).isPositive();
        server.startAgain();
        JsonNode report = summary(load.orTimeout(60, TimeUnit.SECONDS).join());
        // What was committed without its answer arriving may count as a duplicate.
        assertThat(report.path("accepted").asInt() + report.path("duplicates").asInt())
            .isEqualTo(all);
        assertTruth(node);
      }
      try (Node node = new Node(url, "")) {
        assertTruth(node);
      }
    }
  }
}
