package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.process.PostgresNode.Answer;
import dev.purser.testing.Postgres;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two nodes of the packaged distribution on one PostgreSQL. Each request goes through both, so
/// that it goes through one that does not own what it is about: up to the limits of the contract
/// any node answers any request, and ends any run.
final class AnyNodeIT {
  private static final String LINES = "application/x-ndjson";
  private static final String TEXT = "x".repeat(4 << 10); // the longest string there may be

  /// The longest id there may be, 512 bytes of UTF-8, after a number of its own.
  private static final String LONG_ID = "%06d" + "\ud83d\ude00".repeat(122);

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private static Path data;
  private static Postgres server;
  private static PostgresNode a;
  private static PostgresNode b;

  @BeforeAll
  static void start() throws Exception {
    server = Postgres.start(Map.of());
    PostgresNode.makeUser(server);
    PostgresNode.makeDatabase(server, "anynode", "");
    int seed = freePort();
    a = node("a", seed, seed);
    b = node("b", freePort(), seed);
  }

  @AfterAll
  static void stop() {
    for (PostgresNode node : new PostgresNode[] {b, a}) {
      if (node != null) {
        node.close();
      }
    }
    server.close();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private static PostgresNode node(String name, int port, int seed) throws Exception {
    return PostgresNode.serve(
        server,
        "anynode",
        Files.createDirectories(data.resolve(name)),
        Map.of(
            "PURSER_JAVA_OPTS",
            // One customer at a time: a settlement whose save waits for a lock leaves no other in
            // the queue, which the order to cancel it would have to share a transaction with.
            "-Xmx512m -Dpurser.customers.settlements.in-flight=1",
            "PURSER_CLUSTER_PORT",
            Integer.toString(port),
            "PURSER_CLUSTER_SEEDS",
            "127.0.0.1:" + seed));
  }

  private static List<PostgresNode> both() {
    return List.of(a, b);
  }

  private static PostgresNode other(PostgresNode node) {
    return node == a ? b : a;
  }

  private static String name(PostgresNode node) {
    return node == a ? "a" : "b";
  }

  /// A partition that moves to the node that joined last is refused retryably while it is loaded.
  private static Answer okAtLast(Callable<Answer> call) throws Exception {
    AtomicReference<Answer> last = new AtomicReference<>();
    PostgresNode.await(
        "the partition is loaded",
        () -> {
          last.set(call.call());
          return last.get().status() != 503;
        });
    return ok(last.get());
  }

  private static Answer ok(Answer answer) {
    assertThat(answer.status()).as(answer.body().toString()).isIn(200, 201, 204);
    return answer;
  }

  private static void ingest(PostgresNode node, List<String> lines) throws Exception {
    Answer answer =
        ok(node.post("/v1/ingest", LINES, BodyPublishers.ofString(String.join("\n", lines))));
    assertThat(answer.data().path("accepted").asInt())
        .as(answer.body().toString())
        .isEqualTo(lines.size());
  }

  @Test
  void document_ofTheLargestBody_isStoredReadAndAppendedTo() throws Exception {
    // 254 values of 4 KiB: a body of almost 1 MiB.
    String values =
        IntStream.range(0, 254)
            .mapToObj(i -> "\"%04d%s\"".formatted(i, TEXT.substring(4)))
            .collect(Collectors.joining(","));
    for (PostgresNode node : both()) {
      for (int n = 0; n < 4; n++) { // of different partitions
        String path = "/v1/documents/large-" + name(node) + n;
        okAtLast(() -> node.send("PUT", path, "{\"fields\":{\"f\":[" + values + "]}}"));
        String append = "{\"name\":\"g\",\"value\":\"v\"}";
        okAtLast(() -> other(node).send("POST", path + "/fields", append));
        for (PostgresNode reader : both()) {
          JsonNode fields = okAtLast(() -> reader.get(path)).data().path("fields");
          assertThat(fields.path("f").size()).isEqualTo(254);
          assertThat(fields.path("g").path(0).asText()).isEqualTo("v");
        }
      }
    }
  }

  /// 64 of the longest values; written as JSON each of their characters takes six bytes.
  @Test
  void customer_ofTheLargestPreferences_isWrittenReadAndLookedUp() throws Exception {
    String value = "\\u0001".repeat(4 << 10);
    List<String> ids = new ArrayList<>();
    for (PostgresNode node : both()) {
      for (int n = 0; n < 8; n++) {
        String id = "rich-" + name(node) + n;
        ids.add(id);
        ok(node.send("PUT", "/v1/customers/" + id, preferences(value, 0, 32)));
        ok(node.send("PATCH", "/v1/customers/" + id, preferences(value, 32, 64)));
        for (PostgresNode reader : both()) {
          JsonNode customer = ok(reader.get("/v1/customers/" + id)).data();
          assertThat(customer.path("preferences").size()).isEqualTo(64);
        }
      }
    }
    for (PostgresNode node : both()) {
      // An answer has some 8 MiB of profiles at most, and names the rest, to be asked for again.
      List<String> left = ids;
      while (!left.isEmpty()) {
        String asked = "{\"ids\":" + JSON.writeValueAsString(left) + "}";
        JsonNode found = ok(node.send("POST", "/v1/customers/lookup", asked)).data();
        int count = found.path("customers").size();
        assertThat(count).isPositive();
        assertThat(found.path("missing")).isEmpty();
        assertThat(found.path("failed").size()).isEqualTo(left.size() - count);
        left = found.path("failed").valueStream().map(JsonNode::asText).toList();
      }
    }
  }

  private static String preferences(String value, int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(i -> "\"p" + i + "\":\"" + value + "\"")
        .collect(Collectors.joining(",", "{\"preferences\":{", "}}"));
  }

  /// A batch of one customer would be 26 MiB, and one of a partition 2 MiB.
  @Test
  void uploads_ofLargeRecords_areCutForTheirWay() throws Exception {
    String values = IntStream.range(0, 384).mapToObj(i -> "0.5").collect(Collectors.joining(","));
    for (PostgresNode node : both()) {
      List<String> lines = new ArrayList<>();
      for (int i = 0; i < 4_000; i++) {
        lines.add(
            "{\"type\":\"vector\",\"space\":\"s%s\",\"id\":\"%d\",\"vector\":[%d,%s]}"
                .formatted(name(node), i, i, values.substring(4)));
      }
      for (int i = 0; i < 100; i++) {
        String text = "%04d%s".formatted(i, TEXT.substring(4));
        lines.add(
            "{\"type\":\"preferences\",\"customer_id\":\"up-%s\",%s"
                .formatted(name(node), preferences(text, 0, 64).substring(1)));
      }
      ingest(node, lines);
      for (PostgresNode reader : both()) {
        JsonNode space = okAtLast(() -> reader.get("/v1/vectors/s" + name(node))).data();
        assertThat(space.path("count").asInt()).isEqualTo(4_000);
      }
    }
  }

  /// Each of four partitions answers a search with 1,000 ids of 512 bytes.
  @Test
  void lists_ofTheLongestIds_areWhole() throws Exception {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 4_400; i++) {
      String id = LONG_ID.formatted(i);
      lines.add(
          "{\"type\":\"vector\",\"space\":\"long\",\"id\":\"%s\",\"vector\":[1,%d]}"
              .formatted(id, i));
      lines.add(
          "{\"type\":\"document\",\"id\":\"%s\",\"fields\":{\"list\":\"long\"}}".formatted(id));
    }
    ingest(a, lines);
    for (PostgresNode node : both()) {
      String search = "{\"vector\":[1,1],\"k\":1000,\"metric\":\"euclidean\"}";
      JsonNode found = okAtLast(() -> node.send("POST", "/v1/vectors/long/search", search)).data();
      assertThat(found.path("results").size()).isEqualTo(1_000);
      Answer listed = okAtLast(() -> node.get("/v1/documents?field.list=long&limit=1000"));
      assertThat(listed.data().path("ids").size()).isEqualTo(1_000);
      assertThat(listed.data().path("count").asInt()).isEqualTo(4_400);
    }
  }

