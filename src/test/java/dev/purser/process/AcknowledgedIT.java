package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Nothing acknowledged is lost when the process is killed, and no customer is applied by half.
final class AcknowledgedIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int CLIENTS = 16;
  private static final int CUSTOMERS = 40;

  @TempDir private Path data;
  private final HttpClient http = HttpClient.newHttpClient();

  /// What was acknowledged: customer to purchase ids.
  private final Map<String, ConcurrentLinkedQueue<String>> acknowledged = new ConcurrentHashMap<>();

  private final AtomicInteger ids = new AtomicInteger();

  @Test
  void kill_whileSinglePurchasesArePosted_everyAcknowledgedOneIsThere() throws Exception {
    for (int round = 0; round < 3; round++) {
      try (PurserProcess server = PurserProcess.serve(data, Map.of())) {
        int before = ids.get();
        try (ExecutorService clients = Executors.newFixedThreadPool(CLIENTS)) {
          for (int i = 0; i < CLIENTS; i++) {
            clients.submit(() -> postUntilItDies(server));
          }
          while (ids.get() < before + 1_500) {
            Thread.onSpinWait();
          }
          server.kill();
        }
      }
    }
    try (PurserProcess server = PurserProcess.serve(data, Map.of())) {
      assertThat(acknowledged).hasSize(CUSTOMERS);
      for (String customer : acknowledged.keySet()) {
        check(server, customer);
      }
    }
  }

  private void postUntilItDies(PurserProcess server) {
    try {
      while (true) {
        int n = ids.incrementAndGet();
        String customer = "c" + n % CUSTOMERS;
        String body =
            "{\"id\":\"p" + n + "\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":" + n + "}";
        HttpResponse<String> answer =
            http.send(
                HttpRequest.newBuilder(server.uri("/v1/customers/" + customer + "/purchases"))
                    .header("Content-Type", "application/json")
                    .POST(HttpRequest.BodyPublishers.ofString(body))
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        if (answer.statusCode() == 201) {
          acknowledged.computeIfAbsent(customer, _ -> new ConcurrentLinkedQueue<>()).add("p" + n);
        }
      }
    } catch (IOException | InterruptedException _) {
      // The server is dead: that is what the test does to it.
    }
  }

  private void check(PurserProcess server, String customer) throws Exception {
    long gross = 0;
    List<String> stored = new ArrayList<>();
    String query = "?limit=1000";
    String after = "";
    while (after != null) {
      JsonNode page = get(server, "/v1/customers/" + customer + "/purchases" + query + after);
      for (JsonNode purchase : page.get("purchases")) {
        stored.add(purchase.get("id").asText());
        gross += purchase.get("amount_minor").asLong();
      }
      JsonNode next = page.get("next");
      after = next.isNull() ? null : "&after=" + next.asText();
    }
    assertThat(stored).containsAll(acknowledged.get(customer)).doesNotHaveDuplicates();
    JsonNode totals = get(server, "/v1/customers/" + customer).get("totals").get(0);
    assertThat(totals.get("purchases").asInt()).isEqualTo(stored.size());
    assertThat(totals.get("gross_minor").asLong()).isEqualTo(gross);
  }

  private JsonNode get(PurserProcess server, String path) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(server.uri(path)).build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    return JSON.readTree(answer.body()).get("data");
  }
}
