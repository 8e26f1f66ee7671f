package dev.purser.http;

import dev.purser.customers.Following;
import dev.purser.database.DatabaseUrl;
import dev.purser.process.OnlineRetail;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

/// What keeping tastes current costs an ingest: the first part of Online Retail through HTTP into a
/// node that does and into one whose customers tell nobody, taking turns in one JVM. The lines of
/// each round have other invoices, so that each is new. Nothing is asserted.
public final class TasteBench {
  private static final int ROUNDS = 7;

  private TasteBench() {}

  /// Runs the rounds and prints the ratio; two more warm up.
  public static void main(String[] args) throws IOException {
    String csv =
        new String(
            OnlineRetail.gunzip(OnlineRetail.gzipParts().getFirst()), StandardCharsets.ISO_8859_1);
    Path folder = Files.createTempDirectory("taste-bench");
    double[] ratios = new double[ROUNDS];
    try (Node without = new Node(file(folder, "without"), _ -> Following.NOBODY);
        Node with = new Node(file(folder, "with"), taste -> taste::saved)) {
      for (int round = -2; round < ROUNDS; round++) {
        byte[] body = renamed(csv, round + 2);
        boolean first = round % 2 == 0;
        double deaf = first ? rate(without, body) : 0;
        double telling = rate(with, body);
        deaf = first ? deaf : rate(without, body);
        System.out.printf("without tastes %,.0f lines/s, with %,.0f lines/s%n", deaf, telling);
        if (round >= 0) {
          ratios[round] = telling / deaf;
        }
      }
    }
    Arrays.sort(ratios);
    System.out.printf(
        "RATIO ingest with tastes / without: median %.2f (%.2f to %.2f)%n",
        ratios[ROUNDS / 2], ratios[0], ratios[ROUNDS - 1]);
  }

  private static DatabaseUrl file(Path folder, String name) {
    return new DatabaseUrl.OfFile(folder.resolve(name + ".db"));
  }

  private static double rate(Node node, byte[] body) {
    long start = System.nanoTime();
    HttpResponse<byte[]> answer =
        node.served.send(
            "POST",
            "/v1/ingest?profile=online-retail",
            BodyPublishers.ofByteArray(body),
            "Content-Type",
            "text/csv");
    double seconds = (System.nanoTime() - start) / 1e9;
    long lines = Served.tree(answer).at("/data/lines").asLong();
    if (lines == 0 || Served.tree(answer).at("/data/accepted").asLong() == 0) {
      throw new IllegalStateException(new String(answer.body(), StandardCharsets.UTF_8));
    }
    return lines / seconds;
  }

  /// The same lines with other invoices.
  private static byte[] renamed(String csv, int round) {
    int header = csv.indexOf('\n') + 1;
    return (csv.substring(0, header)
            + csv.substring(header).replaceAll("(?m)^(?=C?\\d{6},)", "R" + round + "-"))
        .getBytes(StandardCharsets.ISO_8859_1);
  }
}
