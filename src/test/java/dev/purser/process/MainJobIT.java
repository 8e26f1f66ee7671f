package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.api.io.TempDir;
import org.sqlite.SQLiteConfig;

/// The main job on real input, done by the packaged distribution with a quarter of a GiB of heap.
@EnabledIf("present")
final class MainJobIT {
  private static final Map<String, String> SMALL = Map.of("PURSER_JAVA_OPTS", "-Xmx256m");

  /// Settles slowly enough to be met in the middle of it.
  private static final Map<String, String> ONE_BY_ONE =
      Map.of("PURSER_JAVA_OPTS", "-Xmx256m", "PURSER_CUSTOMERS_SETTLEMENTS_IN_FLIGHT", "1");

  @TempDir private Path data;
  private final OnlineRetail retail = new OnlineRetail();

  static boolean present() {
    return OnlineRetail.present();
  }

  @Test
  void load_plainThenGzip_exactAndRepeatable() throws Exception {
    List<byte[]> parts = OnlineRetail.gzipParts();
    try (PurserProcess server = PurserProcess.serve(data, SMALL)) {
      List<JsonNode> first = new ArrayList<>();
      for (byte[] part : parts) {
        first.add(retail.ingest(server, OnlineRetail.gunzip(part), false));
      }
      assertThat(sum(first, "lines")).isEqualTo(541_909);
      assertThat(sum(first, "accepted")).isEqualTo(406_785);
      assertThat(sum(first, "skipped")).isEqualTo(44);
      assertThat(sum(first, "rejected")).isEqualTo(135_080);
      assertThat(sum(first, "duplicates")).isZero();
      assertThat(sum(first, "customers_created")).isEqualTo(4_371);

      JsonNode settled = retail.settle(server, "2011-12-09");
      assertThat(settled.get("refunds").asLong()).isEqualTo(8_905);
      assertThat(retail.differences(server)).isEmpty();
      assertThat(retail.lookup(server, List.of("13256")).get("missing").get(0).asText())
          .isEqualTo("13256");

      List<JsonNode> again = new ArrayList<>();
      for (byte[] part : parts) {
        again.add(retail.ingest(server, part, true));
      }
      assertThat(sum(again, "accepted")).isZero();
      assertThat(sum(again, "duplicates")).isEqualTo(406_785);
      assertThat(sum(again, "skipped")).isEqualTo(44);
      assertThat(sum(again, "rejected")).isEqualTo(135_080);
      assertThat(retail.differences(server)).isEmpty();
      assertThat(server.terminate()).isZero();
    }
  }

  @Test
  void load_killedAtTenMomentsAndTwiceWhileSettling_exact() throws Exception {
    List<byte[]> parts = OnlineRetail.gzipParts();
    Random random = new Random(20111209);
    for (int kill = 0; kill < 10; kill++) {
      try (PurserProcess server = PurserProcess.serve(data, SMALL)) {
        killWhile(server, 300 + random.nextInt(2_500), () -> load(server, parts));
      }
    }
    try (PurserProcess server = PurserProcess.serve(data, SMALL)) {
      load(server, parts);
    }
    for (int kill = 0; kill < 2; kill++) {
      long before = pendingCustomers();
      try (PurserProcess server = PurserProcess.serve(data, ONE_BY_ONE)) {
        long enough = before - 100 - random.nextInt(300);
        killOnce(server, () -> pendingCustomers() <= enough, () -> retail.settle(server, "final"));
      }
      assertThat(pendingCustomers()).as("in the middle").isPositive().isLessThan(before);
    }
    try (PurserProcess server = PurserProcess.serve(data, SMALL)) {
      JsonNode settled = retail.settle(server, "final");
      assertThat(settled.get("refunds").asLong()).isEqualTo(8_905);
      assertThat(retail.differences(server)).isEmpty();
      load(server, parts);
      assertThat(retail.differences(server)).isEmpty();
    }
  }

  private void load(PurserProcess server, List<byte[]> parts) throws Exception {
    for (byte[] part : parts) {
      JsonNode report = retail.ingest(server, part, true);
      assertThat(sum(List.of(report), "lines")).isPositive();
    }
  }

  /// Customers that have refunds to settle, as another process sees them in the database's file.
  private long pendingCustomers() throws SQLException {
    SQLiteConfig config = new SQLiteConfig();
    config.setReadOnly(true);
    try (Connection connection =
            config.createConnection("jdbc:sqlite:" + data.resolve("purser.db"));
        Statement statement = connection.createStatement();
        ResultSet row =
            statement.executeQuery(
                "SELECT count(DISTINCT customer) FROM totals WHERE pending_refunds > 0")) {
      return row.getLong(1);
    }
  }

  /// Runs `work` and kills the server after `millis`, or when the work is done, whichever comes
  /// first.
  private static void killWhile(PurserProcess server, int millis, Work work) throws Exception {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
    killOnce(server, () -> System.nanoTime() >= end, work);
  }

  /// Runs `work` and kills the server once `due`, or when the work is done.
  private static void killOnce(PurserProcess server, Due due, Work work) throws Exception {
    AtomicBoolean killed = new AtomicBoolean();
    CompletableFuture<Void> done =
        CompletableFuture.runAsync(
            () -> {
              try {
                work.run();
              } catch (Exception e) {
                if (!killed.get()) {
                  throw new IllegalStateException("failed before it was killed", e);
                }
              }
            });
    while (!due.now() && !ended(done)) {}
    killed.set(true);
    server.kill();
    done.get(30, TimeUnit.SECONDS);
  }

  /// Waits a moment for the work to end.
  private static boolean ended(CompletableFuture<Void> work) throws Exception {
    try {
      var _ = work.get(1, TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException _) {
      return false;
    }
  }

  private static long sum(List<JsonNode> reports, String counter) {
    return reports.stream().mapToLong(r -> r.get(counter).asLong()).sum();
  }

  /// Work that may be interrupted by the end of the server.
  private interface Work {
    void run() throws Exception;
  }

  /// Whether the moment has come.
  private interface Due {
    boolean now() throws Exception;
  }
}
