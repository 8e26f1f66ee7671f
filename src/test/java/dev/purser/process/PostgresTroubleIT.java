package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.purser.process.PostgresNode.Answer;
import dev.purser.testing.Postgres;
import dev.purser.testing.SmallDisk;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What clients and operators see of a PostgreSQL in trouble that an operator, the network or the
/// disk makes: the process lives through all of it, says what to mend, and heals when it is mended.
final class PostgresTroubleIT {
  private static final byte[] COMMITTED = "COMMIT\0".getBytes(StandardCharsets.US_ASCII);

  /// Troubles are met and healed of sooner than in production, so that the test is short.
  private static final Map<String, String> BRISK =
      Map.of("PURSER_DATABASE_SLOTS_WORK_LIMIT", "4 s", "PURSER_DATABASE_SLOTS_BACKOFF_CAP", "1 s");

  private static Postgres server;
  @TempDir private Path data;

  @BeforeAll
  static void start() {
    server = Postgres.start(Map.of());
    PostgresNode.makeUser(server);
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Test
  void wireAndServer_inEveryTrouble_servedThroughAndHealed() throws Exception {
    String database = PostgresNode.makeDatabase(server, "trouble", "");
    try (PostgresNode node = PostgresNode.serve(server, database, data, BRISK)) {
      assertThat(node.purchase("known", "1", "s").status()).isEqualTo(201);

      CountDownLatch lost = node.proxy.cutBeforeAnswer(COMMITTED);
      Answer accepted = node.purchase("known", "2", "s");
      assertThat(lost.getCount()).as("an answer of COMMIT was lost").isZero();
      assertThat(accepted.status()).as(accepted.body().toString()).isEqualTo(201);
      assertThat(node.purchase("known", "2", "s").status()).isEqualTo(200);

      outage(node, "cannot be reached", node.proxy::stall, node.proxy::heal);
      outage(
          node,
          "cannot be reached",
          () -> {
            node.proxy.refuse();
            node.proxy.reset();
          },
          node.proxy::heal);
      outage(
          node,
          "refused the password; correct it in the URL",
          () -> {
            node.alterUser("PASSWORD 'another'");
            node.terminateSessions();
          },
          () -> node.alterUser("PASSWORD '" + PostgresNode.PASSWORD + "'"));
      outage(
          node,
          "has no connection left; raise max_connections",
          () -> {
            node.alterUser("CONNECTION LIMIT 0");
            node.terminateSessions();
          },
          () -> node.alterUser("CONNECTION LIMIT -1"));
      outage(
          node,
          "is read-only, as a standby is",
          () -> {
            node.alterUser("SET default_transaction_read_only = on");
            node.terminateSessions();
          },
          () -> node.alterUser("RESET default_transaction_read_only"));
      assertThat(node.supervision()).doesNotContain("ESCALATE");
      assertThat(node.halves()).isEmpty();
      node.assertNoSecret();
      assertThat(node.process.terminate()).isZero();
    }
  }

  @Test
  void disk_full_writesRefusedReadsGoOnAndSpaceHeals() throws Exception {
    Path folder = Files.createTempDirectory("small-disk");
    try (SmallDisk disk = SmallDisk.mount(folder, "64m")) {
      assumeTrue(disk.mounted(), "there is no right to mount a small disk");
      server.run("postgres", "CREATE TABLESPACE small LOCATION '" + folder + "'");
      String database = PostgresNode.makeDatabase(server, "small", "TABLESPACE small");
      try (PostgresNode node = PostgresNode.serve(server, database, data, BRISK)) {
        assertThat(node.purchase("known", "1", "s").status()).isEqualTo(201);
        Path filling = folder.resolve("filling");
        outage(
            node, "is on a full disk; free some space", () -> fill(filling), () -> free(filling));
        assertThat(node.halves()).isEmpty();
        assertThat(node.process.terminate()).isZero();
      }
      server.run("postgres", "DROP DATABASE small", "DROP TABLESPACE small");
    }
  }

  private static void fill(Path file) {
    byte[] block = new byte[8 * 1024];
    try (OutputStream out = Files.newOutputStream(file)) {
      while (true) {
        out.write(block);
      }
    } catch (IOException _) {
      // It is full: that is what the test does to it.
    }
  }

  private static void free(Path file) {
    try {
      Files.delete(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  /// Breaks the database, sees what everybody is told, and mends it.
  ///
  /// @param words what `/ops/supervision` must say meanwhile
  private static void outage(PostgresNode node, String words, Runnable breaking, Runnable mending)
      throws Exception {
    String round = "r" + node.proxy.opened();
    Random texts = new Random(1);
    breaking.run();
    PostgresNode.await(
        words,
        () -> {
          Answer write = node.purchase("round-" + round, "w" + texts.nextLong(), text(texts));
          if (write.status() == 201) {
            return false; // what is broken has not been met yet
          }
          write.assertRefused();
          Answer known = node.get("/v1/customers/known");
          assertThat(known.status()).as(known.body().toString()).isEqualTo(200);
          assertThat(known.data().at("/totals/0/gross_minor").asInt()).isPositive();
          return node.degraded() && node.supervision().contains(words);
        });
    mending.run();
    assertThat(node.purchaseAtLast("known", round).answer().status()).isIn(200, 201);
    PostgresNode.await("healed of: " + words, () -> !node.degraded());
  }

  /// Long enough to need a page of its own for every two rows, and not to be compressed away.
  private static String text(Random random) {
    byte[] bytes = new byte[2_000];
    random.nextBytes(bytes);
    return HexFormat.of().formatHex(bytes);
  }
}
