package dev.purser.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.customers.Following;
import dev.purser.database.DatabaseUrl;
import dev.purser.testing.Postgres;
import dev.purser.testing.SharedData;
import dev.purser.vectors.Tastes;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// Who is like whom, on a whole node with a real database of either product, against a brute force
/// in double precision that shares no code with it.
@ParameterizedClass
@EnumSource(SimilarTest.Product.class)
final class SimilarTest {
  private static final int DIMENSION = 256;

  @Parameter private Product product;
  @TempDir private Path folder;
  private DatabaseUrl url;
  private Node node;

  enum Product {
    SQLITE {
      @Override
      DatabaseUrl fresh(Path folder) {
        return new DatabaseUrl.OfFile(folder.resolve("purser.db"));
      }
    },
    POSTGRES {
      @Override
      DatabaseUrl fresh(Path folder) {
        Postgres server = Postgres.shared();
        return DatabaseUrl.parse(server.url(server.freshDatabase()));
      }
    };

    /// An empty database.
    abstract DatabaseUrl fresh(Path folder);
  }

  @BeforeEach
  void choose() {
    url = product.fresh(folder);
  }

  @AfterEach
  void stop() {
    node.close();
  }

  private void start() {
    start("", taste -> taste::saved);
  }

  private void start(String overrides, Function<Tastes, Following> following) {
    node = new Node(url, following, overrides);
  }

  private void buy(String customer, String id, String sku, long amount) {
    event(customer, "purchases", id, amount, "\"quantity\":1,\"sku\":\"" + sku + "\"");
  }

  private void event(String customer, String what, String id, long amount, String more) {
    String body = "{\"id\":\"%s\",\"amount_minor\":%d,%s}".formatted(id, amount, more);
    assertThat(node.served.post("/v1/customers/" + customer + "/" + what, body).statusCode())
        .isEqualTo(201);
  }

  private JsonNode similar(String customer, int k) {
    var answer = node.served.get("/v1/customers/" + customer + "/similar?k=" + k);
    assertThat(answer.statusCode()).isEqualTo(200);
    return Served.tree(answer).path("data").path("results");
  }

  private void assertSimilar(String customer, double[] taste, Map<String, double[]> others) {
    TreeMap<String, Double> scores = new TreeMap<>();
    others.forEach(
        (id, other) -> {
          if (!id.equals(customer) && norm(other) > 0) {
            scores.put(id, cosine(taste, other));
          }
        });
    List<Double> best =
        scores.values().stream().sorted((a, b) -> Double.compare(b, a)).limit(10).toList();
    JsonNode results = similar(customer, 10);
    if (norm(taste) == 0) {
      assertThat(results).isEmpty();
      return;
    }
    assertThat(results).hasSize(best.size());
    for (int i = 0; i < best.size(); i++) {
      String id = results.path(i).path("id").asText();
      double score = results.path(i).path("score").asDouble();
      assertThat(score).as(customer + " and its " + i).isEqualTo(best.get(i), within(1e-6));
      assertThat(scores.get(id)).as(customer + " and " + id).isEqualTo(score, within(1e-6));
    }
  }

  /// Until what is on its way has arrived.
  private void await(Runnable assertion) {
    node.served
        .kit
        .createTestProbe()
        .awaitAssert(
            Duration.ofSeconds(60),
            () -> {
              assertion.run();
              return null;
            });
  }

