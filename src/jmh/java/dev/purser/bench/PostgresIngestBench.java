package dev.purser.bench;

import dev.purser.database.BareLoader;
import dev.purser.database.PostgresLoader;
import dev.purser.database.PostgresLoader.How;
import dev.purser.process.OnlineRetail;
import dev.purser.process.PurserProcess;
import dev.purser.testing.Postgres;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/// Ingest of Online Retail through HTTP into PostgreSQL beside bare JDBC loaders of one thread,
/// alternating, all into databases of one server that is as durable as in production.
///
/// `COPY` knows no conflicts; arrays with `unnest` are the fastest statement that does. Both
/// loaders write purchases, refunds and dead letters, and no sums. All are warmed up with the same
/// lines under other invoice numbers, so each writes into a database that already holds as much.
/// `ops/bench/postgres` runs it; nothing is asserted.
public final class PostgresIngestBench {
  private static final Path FOLDER = Path.of("../shared/data/online-retail");

  private PostgresIngestBench() {}

  /// Runs the rounds, three unless told otherwise, and prints the ratios.
  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 3;
    List<byte[]> parts = new ArrayList<>();
    List<byte[]> others = new ArrayList<>();
    for (byte[] gzip : OnlineRetail.gzipParts()) {
      byte[] part = OnlineRetail.gunzip(gzip);
      parts.add(part);
      others.add(IngestBench.otherInvoices(part));
    }
    BareLoader.Pace _ = PostgresLoader.load(FOLDER, How.UNNEST);
    double[] toCopy = new double[rounds];
    double[] toUnnest = new double[rounds];
    for (int i = 0; i < rounds; i++) {
      double copy = bare(How.COPY);
      double unnest = bare(How.UNNEST);
      double ours = serve(parts, others);
      toCopy[i] = ours / copy;
      toUnnest[i] = ours / unnest;
      System.out.printf(
          "COPY %,.0f rows/s, unnest %,.0f rows/s, HTTP ingest %,.0f rows/s%n", copy, unnest, ours);
    }
    print("unnest, the fastest that knows conflicts", toUnnest);
    print("COPY", toCopy);
    System.exit(0);
  }

  private static void print(String what, double[] ratios) {
    Arrays.sort(ratios);
    System.out.printf(
        "RATIO HTTP ingest / bare JDBC loader with %s: median %.2f (%.2f to %.2f), wanted 0.70%n",
        what, ratios[ratios.length / 2], ratios[0], ratios[ratios.length - 1]);
  }

  private static double bare(How how) throws Exception {
    BareLoader.Pace pace = PostgresLoader.load(FOLDER, how);
    return pace.rows() * 1e9 / pace.nanos();
  }

  private static double serve(List<byte[]> parts, List<byte[]> others) throws Exception {
    Path data = Files.createTempDirectory("ingest-bench");
    OnlineRetail retail = new OnlineRetail();
    String url = Postgres.shared().url(Postgres.shared().freshDatabase());
    Map<String, String> environment =
        Map.of("PURSER_JAVA_OPTS", "-Xmx256m", "PURSER_DATABASE_URL", url);
    try (PurserProcess server = PurserProcess.serve(data, environment)) {
      var _ = IngestBench.load(retail, server, others);
      long start = System.nanoTime();
      long rows = IngestBench.load(retail, server, parts);
      return rows / ((System.nanoTime() - start) / 1e9);
    }
  }
}
