package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Deletions of many rows in a process that is killed: they are invisible from their beginning, and
/// the next process finishes them without being asked.
final class DeletionKilledIT {
  private static final int PURCHASES = 40_000;
  private static final int VECTORS = 20_000;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  @TempDir private Path data;
  private final HttpClient http = HttpClient.newHttpClient();

  @Test
  void kill_whileACustomerAndASpaceAreDeleted_theNextProcessFinishesBoth() throws Exception {
    try (PurserProcess server = PurserProcess.serve(data, Map.of())) {
      load(server);
      for (String path : new String[] {"/v1/customers/ada", "/v1/vectors/s"}) {
        var _ =
            http.sendAsync(
                HttpRequest.newBuilder(server.uri(path)).DELETE().build(),
                HttpResponse.BodyHandlers.discarding());
      }
      await(() -> status(server, "/v1/customers/ada") == 404);
      await(() -> status(server, "/v1/vectors/s") == 404);
      server.kill();
    }
    assertThat(rows("purchases WHERE customer = 'ada'")).isPositive();
    assertThat(rows("records WHERE collection = 'vectors'")).isPositive();
    try (PurserProcess server = PurserProcess.serve(data, Map.of())) {
      assertThat(status(server, "/v1/customers/ada")).isEqualTo(404);
      assertThat(status(server, "/v1/vectors/s")).isEqualTo(404);
      await(() -> rows("purchases WHERE customer = 'ada'") == 0);
      await(() -> rows("records WHERE collection IN ('vectors', 'spaces')") == 0);
      String purchase = "{\"id\":\"1\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":5}";
      await(() -> send(server, "POST", "/v1/customers/ada/purchases", purchase) == 201);
      assertThat(send(server, "PUT", "/v1/vectors/s/v1", "[1,2]")).isEqualTo(201);
    }
  }

  private void load(PurserProcess server) throws Exception {
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < PURCHASES; i++) {
      lines
          .append("{\"type\":\"purchase\",\"customer_id\":\"ada\",\"id\":\"")
          .append(i)
          .append("\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":5}\n");
    }
    for (int i = 0; i < VECTORS; i++) {
      lines
          .append("{\"type\":\"vector\",\"space\":\"s\",\"id\":\"")
          .append(i)
          .append("\",\"vector\":[1,2,3]}\n");
    }
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(server.uri("/v1/ingest"))
                .header("Content-Type", "application/x-ndjson")
                .POST(HttpRequest.BodyPublishers.ofString(lines.toString()))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.body()).contains("\"accepted\":" + (PURCHASES + VECTORS));
  }

  /// Something that needs some time.
  private interface Condition {
    boolean holds() throws Exception;
  }

  private static void await(Condition condition) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.holds()) {
      assertThat(System.nanoTime()).as("still not so").isLessThan(end);
    }
  }

  private long rows(String from) throws Exception {
    try (Connection connection =
            DriverManager.getConnection("jdbc:sqlite:" + data.resolve("purser.db"));
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT count(*) FROM " + from)) {
      return row.getLong(1);
    }
  }

  private int status(PurserProcess server, String path) throws Exception {
    return http.send(
            HttpRequest.newBuilder(server.uri(path)).build(),
            HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }

  private int send(PurserProcess server, String method, String path, String body) throws Exception {
    return http.send(
            HttpRequest.newBuilder(server.uri(path))
                .header("Content-Type", "application/json")
                .method(method, HttpRequest.BodyPublishers.ofString(body))
                .build(),
            HttpResponse.BodyHandlers.discarding())
        .statusCode();
  }
}
