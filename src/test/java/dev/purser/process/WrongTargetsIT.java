package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.testing.Postgres;
import dev.purser.testing.RedisServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// URLs that are wrong, and right ones of something else: one sentence that says what to mend, exit
/// code 1, and no secret.
final class WrongTargetsIT {
  private static final String SECRET = "hunter2";
  private static Postgres server;
  private static RedisServer redis;
  @TempDir private Path data;

  @BeforeAll
  static void start() {
    server = Postgres.start(Map.of());
    PostgresNode.makeUser(server);
    redis = RedisServer.start();
  }

  @AfterAll
  static void stop() {
    redis.close();
    server.close();
  }

  private static String url(String user, int port, String database) {
    return "postgresql://%s:%s@127.0.0.1:%d/%s".formatted(user, SECRET, port, database);
  }

  private void assertRefused(Map<String, String> environment, String command, String words)
      throws Exception {
    Map<String, String> all = new HashMap<>(environment);
    try (PurserProcess process = PurserProcess.start(data, all, List.of(command))) {
      assertThat(process.exitCode()).as(process.errors()).isEqualTo(1);
      List<String> said = process.errors().lines().filter(l -> l.startsWith("purser: ")).toList();
      assertThat(said).as(process.errors()).hasSize(1);
      assertThat(process.errors()).contains(words).doesNotContain(SECRET, "\tat ");
      assertThat(process.output()).doesNotContain(SECRET);
    }
  }

  @Test
  void url_wrong_isRefusedBeforeAnythingStarts() throws Exception {
    String host = "postgresql://odd:" + SECRET + "@h/d";
    assertUrlRefused("PURSER_DATABASE_URL", host + "?fetchsize=1", "the parameter \"fetchsize\"");
    assertUrlRefused("PURSER_DATABASE_URL", "postgresql://odd:" + SECRET + "/#@h/d", "encode");
    assertUrlRefused("PURSER_DATABASE_URL", "mysql://odd:" + SECRET + "@h/d", "neither sqlite");
    assertUrlRefused("PURSER_CACHE_URL", "redis://:" + SECRET + "/#@h", "%2F for /");
  }

  @Test
  void seeds_withoutADatabaseToShare_areRefusedBeforeAnythingStarts() throws Exception {
    Map<String, String> seeds =
        Map.of("PURSER_CLUSTER_SEEDS", "127.0.0.1:7355", "PURSER_CLUSTER_PORT", "7355");
    for (String command : List.of("check-config", "serve")) {
      assertRefused(seeds, command, "nodes of a cluster share a PostgreSQL");
    }
  }

  private void assertUrlRefused(String key, String url, String words) throws Exception {
    for (String command : List.of("check-config", "serve")) {
      assertRefused(Map.of(key, url), command, words);
    }
  }

  @Test
  void database_wrong_endsTheNodeWithWhatToMend() throws Exception {
    assertEnds(url("odd", server.port(), "postgres"), "refused the password; correct it");
    assertEnds(url("postgres", server.port(), "nowhere"), "does not exist; create it");
    assertEnds("postgresql://odd:" + SECRET + "@no-such-host.invalid/d", "host name");
    try (ServerSocket mail = greeting("220 ready\r\n")) {
      assertEnds(url("odd", mail.getLocalPort(), "d"), "does not speak as a PostgreSQL server");
    }
    String foreign = server.freshDatabase();
    server.run(
        foreign, "CREATE SCHEMA purser", "CREATE TABLE purser.customers (id int PRIMARY KEY)");
    assertEnds(url("postgres", server.port(), foreign), "of another program");
    assertThat(server.ask(foreign, "SELECT count(*) FROM purser.customers")).containsExactly("0");
  }

  private void assertEnds(String url, String words) throws Exception {
    assertRefused(Map.of("PURSER_DATABASE_URL", url), "serve", words);
  }

  /// A service on a free port that says `text` to whoever comes, before it is asked anything.
  private static ServerSocket greeting(String text) throws IOException {
    ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual()
        .start(
            () -> {
              try {
                while (true) {
                  server.accept().getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
                }
              } catch (IOException _) {
                // The test is over.
              }
            });
    return server;
  }

  /// Whoever keeps silent may be a server that hangs, so it is waited for, and said so.
  @Test
  void database_onARedis_saysWhereToLook() throws Exception {
    Map<String, String> environment = Map.of("PURSER_DATABASE_URL", url("odd", redis.port(), "d"));
    try (PurserProcess process = PurserProcess.start(data, environment)) {
      PostgresNode.await(
          "it says where to look",
          () -> process.errors().contains("cannot be reached; check its host, its port"));
      assertThat(process.errors()).contains("127.0.0.1:" + redis.port()).doesNotContain(SECRET);
      assertThat(process.terminate()).isZero();
    }
  }

  /// A cache that is none costs nobody an answer.
  @Test
  void cache_ofAnotherServicesPort_servesAndSaysWhatToMend() throws Exception {
    Map<String, String> environment =
        Map.of("PURSER_CACHE_URL", "redis://:" + SECRET + "@127.0.0.1:" + server.port());
    try (PurserProcess process = PurserProcess.serve(data, environment)) {
      Http http = new Http(process);
      assertThat(http.purchase("c", "p").status()).isEqualTo(201);
      PostgresNode.await(
          "degraded",
          () -> http.get("/health/ready").body().toString().contains("\"degraded\":[\"cache\"]"));
      assertThat(http.get("/ops/supervision").body().toString())
          .contains("ERR_CACHE")
          .doesNotContain(SECRET);
      assertThat(http.get("/v1/customers/c").status()).isEqualTo(200);
      assertThat(process.terminate()).isZero();
      assertThat(process.errors()).doesNotContain(SECRET);
    }
  }

  /// An outage at the start is an outage: the node waits, and says for what.
  @Test
  void server_notThereAtTheStart_isWaitedFor() throws Exception {
    String database = PostgresNode.makeDatabase(server, "late", "");
    server.stop(Postgres.Stop.FAST);
    Map<String, String> environment =
        Map.of("PURSER_DATABASE_URL", PostgresNode.url(server.port(), database));
    try (PurserProcess process = PurserProcess.start(data, environment)) {
      PostgresNode.await(
          "it says what it waits for",
          () -> process.errors().contains("cannot be reached; check its host, its port"));
      assertThat(process.alive()).isTrue();
      server.startAgain();
      process.awaitReady();
      assertThat(new Http(process).purchase("c", "p").status()).isEqualTo(201);
      assertThat(process.terminate()).isZero();
    }
  }
}
