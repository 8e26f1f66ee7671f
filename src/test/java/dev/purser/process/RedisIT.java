package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.testing.RedisServer;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The process with a Redis, chosen by one variable.
final class RedisIT {
  private static final String PASSWORD = "s3/cret";
  private static final String ENCODED = "s3%2Fcret";
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  @TempDir private Path data;

  private static Map<String, String> environment(RedisServer redis, String password) {
    return Map.of("PURSER_CACHE_URL", "redis://:" + password + "@127.0.0.1:" + redis.port());
  }

  private static void await(String what, Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
    }
  }

  private static boolean degraded(Http http) throws Exception {
    Http.Answer ready = http.get("/health/ready");
    assertThat(ready.status()).isEqualTo(200);
    return ready.data().path("degraded").toString().equals("[\"cache\"]");
  }

  private static String text(URI uri) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request = HttpRequest.newBuilder(uri).build();
      return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
    }
  }

  private static void assertNoSecret(PurserProcess server) throws Exception {
    for (String path : new String[] {"/ops/config", "/ops/supervision", "/metrics"}) {
      assertThat(text(server.uri(path))).as(path).doesNotContain(PASSWORD).doesNotContain(ENCODED);
    }
    assertThat(server.errors() + server.output()).doesNotContain(PASSWORD).doesNotContain(ENCODED);
  }

  @Test
  void redis_comesAndGoes_saidAndHealed() throws Exception {
    try (RedisServer redis = RedisServer.withPassword(PASSWORD);
        PurserProcess server = PurserProcess.serve(data, environment(redis, ENCODED))) {
      Http http = new Http(server);
      await("connected", () -> text(server.uri("/metrics")).contains("cache_connected 1.0"));
      assertThat(http.purchase("c1", "p1").status()).isEqualTo(201);
      await("a copy", () -> redis.keys("purser:").size() == 1);
      assertThat(http.post("/ops/cache/clear", "").data().path("cleared").asLong()).isEqualTo(1);
      assertThat(degraded(http)).isFalse();

      redis.kill();
      await("degraded", () -> degraded(http));
      assertThat(http.get("/v1/customers/c1").status()).isEqualTo(200);
      assertThat(http.post("/ops/cache/clear", "").status()).isEqualTo(503);
      assertThat(http.get("/ops/supervision").body().toString()).contains("ERR_CACHE");

      redis.restart();
      await("healed", () -> !degraded(http));
      assertThat(http.purchase("c1", "p2").status()).isEqualTo(201);
      await("a copy", () -> redis.keys("purser:").size() == 1);
      assertNoSecret(server);
      assertThat(server.terminate()).isZero();
    }
  }

  @Test
  void redis_wrongPassword_servesAndSaysWhatToMend() throws Exception {
    try (RedisServer redis = RedisServer.withPassword("another");
        PurserProcess server = PurserProcess.serve(data, environment(redis, ENCODED))) {
      Http http = new Http(server);
      assertThat(http.purchase("c1", "p1").status()).isEqualTo(201);
      await("degraded", () -> degraded(http));
      assertThat(http.get("/ops/supervision").body().toString()).contains("mend user and password");
      assertThat(server.errors()).contains("mend user and password");
      assertNoSecret(server);
    }
  }

  @Test
  void url_wrong_refusedWithASentence() throws Exception {
    Map<String, String> wrong = Map.of("PURSER_CACHE_URL", "redis://:" + PASSWORD + "@h:x?y=1");
    try (PurserProcess server = PurserProcess.start(data, wrong)) {
      assertThat(server.exitCode()).isEqualTo(1);
      assertThat(server.errors()).contains("purser.cache.url: ").doesNotContain(PASSWORD);
    }
  }
}
