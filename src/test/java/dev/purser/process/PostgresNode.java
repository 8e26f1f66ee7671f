package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.testing.FaultyProxy;
import dev.purser.testing.Postgres;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;

/// The packaged distribution on a real PostgreSQL behind a proxy, as a plain user whose password is
/// as odd as passwords are.
final class PostgresNode implements AutoCloseable {
  /// Longer than any backoff and deadline together on a busy machine.
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private static final String USER = "odd";
  static final String PASSWORD = "p@ss:w/rd?#%&+ö";
  private static final String ENCODED = "p%40ss%3Aw%2Frd%3F%23%25%26+%C3%B6";
  private static final List<String> PUBLISHING =
      List.of("/ops/config", "/ops/supervision", "/ops/slots", "/metrics", "/health/ready");

  static final ObjectMapper JSON = new ObjectMapper();
  final Postgres server;
  final String database;
  final FaultyProxy proxy;
  final PurserProcess process;
  private final HttpClient client = HttpClient.newHttpClient();

  /// A status, a body and whether the caller is told when to come again.
  record Answer(int status, JsonNode body, boolean retryAfter) {

    JsonNode data() {
      return body.path("data");
    }

    String code() {
      return body.path("code").asText();
    }

    String outcome() {
      return body.path("outcome").asText();
    }

    /// What every refusal of a write must be while the database is away.
    Answer assertRefused() {
      assertThat(status).as(body.toString()).isIn(503, 504);
      assertThat(body.path("retryable").asBoolean()).as(body.toString()).isTrue();
      assertThat(outcome()).as(body.toString()).isIn("not_applied", "unknown");
      assertThat(retryAfter).isTrue();
      return this;
    }
  }

  private PostgresNode(Postgres server, String database, Path data, Map<String, String> more)
      throws Exception {
    this.server = server;
    this.database = database;
    proxy = new FaultyProxy("127.0.0.1", server.port());
    Map<String, String> environment = new HashMap<>(more);
    environment.put("PURSER_DATABASE_URL", url(proxy.port(), database));
    process = PurserProcess.serve(data, environment);
  }

  /// Makes the user on `server`, who must tell the password.
  static void makeUser(Postgres server) {
    server.run("postgres", "CREATE ROLE " + USER + " LOGIN PASSWORD '" + PASSWORD + "'");
    server.authenticate("host all " + USER + " 127.0.0.1/32 scram-sha-256");
  }

  /// A database that the user may make a schema in; `with` ends its statement.
  static String makeDatabase(Postgres server, String name, String with) {
    server.run("postgres", "CREATE DATABASE " + name + " OWNER " + USER + " " + with);
    return name;
  }

  static String url(int port, String database) {
    return "postgresql://" + USER + ":" + ENCODED + "@127.0.0.1:" + port + "/" + database;
  }

  static PostgresNode serve(
      Postgres server, String database, Path data, Map<String, String> environment)
      throws Exception {
    return new PostgresNode(server, database, data, environment);
  }

  Answer get(String path) throws Exception {
    return send(HttpRequest.newBuilder(process.uri(path)));
  }

  Answer post(String path, String type, HttpRequest.BodyPublisher body) throws Exception {
    return send(HttpRequest.newBuilder(process.uri(path)).header("Content-Type", type).POST(body));
  }

  Answer put(String path, String json) throws Exception {
    return send(
        HttpRequest.newBuilder(process.uri(path))
            .header("Content-Type", "application/json")
            .PUT(HttpRequest.BodyPublishers.ofString(json)));
  }

  Answer delete(String path) throws Exception {
    return send(HttpRequest.newBuilder(process.uri(path)).DELETE());
  }

  Answer send(String method, String path, String json) throws Exception {
    return send(
        HttpRequest.newBuilder(process.uri(path))
            .header("Content-Type", "application/json")
            .method(
                method,
                json.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(json)));
  }

  Answer purchase(String customer, String id, String sku) throws Exception {
    return post(
        "/v1/customers/" + customer + "/purchases",
        "application/json",
        HttpRequest.BodyPublishers.ofString(
            "{\"id\":\"%s\",\"sku\":\"%s\",\"quantity\":1,\"amount_minor\":100}"
                .formatted(id, sku)));
  }

  /// The same purchase again and again until it is taken; what comes before must be a refusal.
  ///
  /// @return the answer that took it, and whether any refusal left the outcome open
  Taken purchaseAtLast(String customer, String id) throws Exception {
    boolean open = false;
    for (long end = System.nanoTime() + PATIENCE.toNanos(); System.nanoTime() < end; ) {
      Answer answer = purchase(customer, id, "s");
      if (answer.status() == 200 || answer.status() == 201) {
        return new Taken(answer, open);
      }
      open |= answer.assertRefused().outcome().equals("unknown");
    }
    throw new AssertionError("not taken within " + PATIENCE + ": " + id);
  }

  record Taken(Answer answer, boolean wasOpen) {}

  private Answer send(HttpRequest.Builder request) throws Exception {
    HttpResponse<String> r =
        client.send(
            request.timeout(PATIENCE.multipliedBy(2)).build(),
            HttpResponse.BodyHandlers.ofString());
    boolean json = r.headers().firstValue("Content-Type").orElse("").endsWith("json");
    return new Answer(
        r.statusCode(),
        json ? JSON.readTree(r.body()) : JSON.getNodeFactory().textNode(r.body()),
        r.headers().firstValue("Retry-After").isPresent());
  }

  /// Whether the node says that it serves without its database. It must serve.
  boolean degraded() throws Exception {
    Answer ready = get("/health/ready");
    assertThat(ready.status()).as(ready.body().toString()).isEqualTo(200);
    return ready.data().path("degraded").toString().contains("\"database\"");
  }

  String supervision() throws Exception {
    return get("/ops/supervision").body().toString();
  }

  /// Ends all its sessions, as an administrator does.
  void terminateSessions() {
    server.run(
        "postgres",
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '" + USER + "'");
  }

  void alterUser(String how) {
    server.run("postgres", "ALTER ROLE " + USER + " " + how);
  }

  static void await(String what, Callable<Boolean> condition) throws Exception {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (!condition.call()) {
      assertThat(System.nanoTime()).as(what).isLessThan(end);
      LockSupport.parkNanos(5_000_000);
    }
  }

  /// Totals that are not the sums of their rows; a customer applied by half would be one.
  List<String> halves() {
    return server.ask(
        database,
        """
        SELECT t.customer FROM purser.totals t
        CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(sum(amount_minor), 0) AS s
          FROM purser.purchases WHERE customer = t.customer AND currency = t.currency) p
        CROSS JOIN LATERAL (SELECT count(*) AS n, coalesce(sum(amount_minor), 0) AS s
          FROM purser.refunds WHERE customer = t.customer AND currency = t.currency) r
        WHERE (t.purchases, t.gross_minor, t.refunds, t.pending_minor + t.settled_minor)
          <> (p.n, p.s, r.n, r.s)
        """);
  }

  /// Looks for the password, as it is and as the URL has it, wherever the node says something.
  void assertNoSecret() throws Exception {
    for (String path : PUBLISHING) {
      Answer answer = get(path);
      assertThat(answer.status()).as(path).isEqualTo(200);
      assertThat(answer.body().toString()).as(path).doesNotContain(PASSWORD, ENCODED);
    }
    assertThat(process.errors() + process.output()).doesNotContain(PASSWORD, ENCODED);
  }

  @Override
  public void close() {
    process.close();
    proxy.close();
    client.close();
  }
}