  @Test
  void pages_ofTheLongestRows_areAnswered() throws Exception {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      lines.add(
          ("{\"type\":\"purchase\",\"customer_id\":\"rows\",\"id\":\"%d\",\"sku\":\"s\","
                  + "\"description\":\"%s\",\"quantity\":1,\"amount_minor\":1}")
              .formatted(i, TEXT));
    }
    ingest(a, lines);
    for (PostgresNode node : both()) {
      int rows = 0;
      String after = "";
      do {
        JsonNode page = ok(node.get("/v1/customers/rows/purchases?limit=1000" + after)).data();
        rows += page.path("purchases").size();
        after = page.path("next").isNull() ? "" : "&after=" + page.path("next").asText();
      } while (!after.isEmpty());
      assertThat(rows).isEqualTo(1_000);
    }
  }

  @Test
  void upload_cancelledThroughTheOtherNode_endsWithItsReport() throws Exception {
    for (PostgresNode node : both()) {
      try (Duplex upload = upload(node)) {
        assertThat(upload.head()).contains("200");
        String run = line(upload).path("run").asText();
        String path = "/v1/ingest/runs/" + run;
        assertThat(other(node).send("DELETE", path, "").status()).isEqualTo(204);
        JsonNode last = line(upload);
        while (last.path("type").asText().equals("progress")) {
          last = line(upload);
        }
        assertThat(last.path("type").asText()).isEqualTo("problem");
        assertThat(last.path("code").asText()).isEqualTo("ERR_CONFLICT");
        assertThat(last.path("accepted").asInt()).isEqualTo(1);
        for (PostgresNode reader : both()) {
          assertThat(ok(reader.get(path)).data().path("state").asText()).isEqualTo("cancelled");
          assertThat(reader.send("DELETE", path, "").status()).isEqualTo(409);
          assertThat(reader.send("DELETE", path + "0", "").status()).isEqualTo(404);
        }
      }
    }
  }

  /// An upload that goes on, one event of which has been sent.
  private static Duplex upload(PostgresNode node) throws IOException {
    InetSocketAddress address =
        new InetSocketAddress(node.process.address().getHost(), node.process.address().getPort());
    String event =
        "{\"type\":\"purchase\",\"customer_id\":\"up\",\"id\":\"%s\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":1}\n"
            .formatted(name(node));
    return new Duplex(address, "/v1/ingest", "Content-Type: " + LINES, "Accept: " + LINES)
        .send(event.getBytes(StandardCharsets.UTF_8));
  }

  private static JsonNode line(Duplex upload) throws IOException {
    StringBuilder line = new StringBuilder();
    byte[] next = upload.read(1);
    while (next[0] != '\n') {
      line.append((char) next[0]);
      next = upload.read(1);
    }
    return JSON.readTree(line.toString());
  }

  /// A lock on the customers' rows holds what is in flight until the order to cancel has been read.
  @Test
  void settlement_cancelledThroughAnyNode_keepsWhatItSettledExactlyOnce() throws Exception {
    int customers = 20;
    ingest(
        a,
        IntStream.range(0, customers)
            .mapToObj(
                "{\"type\":\"refund\",\"customer_id\":\"debt%d\",\"id\":\"r\",\"amount_minor\":7}"
                    ::formatted)
            .toList());
    long settled = 0;
    for (PostgresNode canceller : both()) {
      CompletableFuture<Answer> running;
      String run;
      try (Connection locking = server.connect("anynode");
          Statement lock = locking.createStatement()) {
        locking.setAutoCommit(false);
        lock.execute("SELECT 1 FROM purser.customers WHERE id LIKE 'debt%' FOR UPDATE");
        running = CompletableFuture.supplyAsync(() -> settle(a));
        run = runningSettlement(canceller);
        PostgresNode.await("a save waits for the lock", () -> blocked() > 0);
        assertThat(canceller.send("DELETE", "/v1/ingest/runs/" + run, "").status()).isEqualTo(204);
        PostgresNode.await("the order is read", () -> stopping(run));
        locking.rollback();
      }
      Answer answer = running.join();
      assertThat(answer.status()).as(answer.body().toString()).isEqualTo(409);
      settled += answer.body().path("refunds").asLong();
      for (PostgresNode reader : both()) {
        JsonNode row = ok(reader.get("/v1/ingest/runs/" + run)).data();
        assertThat(row.path("state").asText()).isEqualTo("cancelled");
        assertThat(row.path("refunds")).isEqualTo(answer.body().path("refunds"));
        assertThat(reader.send("DELETE", "/v1/ingest/runs/" + run, "").status()).isEqualTo(409);
      }
      assertThat(pending()).isEqualTo(customers - settled).isPositive();
    }
    assertThat(ok(settle(b)).data().path("refunds").asLong()).isEqualTo(customers - settled);
    assertThat(pending()).isZero();
  }

  private static long blocked() {
    return Long.parseLong(
        server
            .ask(
                "anynode",
                "SELECT count(*) FROM pg_stat_activity"
                    + " WHERE wait_event_type = 'Lock' AND datname = current_database()")
            .getFirst());
  }

  private static boolean stopping(String run) throws IOException {
    String said = "Settlement " + run + " begins no further customer";
    return (a.process.output() + a.process.errors()).contains(said);
  }

  private static Answer settle(PostgresNode node) {
    try {
      return node.post("/v1/settlements", "application/json", BodyPublishers.noBody());
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static String runningSettlement(PostgresNode node) throws Exception {
    List<String> found = new ArrayList<>();
    PostgresNode.await(
        "a settlement is running",
        () -> {
          for (JsonNode run : ok(node.get("/v1/ingest/runs")).data().path("runs")) {
            if (run.path("kind").asText().equals("settlement")
                && run.path("state").asText().equals("running")) {
              found.add(run.path("run").asText());
            }
          }
          return !found.isEmpty();
        });
    return found.getFirst();
  }

  private static long pending() {
    return Long.parseLong(
        server
            .ask("anynode", "SELECT count(*) FROM purser.totals WHERE pending_refunds > 0")
            .getFirst());
  }
}
