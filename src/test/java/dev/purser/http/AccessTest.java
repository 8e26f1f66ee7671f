package dev.purser.http;

import static dev.purser.http.EdgeTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.Config;
import dev.purser.config.Keys;
import dev.purser.customers.Customer.Reply;
import dev.purser.faults.Escalated;
import dev.purser.ledger.EventJson;
import dev.purser.ledger.Outcome;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.Materializer;
import org.junit.jupiter.api.Test;

/// Who may call what, and how often.
final class AccessTest {
  private static final SecureRandom RANDOM = new SecureRandom();

  @Test
  void tokens_everyRole_matrix() {
    Tokens.Made reader = Tokens.create("reader", RANDOM);
    Tokens.Made writer = Tokens.create("writer", RANDOM);
    Tokens.Made operator = Tokens.create("operator", RANDOM);
    try (Served served = new Served(reader.line(), writer.line(), operator.line())) {
      served.customers.reply = CompletableFuture.completedFuture(Stubs.read("1", 7));
      matrix(served, null, 401, 401, 401);
      matrix(served, "wrong", 401, 401, 401);
      matrix(served, reader.token(), 200, 403, 403);
      matrix(served, writer.token(), 200, 200, 403);
      matrix(served, operator.token(), 200, 200, 200);
      HttpResponse<byte[]> r = served.get("/v1/customers/1");
      assertProblem(r, 401, "ERR_UNAUTHORIZED", null);
      assertThat(r.headers().firstValue("WWW-Authenticate").orElseThrow()).startsWith("Bearer");
      assertThat(served.get("/health/ready").statusCode()).isEqualTo(200);
      assertThat(served.get("/metrics").statusCode()).isEqualTo(401);
      assertThat(
              served
                  .get("/v1/customers/1", "Authorization", "Basic " + reader.token())
                  .statusCode())
          .isEqualTo(401);
      assertThat(
              served
                  .json(
                      "POST",
                      "/v1/customers/lookup",
                      "{\"ids\":[\"1\"]}",
                      "Authorization",
                      "bearer " + reader.token())
                  .statusCode())
          .isEqualTo(200);
    }
  }

  private static void matrix(Served served, String token, int read, int write, int operate) {
    String[] headers =
        token == null ? new String[0] : new String[] {"Authorization", "Bearer " + token};
    served.customers.reply = CompletableFuture.completedFuture(Stubs.read("1", 7));
    assertThat(served.get("/v1/customers/1", headers).statusCode()).isEqualTo(read);
    served.customers.applied(Outcome.ACCEPTED);
    assertThat(served.json("PUT", "/v1/customers/1", "{\"preferences\":{}}", headers).statusCode())
        .isEqualTo(write);
    assertThat(served.get("/ops/config", headers).statusCode()).isEqualTo(operate);
  }

  @Test
  void settings_beyondLoopbackWithoutTokens_refused() {
    assertThat(reasons("purser.http.host = \"0.0.0.0\""))
        .anyMatch(r -> r.contains("not a loopback address"));
    assertThat(reasons("purser.http.host = \"0.0.0.0\"", "purser.http.insecure = on")).isEmpty();
    assertThat(reasons("purser.http.host = \"0.0.0.0\"", Tokens.create("writer", RANDOM).line()))
        .isEmpty();
    assertThat(reasons("purser.http.tokens = [\"secret\"]"))
        .hasSize(1)
        .noneMatch(r -> r.contains("secret"));
    assertThat(reasons("purser.http.tls.key = a")).hasSize(1);
    assertThat(reasons("purser.http.port = 70000")).hasSize(1);
  }

  private static List<String> reasons(String... overrides) {
    Config config = Served.config(overrides);
    Keys keys = new Keys(config.withOnlyPath("purser.http").getConfig("purser"));
    HttpSettings.read(keys.at("http"));
    keys.refuseUnread();
    return keys.reasons();
  }

