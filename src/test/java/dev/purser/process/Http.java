package dev.purser.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;

/// A plain HTTP client of a [PurserProcess]: JSON in, status and JSON out.
public final class Http {
  private static final ObjectMapper JSON = new ObjectMapper();

  /// A status and a body; `body` is the whole object, problem or envelope.
  public record Answer(int status, JsonNode body) {
    public JsonNode data() {
      return body.get("data");
    }

    public String code() {
      return body.path("code").asText();
    }
  }

  private final HttpClient client = HttpClient.newHttpClient();
  private final PurserProcess server;

  public Http(PurserProcess server) {
    this.server = server;
  }

  public Answer get(String path) throws IOException, InterruptedException {
    return send(request(path).GET().build());
  }

  public Answer post(String path, String json) throws IOException, InterruptedException {
    return send(
        request(path)
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json))
            .build());
  }

  /// Sends NDJSON lines to the ingest.
  public Answer ingest(String lines) throws IOException, InterruptedException {
    return send(
        request("/v1/ingest")
            .header("Content-Type", "application/x-ndjson")
            .POST(HttpRequest.BodyPublishers.ofString(lines))
            .build());
  }

  /// Posts one purchase of 1.00.
  public Answer purchase(String customer, String id) throws IOException, InterruptedException {
    return post(
        "/v1/customers/" + customer + "/purchases",
        "{\"id\":\"" + id + "\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":100}");
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(server.uri(path)).timeout(Duration.ofSeconds(60));
  }

  private Answer send(HttpRequest request) throws IOException, InterruptedException {
    HttpResponse<String> r = client.send(request, HttpResponse.BodyHandlers.ofString());
    return new Answer(r.statusCode(), JSON.readTree(r.body()));
  }
}
