package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.ingest.SampleEvents;
import dev.purser.ingest.Truth;
import dev.purser.process.PostgresNode.Answer;
import dev.purser.process.PostgresNode.Taken;
import dev.purser.testing.Postgres;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;

/// The main job of the packaged distribution on PostgreSQL, while the server is stopped in both
/// ways: exactly what a run without a fault leaves.
final class PostgresIT {
  private static final int EVENTS = 6_000;
  private static final int POSTERS = 8;
  private static final int CUSTOMERS = 20;

  /// The most that the slots open, one for the schema and one for the lease.
  private static final int SLOTS = 4 + 8 + 1 + 1;

  private static Postgres server;
  @TempDir private Path data;
  private final AtomicBoolean enough = new AtomicBoolean();
  private final AtomicInteger ids = new AtomicInteger();
  private final List<String> posted = Collections.synchronizedList(new ArrayList<>());

  @BeforeAll
  static void start() {
    server = Postgres.start(Map.of());
    PostgresNode.makeUser(server);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  /// Sends what it holds when it is let.
  private static final class Gate extends InputStream {
    private final CountDownLatch open = new CountDownLatch(1);

    @Override
    public int read() throws IOException {
      try {
        open.await();
        return -1;
      } catch (InterruptedException e) {
        throw new IOException(e);
      }
    }
  }

  @Test
  void server_stoppedUnderLoadInBothWays_nothingLostAndNothingTwice() throws Exception {
    ByteArrayOutputStream generated = new ByteArrayOutputStream();
    Truth truth = SampleEvents.write(EVENTS, 3, generated);
    byte[] events = generated.toByteArray();
    String database = PostgresNode.makeDatabase(server, "job", "");
    try (PostgresNode node = PostgresNode.serve(server, database, data, Map.of());
        ExecutorService threads = Executors.newCachedThreadPool()) {
      assertThat(node.purchase("known", "1", "s").status()).isEqualTo(201);
      List<Future<?>> posters = new ArrayList<>();
      for (int i = 0; i < POSTERS; i++) {
        posters.add(threads.submit(() -> post(node)));
      }
      Gate first = new Gate();
      Gate second = new Gate();
      Future<Answer> upload = threads.submit(() -> upload(node, events, first, second));
      PostgresNode.await("the first third is being stored", () -> stored() > 0);
      server.stop(Postgres.Stop.FAST);
      assertAway(node);
      first.open.countDown();
      server.startAgain();
      int reconnecting = node.proxy.opened();
      PostgresNode.await("healed", () -> !node.degraded());
      assertThat(node.proxy.opened() - reconnecting).as("no herd").isLessThanOrEqualTo(2 * SLOTS);
      int before = ids.get();
      PostgresNode.await("writes work again", () -> ids.get() > before + 2 * POSTERS);

      server.stop(Postgres.Stop.IMMEDIATE);
      PostgresNode.await("degraded", node::degraded);
      second.open.countDown();
      server.startAgain();
      JsonNode report = upload.get().data();
      enough.set(true);
      for (Future<?> poster : posters) {
        poster.get();
      }
      assertThat(node.proxy.atMost()).isLessThanOrEqualTo(SLOTS);
      assertCounted(report, truth.acceptedLines(), truth.duplicateLines(), truth.rejectedLines());
      assertTotals(node, truth);
      JsonNode again = upload(node, events, closed(), closed()).data();
      assertCounted(
          again, 0, truth.acceptedLines() + truth.duplicateLines(), truth.rejectedLines());
      assertTotals(node, truth);
      node.assertNoSecret();
      assertThat(node.process.terminate()).isZero();
    }
  }

  static boolean retail() {
    return OnlineRetail.present();
  }

  @Test
  @EnabledIf("retail")
  void onlineRetail_loadedTwice_exact() throws Exception {
    OnlineRetail retail = new OnlineRetail();
    String database = PostgresNode.makeDatabase(server, "retail", "");
    try (PostgresNode node =
        PostgresNode.serve(server, database, data, Map.of("PURSER_JAVA_OPTS", "-Xmx256m"))) {
      long accepted = 0;
      long rejected = 0;
      for (byte[] part : OnlineRetail.gzipParts()) {
        JsonNode report = retail.ingest(node.process, part, true);
        accepted += report.path("accepted").asLong();
        rejected += report.path("rejected").asLong();
      }
      assertThat(accepted).isEqualTo(406_785);
      assertThat(rejected).isEqualTo(135_080);
      assertThat(retail.settle(node.process, "final").path("refunds").asLong()).isEqualTo(8_905);
      assertThat(retail.differences(node.process)).isEmpty();
      for (byte[] part : OnlineRetail.gzipParts()) {
        assertThat(retail.ingest(node.process, part, true).path("accepted").asLong()).isZero();
      }
      assertThat(retail.differences(node.process)).isEmpty();
      assertThat(node.halves()).isEmpty();
    }
  }

  private static InputStream closed() {
    return InputStream.nullInputStream();
  }

  private static long stored() {
    return Long.parseLong(
        server
            .ask("job", "SELECT count(*) FROM purser.purchases WHERE customer ~ '^1'")
            .getFirst());
  }

  /// Uploads a third, waits, another, waits, and the last.
  private static Answer upload(
      PostgresNode node, byte[] events, InputStream first, InputStream second) throws Exception {
    int third = events.length / 3;
    List<InputStream> parts =
        List.of(
            new ByteArrayInputStream(events, 0, third),
            first,
            new ByteArrayInputStream(events, third, third),
            second,
            new ByteArrayInputStream(events, 2 * third, events.length - 2 * third));
    Answer answer =
        node.post(
            "/v1/ingest",
            "application/x-ndjson",
            BodyPublishers.ofInputStream(
                () -> new SequenceInputStream(Collections.enumeration(parts))));
    assertThat(answer.status()).as(answer.body().toString()).isEqualTo(200);
    return answer;
  }

  /// Posts one purchase after the other, each until it is taken.
  private Void post(PostgresNode node) throws Exception {
    while (!enough.get()) {
      int n = ids.incrementAndGet();
      String customer = "poster" + n % CUSTOMERS;
      Taken taken = node.purchaseAtLast(customer, "p" + n);
      if (!taken.wasOpen()) {
        // Whoever was told that it is not applied, or nothing at all, must not hear of a duplicate.
        assertThat(taken.answer().status()).as("p" + n).isEqualTo(201);
      }
      posted.add(customer + "/p" + n);
    }
    return null;
  }

  /// What callers are told while the database is away.
  private static void assertAway(PostgresNode node) throws Exception {
    PostgresNode.await("degraded", node::degraded);
    PostgresNode.await(
        "the known customer is read, marked as stale",
        () -> {
          Answer known = node.get("/v1/customers/known");
          assertThat(known.status()).as(known.body().toString()).isEqualTo(200);
          assertThat(known.data().at("/totals/0/gross_minor").asInt()).isEqualTo(100);
          return known.data().path("stale").asBoolean();
        });
    Answer unknown = node.get("/v1/customers/unknown");
    assertThat(unknown.status()).isEqualTo(503);
    assertThat(unknown.code()).isEqualTo("ERR_DB");
    assertThat(unknown.retryAfter()).isTrue();
    node.purchase("unknown", "1", "s").assertRefused();
    assertThat(node.supervision()).contains("RESTART").doesNotContain("ESCALATE");
  }

  private static void assertCounted(
      JsonNode report, long accepted, long duplicates, long rejected) {
    assertThat(report.path("accepted").asLong()).isEqualTo(accepted);
    assertThat(report.path("duplicates").asLong()).isEqualTo(duplicates);
    assertThat(report.path("rejected").asLong()).isEqualTo(rejected);
  }

  /// Every customer of the truth, and every purchase that was posted, exactly once.
  private void assertTotals(PostgresNode node, Truth truth) {
    assertThat(node.halves()).isEmpty();
    List<String> expected = new ArrayList<>();
    truth
        .customers()
        .forEach(
            (id, s) -> {
              if (s.purchases() + s.refunds() > 0) {
                expected.add(
                    "%s %d %d %d %d"
                        .formatted(
                            id, s.purchases(), s.grossMinor(), s.refunds(), s.refundedMinor()));
              }
            });
    assertThat(
            server.ask(
                node.database,
                "SELECT concat_ws(' ', customer, purchases, gross_minor, refunds,"
                    + " pending_minor + settled_minor) FROM purser.totals"
                    + " WHERE customer !~ '^(poster|known|unknown)'"))
        .containsExactlyInAnyOrderElementsOf(expected);
    assertThat(
            server.ask(
                node.database,
                "SELECT customer || '/' || id FROM purser.purchases WHERE customer ~ '^poster'"))
        .containsExactlyInAnyOrderElementsOf(posted);
  }
}
