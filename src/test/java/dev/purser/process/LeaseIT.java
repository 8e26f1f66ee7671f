package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.process.PostgresNode.Answer;
import dev.purser.testing.FaultyProxy;
import dev.purser.testing.Postgres;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Who owns what, and who decides it: nodes that are suspended, cut off, restarted, and nodes that
/// do not belong together. The protocol between the nodes runs through proxies.
final class LeaseIT {
  private static final int CUSTOMERS = 24;

  /// Of the customers, these are erased while a node is suspended.
  private static final int ERASED = 6;

  private static Postgres server;
  private static FaultyProxy toFirst;
  private static FaultyProxy toSecond;
  @TempDir private static Path data;

  /// The node that goes on when both lose each other: its address is the lower one.
  private static PostgresNode survivor;

  @BeforeAll
  static void start() throws Exception {
    server = Postgres.start(Map.of());
    PostgresNode.makeUser(server);
    PostgresNode.makeDatabase(server, "shared", "");
    FaultyProxy one = new FaultyProxy("127.0.0.1", freePort());
    FaultyProxy other = new FaultyProxy("127.0.0.1", freePort());
    toSecond = one.port() < other.port() ? one : other;
    toFirst = toSecond == one ? other : one;
  }

  @AfterAll
  static void stop() {
    if (survivor != null) {
      survivor.close();
    }
    toFirst.close();
    toSecond.close();
    server.close();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /// What a node is told that others reach through `proxy`. The first seed is not the node that
  /// goes on.
  private static Map<String, String> behind(FaultyProxy proxy) throws IOException {
    int bound = freePort();
    proxy.target("127.0.0.1", bound);
    Map<String, String> environment = new HashMap<>();
    environment.put("PURSER_CLUSTER_PORT", Integer.toString(proxy.port()));
    environment.put("PURSER_CLUSTER_SEEDS", seeds());
    environment.put(
        "PURSER_JAVA_OPTS",
        "-Xmx256m -Dpekko.remote.artery.bind.hostname=127.0.0.1"
            + " -Dpekko.remote.artery.bind.port="
            + bound);
    return environment;
  }

  private static String seeds() {
    return "127.0.0.1:" + toFirst.port() + ",127.0.0.1:" + toSecond.port();
  }

  private static Path folder(String name) throws IOException {
    return Files.createDirectories(data.resolve(name));
  }

  @Test
  void firstSeed_suspendedThenRestartedInACut_nobodyIsToldWhatIsNoLongerSo() throws Exception {
    try (PostgresNode first =
        PostgresNode.serve(server, "shared", folder("first"), behind(toFirst))) {
      survivor = PostgresNode.serve(server, "shared", folder("second"), behind(toSecond));
      assertStrangersRefused();
      PostgresNode a = survivor;
      for (int i = 0; i < CUSTOMERS; i++) {
        assertThat(first.purchase("c" + i, "before", "s").status()).isEqualTo(201);
        assertThat(current(first, i)).as("c" + i).isEqualTo(1);
        awaitPut(first, i, "old");
      }
      signal(first, "STOP");
      for (int i = 0; i < CUSTOMERS; i++) {
        assertThat(a.purchaseAtLast("c" + i, "meanwhile").answer().status()).isEqualTo(201);
        awaitPut(a, i, "new");
      }
      for (int i = 0; i < ERASED; i++) {
        assertThat(a.delete("/v1/customers/c" + i).status()).isEqualTo(204);
      }
      assertAwokenTellsNothingFalse(first, a);
      assertThat(first.process.exitCode()).as(first.process.errors()).isEqualTo(1);
      assertThat(first.process.errors()).contains("purser: The lease of this node has been ended");
    }
    assertNoSecondCluster();
  }

  /// Nodes on another database, with another number of shards, and without seeds.
  private static void assertStrangersRefused() throws Exception {
    PostgresNode.makeDatabase(server, "other", "");
    List<PurserProcess> refused = new ArrayList<>();
    try {
      refused.add(stranger("other", Map.of("PURSER_CLUSTER_SEEDS", seeds())));
      refused.add(
          stranger(
              "shared", Map.of("PURSER_CLUSTER_SEEDS", seeds(), "PURSER_CUSTOMERS_SHARDS", "50")));
      refused.add(stranger("shared", Map.of()));
      List<String> words =
          List.of(
              "refuse it: they keep another ledger than ",
              "is divided into 100 partitions of customers, and purser.customers.shards is 50",
              "is served by another node already (127.0.0.1:");
      for (int i = 0; i < words.size(); i++) {
        PurserProcess process = refused.get(i);
        assertThat(process.exitCode()).as(process.errors()).isEqualTo(1);
        assertThat(process.errors().lines().filter(line -> line.startsWith("purser: ")))
            .as(process.errors())
            .singleElement()
            .asString()
            .contains(words.get(i));
      }
    } finally {
      refused.forEach(PurserProcess::close);
    }
  }

  private static PurserProcess stranger(String database, Map<String, String> more)
      throws IOException {
    Map<String, String> environment = new HashMap<>(more);
    environment.put("PURSER_DATABASE_URL", PostgresNode.url(server.port(), database));
    environment.put("PURSER_JAVA_OPTS", "-Xmx256m -XX:TieredStopAtLevel=1");
    if (more.containsKey("PURSER_CLUSTER_SEEDS")) {
      environment.put("PURSER_CLUSTER_PORT", Integer.toString(freePort()));
    }
    return PurserProcess.start(
        Files.createTempDirectory(data, "stranger"), environment, List.of("serve"));
  }

  /// What waits in the sockets of a node that is suspended is refused when it wakes, or answered as
  /// its successor would.
  private static void assertAwokenTellsNothingFalse(PostgresNode awoken, PostgresNode successor)
      throws Exception {
    List<Socket> reads = new ArrayList<>();
    List<Socket> documents = new ArrayList<>();
    List<Socket> writes = new ArrayList<>();
    for (int i = 0; i < CUSTOMERS; i++) {
      reads.add(sent(awoken, "GET /v1/customers/c" + i, ""));
      documents.add(sent(awoken, "GET /v1/documents/d" + i, ""));
      writes.add(
          sent(
              awoken,
              "POST /v1/customers/c" + i + "/purchases",
              "{\"id\":\"late\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":100}"));
    }
    signal(awoken, "CONT");
    for (int i = 0; i < CUSTOMERS; i++) {
      Answer read = answer(reads.get(i));
      if (read.status() == 200) {
        // The database is there, so that nothing may be stale: not even as stale is it served.
        assertThat(i).as(read.body().toString()).isGreaterThanOrEqualTo(ERASED);
        assertThat(read.data().path("stale").asBoolean()).as(read.body().toString()).isFalse();
        assertThat(purchases(read.data())).as(read.body().toString()).isGreaterThanOrEqualTo(2);
      }
      Answer document = answer(documents.get(i));
      if (document.status() == 200) {
        assertThat(document.data().at("/fields/is/0").asText()).isEqualTo("new");
      }
      Answer write = answer(writes.get(i));
      boolean taken = write.status() == 200 || write.status() == 201;
      if (!taken && write.status() != 0) {
        write.assertRefused();
      }
      // An answer that never came leaves open whether it was stored; what was stored is seen.
      long stored = stored(i);
      assertThat(stored).isGreaterThanOrEqualTo((i < ERASED ? 0 : 2) + (taken ? 1 : 0));
      assertThat(current(successor, i)).as("c" + i).isEqualTo(stored);
      assertThat(successor.get("/v1/documents/d" + i).data().at("/fields/is/0").asText())
          .isEqualTo("new");
    }
    assertThat(successor.halves()).isEmpty();
  }

  /// The first seed, started while it reaches nobody but the database.
  private static void assertNoSecondCluster() throws Exception {
    toFirst.stall();
    toSecond.stall();
    Map<String, String> environment = behind(toFirst);
    environment.put("PURSER_DATABASE_URL", PostgresNode.url(server.port(), "shared"));
    try (PurserProcess restarted = PurserProcess.start(folder("first"), environment)) {
      PostgresNode.await(
          "it tries in vain to join",
          () ->
              !restarted.output().isEmpty()
                  || restarted.errors().contains("Couldn't join seed nodes after"));
      assertThat(restarted.output()).as("ready, without the others").isEmpty();
      assertThat(owners()).isEqualTo(1);
      toFirst.heal();
      toSecond.heal();
      restarted.awaitReady();
      assertThat(owners()).isEqualTo(2);
      Http http = new Http(restarted);
      for (int i = 0; i < CUSTOMERS; i++) {
        assertThat(survivor.purchaseAtLast("c" + i, "again").answer().status()).isEqualTo(201);
        assertThat(http.get("/v1/customers/c" + i).body().at("/data/totals/0/purchases").asLong())
            .isEqualTo(stored(i));
      }
      assertThat(restarted.terminate()).as(restarted.errors()).isZero();
      assertThat(owners()).isEqualTo(1);
    }
  }

  private static long owners() {
    return Long.parseLong(
        server.ask("shared", "SELECT count(*) FROM purser.nodes WHERE owner").getFirst());
  }

  private static long stored(int customer) {
    return Long.parseLong(
        server
            .ask(
                "shared",
                "SELECT count(*) FROM purser.purchases WHERE customer = 'c" + customer + "'")
            .getFirst());
  }

  /// The purchases of a customer as a node tells them, 0 if there is none of the name.
  private static long current(PostgresNode node, int customer) throws Exception {
    Answer answer = node.get("/v1/customers/c" + customer);
    assertThat(answer.status()).as(answer.body().toString()).isIn(200, 404);
    assertThat(answer.data().path("stale").asBoolean()).isFalse();
    return purchases(answer.data());
  }

  private static long purchases(JsonNode data) {
    return data.at("/totals/0/purchases").asLong();
  }

  /// A part that moves to another node is refused retryably until it is loaded there.
  private static void awaitPut(PostgresNode node, int document, String value) throws Exception {
    PostgresNode.await("d" + document, () -> tryPut(node, document, value).status() < 300);
  }

  private static Answer tryPut(PostgresNode node, int document, String value) throws Exception {
    return node.put("/v1/documents/d" + document, "{\"fields\":{\"is\":\"" + value + "\"}}");
  }

  private static void signal(PostgresNode node, String signal) throws Exception {
    int done =
        new ProcessBuilder("kill", "-" + signal, Long.toString(node.process.pid()))
            .start()
            .waitFor();
    assertThat(done).isZero();
  }

  /// A request in the socket of a node that need not read it.
  private static Socket sent(PostgresNode node, String call, String body) throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), node.process.address().getPort());
    socket.setSoTimeout(60_000);
    String head =
        call
            + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
            + (body.isEmpty()
                ? ""
                : "Content-Type: application/json\r\nContent-Length: " + body.length() + "\r\n")
            + "\r\n";
    socket.getOutputStream().write((head + body).getBytes(StandardCharsets.UTF_8));
    return socket;
  }

  /// What came back; status 0 if the connection was ended without an answer.
  private static Answer answer(Socket socket) throws IOException {
    String text;
    try (socket;
        InputStream in = socket.getInputStream()) {
      text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (java.net.SocketException _) {
      text = "";
    }
    if (text.isEmpty()) {
      return new Answer(0, PostgresNode.JSON.nullNode(), false);
    }
    return new Answer(
        Integer.parseInt(text.substring(9, 12)),
        PostgresNode.JSON.readTree(text.substring(text.indexOf("\r\n\r\n") + 4)),
        text.contains("Retry-After"));
  }
}