  @Test
  void events_ofEveryKind_countAsTheySay() {
    start();
    buy("a", "1", "TEA", 500);
    buy("a", "2", "MUG", 900);
    buy("b", "1", "TEA", 500);
    buy("c", "1", "MUG", 900);
    event("c", "refunds", "r", 400, "\"purchase_id\":\"1\",\"sku\":\"IGNORED\"");
    buy("d", "1", "JAR", 100);
    event("d", "refunds", "n", 300, "\"sku\":\"TEA\"");
    event("d", "refunds", "o", 300, "\"reason\":\"none\"");
    node.served.json("PUT", "/v1/customers/nobody", "{\"preferences\":{}}");
    Map<String, double[]> truth = new TreeMap<>();
    List.of("a", "b", "c", "d").forEach(id -> truth.put(id, new double[DIMENSION]));
    add(truth.get("a"), 1, "TEA", 500);
    add(truth.get("a"), 1, "MUG", 900);
    add(truth.get("b"), 1, "TEA", 500);
    add(truth.get("c"), 1, "MUG", 900);
    add(truth.get("c"), -1, "MUG", 400);
    add(truth.get("d"), 1, "JAR", 100);
    add(truth.get("d"), -1, "TEA", 300);
    await(() -> truth.forEach((id, taste) -> assertSimilar(id, taste, truth)));
    assertThat(similar("nobody", 10)).isEmpty();
    assertThat(similar("a", 1)).hasSize(1);
    // Settling changes the version and nothing else.
    assertThat(node.served.post("/v1/customers/c/settlement", "{}").statusCode()).isEqualTo(200);
    buy("c", "2", "TEA", 700);
    add(truth.get("c"), 1, "TEA", 700);
    await(() -> truth.forEach((id, taste) -> assertSimilar(id, taste, truth)));
    assertThat(node.served.get("/v1/customers/none/similar").statusCode()).isEqualTo(404);
    assertThat(node.served.get("/v1/customers/a/similar?k=0").statusCode()).isEqualTo(422);
    assertThat(node.served.json("PUT", "/v1/vectors/taste/a", "[1]").statusCode()).isEqualTo(403);
  }

  @Test
  void customer_erased_isLikeNobodyAndFoundByNobody() {
    start();
    buy("a", "1", "TEA", 500);
    buy("b", "1", "TEA", 500);
    await(() -> assertThat(similar("a", 10)).hasSize(1));
    var gone = node.served.send("DELETE", "/v1/customers/b", BodyPublishers.noBody());
    assertThat(gone.statusCode()).isEqualTo(204);
    assertThat(similar("a", 10)).isEmpty();
    assertThat(node.served.get("/v1/vectors/taste/b").statusCode()).isEqualTo(404);
    buy("b", "1", "JAR", 500);
    await(() -> assertThat(similar("b", 10)).hasSize(1));
  }

  @Test
  void tastes_afterARestart_areThereAtOnce() {
    start();
    buy("a", "1", "TEA", 500);
    buy("b", "1", "TEA", 500);
    await(() -> assertThat(similar("a", 10)).hasSize(1));
    node.close();
    // News go nowhere, and nothing is compared before the test is over: what is there was stored.
    start("purser.spaces.taste.page = 1", _ -> Following.NOBODY);
    assertThat(similar("a", 10).path(0).path("score").asDouble()).isEqualTo(1, within(1e-6));
  }

  @Test
  void news_lost_foundAtTheNextStart() {
    start("", _ -> Following.NOBODY);
    for (int i = 0; i < 25; i++) {
      buy("c" + i, "1", "TEA", 500 + i);
    }
    assertThat(similar("c0", 100)).isEmpty();
    node.close();
    start("purser.spaces.taste.page = 10", taste -> taste::saved);
    await(() -> assertThat(similar("c0", 100)).hasSize(24));
  }

  @Test
  void news_lost_foundByASlowComparison() {
    AtomicBoolean deaf = new AtomicBoolean();
    start(
        "purser.spaces.taste { page = 2, reconcile = 200 ms }",
        taste ->
            (save, saved) -> {
              if (!deaf.get()) {
                taste.saved(save, saved);
              }
            });
    for (String id : List.of("a", "b", "c", "d", "e")) {
      buy(id, "1", "TEA", 500);
    }
    await(() -> assertThat(similar("a", 10)).hasSize(4));
    deaf.set(true);
    buy("b", "2", "MUG", 90_000);
    node.served.send("DELETE", "/v1/customers/c", BodyPublishers.noBody());
    Map<String, double[]> truth = new TreeMap<>();
    for (String id : List.of("a", "b", "d", "e")) {
      truth.put(id, new double[DIMENSION]);
      add(truth.get(id), 1, "TEA", 500);
    }
    add(truth.get("b"), 1, "MUG", 90_000);
    await(() -> truth.forEach((id, taste) -> assertSimilar(id, taste, truth)));
  }

  @Test
  void news_thatMissSome_areMadeGoodFromTheDatabase() {
    AtomicBoolean deaf = new AtomicBoolean(true);
    start(
        "",
        taste ->
            (save, saved) -> {
              if (!deaf.get()) {
                taste.saved(save, saved);
              }
            });
    buy("a", "1", "TEA", 500);
    deaf.set(false);
    buy("a", "2", "MUG", 500);
    buy("b", "1", "TEA", 500);
    Map<String, double[]> truth = new TreeMap<>();
    List.of("a", "b").forEach(id -> truth.put(id, new double[DIMENSION]));
    add(truth.get("a"), 1, "TEA", 500);
    add(truth.get("a"), 1, "MUG", 500);
    add(truth.get("b"), 1, "TEA", 500);
    await(() -> truth.forEach((id, taste) -> assertSimilar(id, taste, truth)));
  }

