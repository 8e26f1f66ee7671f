package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.testing.FaultyProxy;
import dev.purser.testing.RedisServer;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A Redis that fails in every way under a process that serves: clients get what they always get.
final class RedisUnderLoadIT {
  private static final int CLIENTS = 4;
  private static final int CUSTOMERS = 400;
  private static final Duration SLOW = Duration.ofMillis(50);
  private static final Pattern DROPPED =
      Pattern.compile("cache_dropped_total\\{[^}]*reason=\"breaker\"[^}]*} ([0-9.E]+)");

  /// So few stay in memory that most reads load, and ask the cache.
  private static final String ACTIVE = "100";

  @TempDir private Path data;
  private final AtomicBoolean enough = new AtomicBoolean();
  private final AtomicInteger rounds = new AtomicInteger();
  private final HttpClient client = HttpClient.newHttpClient();

  private String metrics(PurserProcess server) throws Exception {
    HttpRequest request = HttpRequest.newBuilder(server.uri("/metrics")).build();
    return client.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }

  private double dropped(PurserProcess server) throws Exception {
    Matcher found = DROPPED.matcher(metrics(server));
    return found.find() ? Double.parseDouble(found.group(1)) : 0;
  }

  /// Writes and reads customers in turn; each answer is what it would be without a fault.
  private Void call(Http http, int client) throws IOException, InterruptedException {
    for (int n = 0; !enough.get(); n++) {
      String id = client + "-" + n % CUSTOMERS;
      String purchase = Integer.toString(n / CUSTOMERS);
      assertThat(http.purchase(id, purchase).status()).isEqualTo(201);
      String old = client + "-" + Math.max(0, n - CUSTOMERS / 2) % CUSTOMERS;
      Http.Answer read = http.get("/v1/customers/" + old);
      assertThat(read.status()).isEqualTo(200);
      assertThat(read.data().path("stale").asBoolean()).isFalse();
      rounds.incrementAndGet();
    }
    return null;
  }

  /// Lets every client make some rounds under what has just been done.
  private void underLoad(String what, List<Future<?>> clients) throws Exception {
    int from = rounds.get();
    PostgresNode.await(
        "rounds while " + what,
        () -> {
          for (Future<?> failed : clients.stream().filter(Future::isDone).toList()) {
            failed.get();
          }
          return rounds.get() > from + 20 * CLIENTS;
        });
  }

  @Test
  void redis_failingInEveryWay_nobodyNotices() throws Exception {
    try (RedisServer redis = RedisServer.start();
        FaultyProxy proxy = new FaultyProxy("127.0.0.1", redis.port());
        ExecutorService threads = Executors.newFixedThreadPool(CLIENTS);
        PurserProcess server =
            PurserProcess.serve(
                data,
                Map.of(
                    "PURSER_CACHE_URL",
                    "redis://127.0.0.1:" + proxy.port(),
                    "PURSER_CUSTOMERS_ACTIVE_LIMIT",
                    ACTIVE))) {
      Http http = new Http(server);
      List<Future<?>> clients = new ArrayList<>();
      for (int i = 0; i < CLIENTS; i++) {
        int n = i;
        clients.add(threads.submit(() -> call(http, n)));
      }
      PostgresNode.await("copies", () -> redis.keys("purser:").size() > 50);
      redis.flushAll();
      underLoad("it is empty", clients);
      redis.plantEverywhere(new byte[] {1, 2, 3});
      underLoad("it holds rubbish", clients);
      redis.plantEverywhere(new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 9, 9, 9, 9, 9, 9});
      underLoad("it holds another format", clients);
      redis.stall();
      underLoad("it is stalled", clients);
      redis.resume();
      redis.kill();
      underLoad("it is gone", clients);
      redis.restart();
      PostgresNode.await("back", () -> metrics(server).contains("cache_breaker 0.0"));
      proxy.delayBytes(SLOW);
      PostgresNode.await("the breaker opens", () -> dropped(server) > 0);
      double before = dropped(server);
      underLoad("it is slow", clients);
      PostgresNode.await("left alone, not waited for", () -> dropped(server) > before);
      proxy.heal();
      PostgresNode.await("copies again", () -> redis.keys("purser:").size() > 50);
      enough.set(true);
      for (Future<?> done : clients) {
        done.get();
      }
      assertThat(server.terminate()).isZero();
    } finally {
      client.close();
    }
  }
}
