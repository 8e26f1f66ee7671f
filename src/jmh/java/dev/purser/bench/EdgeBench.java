package dev.purser.bench;

import dev.purser.process.PurserProcess;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Supplier;

/// What the service costs over the edge alone, and over bare JDBC: ratios from one run,
/// alternating, medians of rounds.
///
/// `mvn -Pbench -DskipTests verify` runs it against the packaged distribution as it is shipped, but
/// for the constant routes. Nothing is asserted: the numbers go to the README.
public final class EdgeBench {
  private static final int ROUNDS = Integer.getInteger("rounds", 5);
  private static final double SECONDS = 6;
  private static final int CUSTOMERS = 5_000;

  private final PurserProcess server;
  private final int port;
  private final SplittableRandom random = new SplittableRandom(7);
  private long purchases;

  private EdgeBench(PurserProcess server) {
    this.server = server;
    this.port = server.address().getPort();
  }

  /// Runs all comparisons and prints them.
  public static void main(String[] args) throws Exception {
    Path data = Files.createTempDirectory("edge-bench");
    try (PurserProcess server =
        PurserProcess.serve(data, Map.of("PURSER_HTTP_BENCHMARK_ROUTES", "on"))) {
      System.out.printf("time to ready: %.2f s%n", server.readySeconds());
      EdgeBench bench = new EdgeBench(server);
      bench.warmUp();
      bench.posts();
      bench.gets();
      bench.lookups();
      System.out.printf("peak memory of the process: %d MiB%n", server.peakMebibytes());
    }
  }

  private void warmUp() throws IOException {
    new HttpLoad(port, 201).run(128, 15, this::purchase);
    new HttpLoad(port, 201).run(128, 5, this::constantPost);
    new HttpLoad(port, 200).run(64, 10, this::customer);
    new HttpLoad(port, 200).run(64, 5, this::constantGet);
    new HttpLoad(port, 200).run(8, 5, this::lookup);
  }

  private void posts() throws Exception {
    double[] ours = new double[ROUNDS];
    double[] constant = new double[ROUNDS];
    double[] bare = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      constant[i] = measure("constant POST, 128 connections", 201, 128, this::constantPost);
      ours[i] = measure("durable POST, 128 connections", 201, 128, this::purchase);
      bare[i] = BareSingles.run(SECONDS);
      System.out.printf("bare JDBC, one sync each: %,.0f/s%n", bare[i]);
    }
    ratio("durable POST / constant POST", ours, constant, 0.35);
    ratio("durable POST / bare JDBC with one sync each", ours, bare, 3);
  }

  private void gets() throws IOException {
    double[] ours = new double[ROUNDS];
    double[] constant = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      constant[i] = measure("constant GET, 64 connections", 200, 64, this::constantGet);
      ours[i] = measure("warm GET of a customer, 64 connections", 200, 64, this::customer);
    }
    ratio("warm GET / constant GET", ours, constant, 0.85);
  }

  private void lookups() throws IOException {
    double[] many = new double[ROUNDS];
    double[] single = new double[ROUNDS];
    for (int i = 0; i < ROUNDS; i++) {
      single[i] = measure("warm GET of a customer, 8 connections", 200, 8, this::customer);
      many[i] = 100 * measure("lookup of 100 customers, 8 connections", 200, 8, this::lookup);
    }
    ratio("customers/s by lookup of 100 / by single GET", many, single, 10);
  }

  private double measure(String what, int status, int connections, Supplier<byte[]> next)
      throws IOException {
    HttpLoad.Result result = new HttpLoad(port, status).run(connections, SECONDS, next);
    System.out.println(what + ": " + result);
    return result.perSecond();
  }

  private static void ratio(String what, double[] ours, double[] baseline, double wanted) {
    double[] ratios = new double[ours.length];
    for (int i = 0; i < ours.length; i++) {
      ratios[i] = ours[i] / baseline[i];
    }
    Arrays.sort(ratios);
    System.out.printf(
        "RATIO %s: median %.2f (%.2f to %.2f), wanted %.2f%n",
        what, ratios[ratios.length / 2], ratios[0], ratios[ratios.length - 1], wanted);
  }

  private byte[] purchase() {
    long n = purchases++;
    return post(
        "/v1/customers/c" + n % CUSTOMERS + "/purchases",
        "{\"id\":\"p"
            + n
            + "\",\"sku\":\"85123A\",\"description\":\"WHITE HANGING HEART T-LIGHT HOLDER\","
            + "\"quantity\":6,\"amount_minor\":1530,\"currency\":\"GBP\","
            + "\"at\":\"2010-12-01T08:26:00Z\"}");
  }

  private byte[] constantPost() {
    return post(
        "/bench/constant/c" + random.nextInt(CUSTOMERS) + "/purchases",
        "{\"id\":\"p"
            + random.nextInt(1_000_000)
            + "\",\"sku\":\"85123A\",\"description\":\"WHITE HANGING HEART T-LIGHT HOLDER\","
            + "\"quantity\":6,\"amount_minor\":1530,\"currency\":\"GBP\","
            + "\"at\":\"2010-12-01T08:26:00Z\"}");
  }

  private byte[] customer() {
    return get("/v1/customers/c" + random.nextInt(CUSTOMERS));
  }

  private byte[] constantGet() {
    return get("/bench/constant/c" + random.nextInt(CUSTOMERS));
  }

  private byte[] lookup() {
    StringBuilder ids = new StringBuilder("{\"ids\":[");
    int first = random.nextInt(CUSTOMERS);
    for (int i = 0; i < 100; i++) {
      ids.append(i == 0 ? "\"c" : ",\"c").append((first + i) % CUSTOMERS).append('"');
    }
    return post("/v1/customers/lookup", ids.append("]}").toString());
  }

  private byte[] get(String path) {
    return ("GET " + path + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n")
        .getBytes(StandardCharsets.US_ASCII);
  }

  private byte[] post(String path, String body) {
    return ("POST "
            + path
            + " HTTP/1.1\r\nHost: 127.0.0.1:"
            + port
            + "\r\nContent-Type: application/json\r\nContent-Length: "
            + body.length()
            + "\r\n\r\n"
            + body)
        .getBytes(StandardCharsets.US_ASCII);
  }
}
