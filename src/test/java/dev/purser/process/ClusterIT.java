package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.ingest.SampleEvents;
import dev.purser.ingest.Truth;
import dev.purser.process.PostgresNode.Answer;
import dev.purser.testing.Certificates;
import dev.purser.testing.Postgres;
import dev.purser.testing.RedisServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Two nodes of the packaged distribution that share one PostgreSQL and one Redis: whichever of
/// them is asked, killed or restarted, each event counts once. They speak TLS with each other.
final class ClusterIT {
  private static final int EVENTS = 20_000;

  /// Shipped, a node that was killed is given up after half a minute.
  private static final String QUICK =
      "-Xmx512m -Dpekko.cluster.split-brain-resolver.stable-after=3s"
          + " -Dpekko.cluster.failure-detector.acceptable-heartbeat-pause=3s";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static Postgres server;
  @TempDir private Path data;
  private Certificates.Pair authority;

  @BeforeAll
  static void start() {
    server = Postgres.start(Map.of());
    PostgresNode.makeUser(server);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  private PostgresNode node(String name, int port, int seed, RedisServer redis) throws Exception {
    Certificates.Pair own = Certificates.signed(data, name, "purser", authority);
    return PostgresNode.serve(
        server,
        "two",
        Files.createDirectories(data.resolve(name)),
        Map.of(
            "PURSER_JAVA_OPTS",
            QUICK,
            "PURSER_CACHE_URL",
            redis.url(),
            "PURSER_CLUSTER_PORT",
            Integer.toString(port),
            "PURSER_CLUSTER_SEEDS",
            "127.0.0.1:" + seed,
            "PURSER_CLUSTER_TLS_CERTIFICATES",
            own.certificate().toString(),
            "PURSER_CLUSTER_TLS_KEY",
            own.key().toString(),
            "PURSER_CLUSTER_TLS_AUTHORITY",
            authority.certificate().toString()));
  }

  @Test
  void nodes_oneKilledAndOneStopped_eachEventCountsOnce() throws Exception {
    ByteArrayOutputStream generated = new ByteArrayOutputStream();
    Truth truth = SampleEvents.write(EVENTS, 5, generated);
    byte[] events = generated.toByteArray();
    PostgresNode.makeDatabase(server, "two", "");
    authority = Certificates.selfSigned(data, "authority", "authority");
    int[] ports = {freePort(), freePort()};
    // Of two nodes the one with the lower address outlives the other.
    int seed = Math.min(ports[0], ports[1]);
    int other = Math.max(ports[0], ports[1]);
    try (RedisServer redis = RedisServer.start();
        PostgresNode a = node("a", seed, seed, redis);
        ExecutorService threads = Executors.newCachedThreadPool()) {
      try (PostgresNode b = node("b", other, seed, redis)) {
        Future<Answer> first = threads.submit(() -> upload(a, events));
        Future<Answer> doomed = threads.submit(() -> upload(b, events));
        PostgresNode.await("a part is stored", () -> stored("") > EVENTS / 10);
        b.process.kill();
        assertThat(doomed).failsWithin(Duration.ofMinutes(2));
        JsonNode report = first.get().data();
        // What the other node had taken are duplicates here, and the other way round.
        assertThat(report.path("accepted").asLong()).isPositive();
        assertThat(report.path("accepted").asLong() + report.path("duplicates").asLong())
            .isEqualTo(truth.acceptedLines() + truth.duplicateLines());
        assertThat(report.path("rejected").asLong()).isEqualTo(truth.rejectedLines());
      }
      try (PostgresNode b = node("b", other, seed, redis)) {
        Future<Answer> again = threads.submit(() -> upload(a, events));
        JsonNode report = upload(b, events).data();
        assertThat(report.path("accepted").asLong()).isZero();
        assertThat(again.get().data().path("accepted").asLong()).isZero();
        assertThat(a.halves()).isEmpty();
        settledByBoth(a, b, threads, truth);
        assertThat(nets(a, truth)).isEqualTo(expected(truth));
        assertThat(nets(b, truth)).isEqualTo(expected(truth));

        // A node that is told to stop hands over what it has; nobody is told anything wrong.
        Future<Integer> ended = threads.submit(() -> b.process.terminate());
        int handed = 0;
        for (; !ended.isDone() || handed < 20; handed++) {
          var taken = a.purchaseAtLast("handed" + handed % 50, "p" + handed);
          // What was told to be unknown may have been stored or not.
          assertThat(taken.answer().status() == 201 || taken.wasOpen()).isTrue();
        }
        assertThat(ended.get()).isZero();
        // Cut connections would make it unreachable to the other one, as if it had been killed.
        assertThat(b.process.output() + b.process.errors())
            .doesNotContain("UNREACHABLE", "aborted");
        assertThat(stored("WHERE customer LIKE 'handed%'")).isEqualTo(handed);
      }
      assertThat(nets(a, truth)).isEqualTo(expected(truth));
      a.assertNoSecret();
      assertThat(a.process.terminate()).isZero();
    }
  }

  private static long stored(String where) {
    String count = "SELECT count(*) FROM purser.purchases " + where;
    return Long.parseLong(server.ask("two", count).getFirst());
  }

  private static Answer upload(PostgresNode node, byte[] events) throws Exception {
    Answer answer =
        node.post("/v1/ingest", "application/x-ndjson", BodyPublishers.ofByteArray(events));
    assertThat(answer.status()).as(answer.body().toString()).isEqualTo(200);
    return answer;
  }

  /// Settles everybody from both nodes at the same time: each refund is settled by one of them.
  private static void settledByBoth(
      PostgresNode a, PostgresNode b, ExecutorService threads, Truth truth)
      throws ExecutionException, InterruptedException {
    List<Future<Answer>> both = new ArrayList<>();
    for (PostgresNode node : List.of(a, b)) {
      both.add(
          threads.submit(
              () -> node.post("/v1/settlements", "application/json", BodyPublishers.noBody())));
    }
    long refunds = 0;
    for (Future<Answer> settled : both) {
      assertThat(settled.get().status()).as(settled.get().body().toString()).isEqualTo(200);
      refunds += settled.get().data().path("refunds").asLong();
    }
    assertThat(refunds)
        .isEqualTo(truth.customers().values().stream().mapToLong(Truth.Spend::refunds).sum());
  }

  /// What each customer has spent, settled, as `node` says.
  private static Map<String, Long> nets(PostgresNode node, Truth truth) throws Exception {
    Map<String, Long> nets = new TreeMap<>();
    List<String> ids = new ArrayList<>(expected(truth).keySet());
    for (int from = 0; from < ids.size(); from += 1_000) {
      List<String> some = ids.subList(from, Math.min(ids.size(), from + 1_000));
      Answer answer =
          node.post(
              "/v1/customers/lookup",
              "application/json",
              BodyPublishers.ofString("{\"ids\":" + JSON.writeValueAsString(some) + "}"));
      assertThat(answer.status()).as(answer.body().toString()).isEqualTo(200);
      for (JsonNode customer : answer.data().path("customers")) {
        JsonNode totals = customer.path("totals").path(0);
        assertThat(totals.path("pending_refund_minor").asLong()).isZero();
        nets.put(customer.path("id").asText(), totals.path("net_minor").asLong());
      }
    }
    return nets;
  }

  private static Map<String, Long> expected(Truth truth) {
    Map<String, Long> nets = new TreeMap<>();
    truth
        .customers()
        .forEach(
            (id, spend) -> {
              if (spend.purchases() + spend.refunds() > 0) {
                nets.put(id, spend.netMinor());
              }
            });
    return nets;
  }
}
