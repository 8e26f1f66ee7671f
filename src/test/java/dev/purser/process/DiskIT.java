package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.Statement;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A disk that fills, turns read-only, or holds a file that somebody else has locked: writes are
/// refused in words that can be repeated, reads go on, and the node heals by itself.
///
/// The small disk is a tmpfs of its own, which only root may mount; in CI it must be possible.
final class DiskIT {
  private static final int ATTEMPTS = 400;

  @TempDir private Path folder;
  private boolean mounted;

  @AfterEach
  void unmount() throws Exception {
    if (mounted) {
      run("umount", "-l", folder.toString());
    }
  }

  @Test
  void disk_full_refusesWritesReadsOnAndHeals() throws Exception {
    mount("size=6m");
    Map<String, String> noWatermark =
        Map.of(
            "PURSER_DATABASE_DISK_WATERMARK", "0 B", "PURSER_DATABASE_SQLITE_CHECKPOINT", "1 MiB");
    try (PurserProcess server = PurserProcess.serve(folder, noWatermark)) {
      Http http = new Http(server);
      assertThat(http.purchase("first", "p").status()).isEqualTo(201);
      Http.Answer refused = fill(http);
      assertThat(refused.code()).isEqualTo("ERR_DB");
      assertThat(refused.body().get("retryable").asBoolean()).isTrue();
      assertThat(refused.body().get("outcome").asText()).isIn("not_applied", "unknown");
      assertThat(http.get("/v1/customers/first").status()).isEqualTo(200);
      assertThat(http.get("/ops/supervision").body().toString()).contains("disk");
      mount("remount,size=64m");
      assertHeals(http);
      assertThat(server.terminate()).isZero();
    }
  }

  @Test
  void disk_belowTheWatermark_refusesWritesBeforeTheDiskDoes() throws Exception {
    mount("size=8m");
    try (PurserProcess server =
        PurserProcess.serve(folder, Map.of("PURSER_DATABASE_DISK_WATERMARK", "16 MiB"))) {
      Http http = new Http(server);
      Http.Answer refused = repeatUntil(http, 503);
      assertThat(refused.code()).isEqualTo("ERR_DB");
      assertThat(refused.body().get("outcome").asText()).isEqualTo("not_applied");
      mount("remount,size=64m");
      assertHeals(http);
    }
  }

  @Test
  void database_lockedByAnother_refusesWritesReadsOnAndHeals() throws Exception {
    try (PurserProcess server = PurserProcess.serve(folder, Map.of())) {
      Http http = new Http(server);
      assertThat(http.purchase("first", "p").status()).isEqualTo(201);
      try (Connection other = open();
          Statement statement = other.createStatement()) {
        statement.execute("BEGIN IMMEDIATE");
        Http.Answer refused = http.purchase("first", "while-locked");
        assertThat(refused.status()).isIn(503, 504);
        assertThat(refused.body().get("retryable").asBoolean()).isTrue();
        assertThat(http.get("/v1/customers/first").status()).isEqualTo(200);
        statement.execute("ROLLBACK");
      }
      assertHeals(http);
    }
  }

  @Test
  void serve_newerSchema_refused() throws Exception {
    try (PurserProcess server = PurserProcess.serve(folder, Map.of())) {
      server.terminate();
    }
    try (Connection c = open();
        Statement statement = c.createStatement()) {
      statement.execute("PRAGMA user_version = 9999");
    }
    try (PurserProcess server = PurserProcess.start(folder, Map.of())) {
      assertThat(server.exitCode()).isEqualTo(1);
      assertThat(server.errors()).contains("purser: ").contains("9999");
    }
  }

  @Test
  void serve_readOnlyFolder_refused() throws Exception {
    mount("size=8m");
    mount("remount,ro");
    try (PurserProcess server = PurserProcess.start(folder, Map.of())) {
      assertThat(server.exitCode()).isEqualTo(1);
      assertThat(server.errors().lines().filter(l -> l.startsWith("purser: "))).hasSize(1);
    }
  }

  private Connection open() throws Exception {
    return DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("purser.db"));
  }

  /// Posts ever more until the disk is full; answers the refusal.
  private static Http.Answer fill(Http http) throws Exception {
    String description = "x".repeat(4_000);
    for (int batch = 0; batch < ATTEMPTS; batch++) {
      Http.Answer answer =
          http.post(
              "/v1/customers/c" + batch + "/purchases",
              "{\"id\":\"p\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":1,\"description\":\""
                  + description
                  + "\"}");
      for (int i = 0; i < 10 && answer.status() == 201; i++) {
        answer =
            http.post(
                "/v1/customers/c" + batch + "/purchases",
                "{\"id\":\"q"
                    + i
                    + "\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":1,\"description\":\""
                    + description
                    + "\"}");
      }
      if (answer.status() != 201) {
        return answer;
      }
    }
    throw new AssertionError("the disk never filled");
  }

  private static Http.Answer repeatUntil(Http http, int status) throws Exception {
    for (int i = 0; i < ATTEMPTS; i++) {
      Http.Answer answer = http.purchase("c", "p" + i);
      if (answer.status() == status) {
        return answer;
      }
      TimeUnit.MILLISECONDS.sleep(25);
    }
    throw new AssertionError("never answered " + status);
  }

  private static void assertHeals(Http http) throws Exception {
    Http.Answer answer = http.purchase("healed", "p");
    for (int i = 0; i < ATTEMPTS && answer.status() >= 500; i++) {
      TimeUnit.MILLISECONDS.sleep(50);
      answer = http.purchase("healed", "p");
    }
    assertThat(answer.status()).as(answer.body().toString()).isIn(200, 201);
  }

  private void mount(String options) throws Exception {
    int code = run("mount", "-t", "tmpfs", "-o", options, "tmpfs", folder.toString());
    if (System.getenv("CI") == null) {
      Assumptions.assumeTrue(code == 0, "only root may mount a small disk");
    }
    assertThat(code).isZero();
    mounted = true;
  }

  private static int run(String... command) throws IOException, InterruptedException {
    return new ProcessBuilder(command).inheritIO().start().waitFor();
  }
}
