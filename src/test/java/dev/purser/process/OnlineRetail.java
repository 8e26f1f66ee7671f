package dev.purser.process;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;

/// The invoice lines of Online Retail, the truths computed of them elsewhere, and the calls that
/// load and read them.
public final class OnlineRetail {
  private static final Path FOLDER = Path.of("../shared/data/online-retail");
  private static final ObjectMapper JSON = new ObjectMapper();

  /// What one customer's figures must be, in pence.
  public record Truth(
      String customer, long purchases, long refunds, long gross, long refunded, long net) {}

  private final HttpClient http = HttpClient.newHttpClient();

  /// Whether the data lies beside the project. In CI it must.
  public static boolean present() {
    if (!Files.isDirectory(FOLDER) && System.getenv("CI") != null) {
      throw new IllegalStateException("../shared/data/online-retail is missing, and CI is set");
    }
    return Files.isDirectory(FOLDER);
  }

  /// The three parts, gzipped as they lie there.
  public static List<byte[]> gzipParts() throws IOException {
    List<byte[]> parts = new ArrayList<>();
    for (int i = 1; i <= 3; i++) {
      parts.add(Files.readAllBytes(FOLDER.resolve("online-retail-part" + i + ".csv.gz")));
    }
    return parts;
  }

  public static byte[] gunzip(byte[] gzip) throws IOException {
    try (InputStream in = new GZIPInputStream(new java.io.ByteArrayInputStream(gzip))) {
      return in.readAllBytes();
    }
  }

  /// Every customer with a purchase or refund, by id.
  public static Map<String, Truth> truths() throws IOException {
    Map<String, Truth> truths = new LinkedHashMap<>();
    for (String line : Files.readAllLines(FOLDER.resolve("truth_minor_by_customer.csv"))) {
      String[] f = line.split(",");
      if (!f[0].equals("customer")) {
        Truth t = new Truth(f[0], num(f[1]), num(f[2]), num(f[4]), num(f[5]), num(f[6]));
        truths.put(t.customer(), t);
      }
    }
    return truths;
  }

  /// Sends one body to the ingest of `server`; answers the envelope's data.
  public JsonNode ingest(PurserProcess server, byte[] body, boolean gzip)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.uri("/v1/ingest?profile=online-retail"))
            .header("Content-Type", "text/csv")
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (gzip) {
      request.header("Content-Encoding", "gzip");
    }
    return data(http.send(request.build(), HttpResponse.BodyHandlers.ofString()));
  }

  /// Settles every customer.
  public JsonNode settle(PurserProcess server, String id) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(server.uri("/v1/settlements"))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString("{\"id\":\"" + id + "\"}"))
            .build();
    return data(http.send(request, HttpResponse.BodyHandlers.ofString()));
  }

  /// The profiles of `ids`, with what is missing and failed.
  public JsonNode lookup(PurserProcess server, List<String> ids)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(server.uri("/v1/customers/lookup"))
            .header("Content-Type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"ids\":" + JSON.writeValueAsString(ids) + "}"))
            .build();
    return data(http.send(request, HttpResponse.BodyHandlers.ofString()));
  }

  /// Every customer whose figures differ from the truth, in words; empty if all is exact.
  public List<String> differences(PurserProcess server) throws IOException, InterruptedException {
    Map<String, Truth> truths = truths();
    List<String> ids = new ArrayList<>(truths.keySet());
    List<String> wrong = new ArrayList<>();
    for (int from = 0; from < ids.size(); from += 1_000) {
      JsonNode answer = lookup(server, ids.subList(from, Math.min(ids.size(), from + 1_000)));
      answer.get("missing").forEach(id -> checkMissing(truths.get(id.asText()), wrong));
      answer.get("failed").forEach(id -> wrong.add(id + " could not be read"));
      answer.get("customers").forEach(c -> check(truths.get(c.get("id").asText()), c, wrong));
    }
    return wrong;
  }

  private static void checkMissing(Truth truth, List<String> wrong) {
    if (truth.purchases + truth.refunds > 0) {
      wrong.add(truth.customer + " is missing");
    }
  }

  private static void check(Truth truth, JsonNode customer, List<String> wrong) {
    JsonNode totals = customer.get("totals");
    JsonNode gbp = totals.get(0);
    boolean exact =
        totals.size() == 1
            && gbp.get("currency").asText().equals("GBP")
            && gbp.get("purchases").asLong() == truth.purchases
            && gbp.get("refunds").asLong() == truth.refunds
            && gbp.get("gross_minor").asLong() == truth.gross
            && gbp.get("settled_refund_minor").asLong() == truth.refunded
            && gbp.get("pending_refund_minor").asLong() == 0
            && gbp.get("net_minor").asLong() == truth.net;
    if (!exact) {
      wrong.add(truth + " but was " + totals);
    }
  }

  private static JsonNode data(HttpResponse<String> response) throws IOException {
    if (response.statusCode() != 200) {
      throw new IOException(response.statusCode() + " " + response.body());
    }
    return JSON.readTree(response.body()).get("data");
  }

  private static long num(String text) {
    return Long.parseLong(text);
  }
}