  @Test
  void rebuild_onDemand_computesWhatWasNeverTold() {
    start("", _ -> Following.NOBODY);
    buy("a", "1", "TEA", 500);
    buy("b", "1", "TEA", 500);
    await(
        () ->
            assertThat(
                    node.served
                        .send("POST", "/ops/vectors/taste/rebuild", BodyPublishers.noBody())
                        .statusCode())
                .isEqualTo(202));
    await(() -> assertThat(similar("a", 10)).hasSize(1));
  }

  @Test
  void aRealYear_ingested_equalsABruteForce() throws IOException {
    start();
    Map<String, double[]> truth = new TreeMap<>();
    for (int part = 1; part <= 3; part++) {
      byte[] gzip =
          Files.readAllBytes(SharedData.at("online-retail/online-retail-part" + part + ".csv.gz"));
      byte[] lines =
          node.served
              .send(
                  "POST",
                  "/v1/ingest?profile=online-retail",
                  BodyPublishers.ofByteArray(gzip),
                  "Content-Type",
                  "text/csv",
                  "Content-Encoding",
                  "gzip",
                  "Accept",
                  "application/x-ndjson")
              .body();
      assertThat(new String(lines, StandardCharsets.UTF_8)).contains("\"type\":\"summary\"");
      addAll(gzip, truth);
    }
    List<String> ids = new ArrayList<>(truth.keySet());
    assertThat(ids).hasSizeGreaterThan(4_000);
    await(
        () -> {
          for (int i = 0; i < 200; i++) {
            String id = ids.get(i * ids.size() / 200);
            assertSimilar(id, truth.get(id), truth);
          }
        });
  }

  /// Reads the file anew: quoted fields, exact amounts, no customer no event.
  private static void addAll(byte[] gzip, Map<String, double[]> truth) throws IOException {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                new GZIPInputStream(new ByteArrayInputStream(gzip)), StandardCharsets.UTF_8))) {
      in.readLine();
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        List<String> f = fields(line);
        if (f.get(6).isEmpty()) {
          continue;
        }
        long minor =
            new BigDecimal(f.get(3))
                .multiply(new BigDecimal(f.get(5)))
                .movePointRight(2)
                .setScale(0, RoundingMode.HALF_EVEN)
                .longValueExact();
        if (minor != 0) {
          double[] taste =
              truth.computeIfAbsent(f.get(6).replace(".0", ""), _ -> new double[DIMENSION]);
          add(taste, Long.signum(minor), f.get(1), Math.abs(minor));
        }
      }
    }
  }

  private static List<String> fields(String line) {
    List<String> fields = new ArrayList<>();
    StringBuilder field = new StringBuilder();
    boolean quoted = false;
    for (char c : (line + ",").toCharArray()) {
      if (c == '"') {
        quoted = !quoted;
      } else if (c == ',' && !quoted) {
        fields.add(field.toString());
        field.setLength(0);
      } else {
        field.append(c);
      }
    }
    return fields;
  }

  private static void add(double[] taste, int sign, String sku, long pence) {
    int hash = hash(sku);
    double weight = Math.log(1 + pence / 100.0);
    taste[hash & 255] += sign * ((hash & 256) == 0 ? weight : -weight);
  }

  /// CRC-32C, bit by bit.
  private static int hash(String sku) {
    int crc = ~0;
    for (byte b : sku.getBytes(StandardCharsets.UTF_8)) {
      crc ^= b & 255;
      for (int i = 0; i < 8; i++) {
        crc = (crc >>> 1) ^ ((crc & 1) == 0 ? 0 : 0x82F63B78);
      }
    }
    return ~crc;
  }

  private static double norm(double[] a) {
    double square = 0;
    for (double x : a) {
      square += Math.abs(x) < 1e-9 ? 0 : x * x;
    }
    return Math.sqrt(square);
  }

  private static double cosine(double[] a, double[] b) {
    double dot = 0;
    for (int i = 0; i < a.length; i++) {
      dot += a[i] * b[i];
    }
    return norm(a) * norm(b) == 0 ? 0 : dot / (norm(a) * norm(b));
  }
}
