package dev.purser.bench;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.database.BareLoader;
import dev.purser.process.OnlineRetail;
import dev.purser.process.PurserProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Ingest of Online Retail through HTTP beside a bare JDBC loader that writes the same rows and
/// indexes, alternating.
///
/// Both count purchases, refunds and dead letters. The service is warmed up with the same lines
/// under other invoice numbers, so it writes into a database that already holds as much; the loader
/// always writes into an empty one. `mvn -Pbench -DskipTests verify` runs it; nothing is asserted.
public final class IngestBench {
  private static final int ROUNDS = 3;
  private static final int ROWS_A_STATEMENT = 64;
  private static final Path FOLDER = Path.of("../shared/data/online-retail");

  private IngestBench() {}

  /// Runs the rounds and prints the ratios.
  public static void main(String[] args) throws Exception {
    List<byte[]> parts = new ArrayList<>();
    for (byte[] gzip : OnlineRetail.gzipParts()) {
      parts.add(OnlineRetail.gunzip(gzip));
    }
    List<byte[]> others = new ArrayList<>();
    for (byte[] part : parts) {
      others.add(otherInvoices(part));
    }
    BareLoader.Pace _ = BareLoader.load(FOLDER, ROWS_A_STATEMENT);
    double[] ratios = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      BareLoader.Pace pace = BareLoader.load(FOLDER, ROWS_A_STATEMENT);
      double bare = pace.rows() * 1e9 / pace.nanos();
      double ours = serve(parts, others);
      ratios[i] = ours / bare;
      System.out.printf("bare JDBC %,.0f rows/s, HTTP ingest %,.0f rows/s%n", bare, ours);
    }
    Arrays.sort(ratios);
    System.out.printf(
        "RATIO HTTP ingest / bare JDBC loader: median %.2f (%.2f to %.2f), wanted 0.70%n",
        ratios[ROUNDS / 2], ratios[0], ratios[ROUNDS - 1]);
  }

  private static double serve(List<byte[]> parts, List<byte[]> others) throws Exception {
    Path data = Files.createTempDirectory("ingest-bench");
    OnlineRetail retail = new OnlineRetail();
    try (PurserProcess server = PurserProcess.serve(data, Map.of("PURSER_JAVA_OPTS", "-Xmx256m"))) {
      load(retail, server, others);
      long start = System.nanoTime();
      long rows = load(retail, server, parts);
      double perSecond = rows / ((System.nanoTime() - start) / 1e9);
      System.out.printf(
          "time to ready %.2f s, peak memory %d MiB%n",
          server.readySeconds(), server.peakMebibytes());
      return perSecond;
    }
  }

  static long load(OnlineRetail retail, PurserProcess server, List<byte[]> parts)
      throws IOException, InterruptedException {
    long rows = 0;
    for (byte[] part : parts) {
      JsonNode report = retail.ingest(server, part, false);
      rows += report.get("accepted").asLong() + report.get("rejected").asLong();
    }
    return rows;
  }

  /// The same lines as if they were of other invoices.
  static byte[] otherInvoices(byte[] part) {
    String text = new String(part, StandardCharsets.ISO_8859_1);
    int header = text.indexOf('\n') + 1;
    return (text.substring(0, header)
            + text.substring(header).replaceAll("(?m)^(?=C?\\d{6},)", "W"))
        .getBytes(StandardCharsets.ISO_8859_1);
  }
}