  @Test
  void token_madeForUnknownRole_refused() {
    assertThatThrownBy(() -> Tokens.create("root", RANDOM))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void cors_configuredOrigin_allowed() {
    try (Served served = new Served("purser.http.origins = [\"https://desk.example\"]")) {
      HttpResponse<byte[]> preflight =
          served.send(
              "OPTIONS",
              "/v1/customers/1",
              BodyPublishers.noBody(),
              "Origin",
              "https://desk.example",
              "Access-Control-Request-Method",
              "PUT");
      assertThat(preflight.statusCode()).isEqualTo(204);
      assertThat(preflight.headers().firstValue("Access-Control-Allow-Origin"))
          .contains("https://desk.example");
      assertThat(preflight.headers().firstValue("Access-Control-Allow-Methods").orElseThrow())
          .contains("PUT");
      HttpResponse<byte[]> other = served.get("/v1/customers/1", "Origin", "https://evil.example");
      assertThat(other.headers().firstValue("Access-Control-Allow-Origin")).isEmpty();
      assertThat(other.headers().firstValue("Vary")).contains("Origin");
    }
  }

  @Test
  void rate_overLimit_tooManyRequests() {
    try (Served served = new Served("purser.http.rate-per-second = 2")) {
      List<Integer> statuses =
          java.util.stream.IntStream.range(0, 20)
              .mapToObj(_ -> served.get("/v1/customers/1").statusCode())
              .toList();
      assertThat(statuses).contains(200, 429);
      HttpResponse<byte[]> r = served.get("/v1/customers/1");
      if (r.statusCode() == 429) {
        assertProblem(r, 429, "ERR_RATE_LIMITED", null);
        assertThat(r.headers().firstValue("Retry-After")).contains("1");
      }
      assertThat(served.get("/health/live").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void admission_full_overloadedAtOnce() throws Exception {
    try (Served served = new Served("purser.http.admitted = 1")) {
      CompletableFuture<Reply> never = new CompletableFuture<>();
      served.customers.reply = never;
      Thread waiting = Thread.ofVirtual().start(() -> served.get("/v1/customers/first"));
      while (served.customers.ids.isEmpty()) {
        Thread.onSpinWait();
      }
      HttpResponse<byte[]> r = served.get("/v1/customers/second");
      assertProblem(r, 503, "ERR_OVERLOADED", null);
      assertThat(r.headers().firstValue("Retry-After")).contains("1");
      assertThat(served.get("/health/live").statusCode()).isEqualTo(200);
      assertThat(served.get("/ops/config").statusCode()).isEqualTo(200);
      never.complete(Stubs.read("1", 7));
      waiting.join(20_000);
      served.customers.reply = CompletableFuture.completedFuture(Stubs.read("1", 7));
      assertThat(served.get("/v1/customers/third").statusCode()).isEqualTo(200);
    }
  }

  @Test
  void benchmark_routesOn_asManyBytes() {
    try (Served served = new Served("purser.http.benchmark-routes = on")) {
      assertThat(served.get("/bench/constant/1").statusCode()).isEqualTo(200);
      assertThat(served.json("POST", "/bench/constant/1/purchases", "{}").statusCode())
          .isEqualTo(201);
    }
  }

  @Test
  void server_portTaken_escalates() {
    try (Served first = new Served()) {
      Config config = Served.config("purser.http.port = " + first.address.getPort());
      ActorTestKit kit = ActorTestKit.create(config);
      try {
        TestProbe<Throwable> failures = kit.createTestProbe();
        TestProbe<HttpServer.Listening> listening = kit.createTestProbe();
        Doors doors =
            new Doors(
                first.customers,
                first.documents,
                first.bulk,
                Served.workers(kit, config),
                first.vectors,
                first.operations,
                new EventJson("GBP", InstantSource.system()),
                Served.settings(config),
                Materializer.createMaterializer(kit.system()),
                InstantSource.system());
        kit.spawn(
            parent(
                HttpServer.create(new Edge(doors), doors.settings(), listening.ref()),
                failures.ref()));
        Throwable failure = failures.receiveMessage(Duration.ofSeconds(20));
        assertThat(failure)
            .isInstanceOf(Escalated.class)
            .hasMessageContaining("Cannot listen on 127.0.0.1:");
      } finally {
        kit.shutdownTestKit();
      }
    }
  }

  private static Behavior<String> parent(
      Behavior<HttpServer.Command> child, ActorRef<Throwable> failures) {
    return Behaviors.setup(
        context -> {
          context.watch(context.spawn(child, "http"));
          return Behaviors.receive(
              (_, _) -> Behaviors.same(),
              (_, signal) -> {
                if (signal instanceof ChildFailed failed) {
                  failures.tell(failed.getCause());
                }
                return Behaviors.same();
              });
        });
  }
}
