package dev.purser.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.process.OnlineRetail;
import dev.purser.process.PurserProcess;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;

/// Ingest of the 92,331 products beside ingest of as many lines of purchases, alternating, through
/// HTTP into one server. The products of each round are other documents, so that each is new.
///
/// `mvn -Pbench -DskipTests verify` builds what it needs; nothing is asserted.
public final class DocumentsBench {
  private static final int ROUNDS = 4;
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private DocumentsBench() {}

  /// Runs the rounds and prints the ratios; the first round warms up.
  public static void main(String[] args) throws Exception {
    byte[] products =
        OnlineRetail.gunzip(
            Files.readAllBytes(Path.of("../shared/data/completejourney/products.csv.gz")));
    byte[] invoices = OnlineRetail.gunzip(OnlineRetail.gzipParts().getFirst());
    double[] ratios = new double[ROUNDS];
    Path data = Files.createTempDirectory("documents-bench");
    try (PurserProcess server = PurserProcess.serve(data, Map.of())) {
      for (int i = 0; i <= ROUNDS; i++) {
        double purchases =
            rate(server, "online-retail", renamed(invoices, "(?m)^(?=C?\\d{6},)", i));
        double documents =
            rate(server, "complete-journey-products", renamed(products, "(?m)^(?=\\d)", i));
        System.out.printf(
            "purchases %,.0f lines/s, products %,.0f lines/s%n", purchases, documents);
        if (i > 0) {
          ratios[i - 1] = documents / purchases;
        }
      }
    }
    Arrays.sort(ratios);
    System.out.printf(
        "RATIO products / purchases: median %.2f (%.2f to %.2f), wanted 0.70%n",
        (ratios[1] + ratios[2]) / 2, ratios[0], ratios[ROUNDS - 1]);
  }

  private static double rate(PurserProcess server, String profile, byte[] body)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    String answer =
        HTTP.send(
                HttpRequest.newBuilder(server.uri("/v1/ingest?profile=" + profile))
                    .header("Content-Type", "text/csv")
                    .POST(BodyPublishers.ofByteArray(body))
                    .build(),
                BodyHandlers.ofString())
            .body();
    double seconds = (System.nanoTime() - start) / 1e9;
    JsonNode report = JSON.readTree(answer).path("data");
    if (report.path("accepted").asLong() == 0) {
      throw new IOException(answer);
    }
    return report.path("lines").asLong() / seconds;
  }

  /// The same lines under other ids.
  private static byte[] renamed(byte[] csv, String ids, int round) {
    String text = new String(csv, StandardCharsets.ISO_8859_1);
    int header = text.indexOf('\n') + 1;
    return (text.substring(0, header) + text.substring(header).replaceAll(ids, "R" + round + "-"))
        .getBytes(StandardCharsets.ISO_8859_1);
  }
}
