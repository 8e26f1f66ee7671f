package dev.purser.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.purser.config.Keys;
import dev.purser.faults.SupervisionLog;
import dev.purser.ledger.EventJson;
import dev.purser.vectors.VectorsSettings;
import dev.purser.vectors.Workers;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.time.InstantSource;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.stream.Materializer;

/// The edge on a real socket, as shipped (`conf/http.conf`) but for `overrides`, with stubs or real
/// doors behind it.
final class Served implements AutoCloseable {
  static final ObjectMapper JSON = new ObjectMapper();
  private static final RouteTree ROUTES = new RouteTree(Routes.TABLE);
  final Stubs.StubCustomers customers = new Stubs.StubCustomers();
  final Stubs.StubDocuments documents = new Stubs.StubDocuments();
  final Stubs.StubVectors vectors = new Stubs.StubVectors();
  final Stubs.StubBulk bulk = new Stubs.StubBulk();
  final Stubs.StubOperations operations = new Stubs.StubOperations();
  final ActorTestKit kit;
  final Edge edge;
  final InetSocketAddress address;
  private final Workers workers;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

  Served(String... overrides) {
    Config config = config(overrides);
    kit = ActorTestKit.create(config);
    workers = workers(kit, config);
    Doors doors =
        new Doors(
            customers,
            documents,
            bulk,
            workers,
            vectors,
            operations,
            new EventJson("GBP", InstantSource.system()),
            settings(config),
            Materializer.createMaterializer(kit.system()),
            InstantSource.system());
    edge = new Edge(doors);
    address = serve(kit, edge, doors.settings());
  }

  private Served(ActorTestKit kit, Doors doors) {
    this.kit = kit;
    this.workers = doors.workers();
    this.edge = new Edge(doors);
    this.address = serve(kit, edge, doors.settings());
  }

  /// Serves `doors` on a system that the caller owns.
  static Served over(ActorTestKit kit, Doors doors) {
    return new Served(kit, doors);
  }

  static Config config(String... overrides) {
    return ConfigFactory.parseString(
            "purser.http.port = 0\npekko.actor.allow-java-serialization = off\n"
                + "pekko.loglevel = WARNING\n"
                // As shipped: with the default, JDK 25's pool stalls streams.
                + "pekko.actor.default-dispatcher.fork-join-executor.minimum-runnable = 4\n"
                + "pekko.actor.internal-dispatcher.fork-join-executor.minimum-runnable = 4\n"
                + String.join("\n", overrides))
        .withFallback(ConfigFactory.parseFile(new File("conf/http.conf")))
        .withFallback(ConfigFactory.parseFile(new File("conf/vectors.conf")))
        .withFallback(ConfigFactory.load())
        .resolve();
  }

  Workers workers() {
    return workers;
  }

  static Workers workers(ActorTestKit kit, Config config) {
    Keys keys = new Keys(config.getConfig("purser"));
    VectorsSettings settings = VectorsSettings.read(keys.at("vectors"));
    if (!keys.reasons().isEmpty()) {
      throw new IllegalArgumentException(keys.reasons().toString());
    }
    return Workers.start(kit.system(), settings, new SupervisionLog(50, InstantSource.system()));
  }

  static HttpSettings settings(Config config) {
    Keys keys = new Keys(config.getConfig("purser"));
    HttpSettings settings = HttpSettings.read(keys.at("http"));
    if (!keys.reasons().isEmpty()) {
      throw new IllegalArgumentException(keys.reasons().toString());
    }
    return settings;
  }

  private static InetSocketAddress serve(ActorTestKit kit, Edge edge, HttpSettings settings) {
    TestProbe<HttpServer.Listening> listening = kit.createTestProbe();
    kit.spawn(HttpServer.create(edge, settings, listening.ref()));
    return listening.receiveMessage(Duration.ofSeconds(20)).address();
  }

  /// Sends a request; `headers` are name, value, name, value.
  HttpResponse<byte[]> send(String method, String path, BodyPublisher body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://localhost:" + address.getPort() + path))
            .timeout(Duration.ofSeconds(30))
            .method(method, body);
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      return judged(client.send(request.build(), BodyHandlers.ofByteArray()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Every answer that a test provokes must be one that the OpenAPI document promises.
  private static HttpResponse<byte[]> judged(HttpResponse<byte[]> response) {
    String method = response.request().method();
    Target target = Target.parse(response.uri().getRawPath());
    Route route = ROUTES.find(method.equals("HEAD") ? "GET" : method, target.segments());
    if (route == null) {
      return response; // no route: 404, 405 and OPTIONS are of no operation
    }
    String type = response.headers().firstValue("Content-Type").orElse(null);
    boolean plainJson =
        type != null
            && type.endsWith("json")
            && !type.endsWith("x-ndjson")
            && response.headers().firstValue("Content-Encoding").isEmpty();
    if (type == null || plainJson) {
      JsonNode body = type == null || method.equals("HEAD") ? null : tree(response);
      assertThat(
              OpenApiDocument.SHARED.wrongAnswer(
                  method, route.template(), response.statusCode(), type, body))
          .isEmpty();
    }
    return response;
  }

  HttpResponse<byte[]> get(String path, String... headers) {
    return send("GET", path, BodyPublishers.noBody(), headers);
  }

  HttpResponse<byte[]> post(String path, String json) {
    return json("POST", path, json);
  }

  HttpResponse<byte[]> json(String method, String path, String json, String... headers) {
    String[] all = new String[headers.length + 2];
    System.arraycopy(headers, 0, all, 0, headers.length);
    all[headers.length] = "Content-Type";
    all[headers.length + 1] = "application/json";
    return send(method, path, BodyPublishers.ofString(json), all);
  }

  static JsonNode tree(HttpResponse<byte[]> response) {
    return tree(response.body());
  }

  static JsonNode tree(byte[] body) {
    try {
      return JSON.readTree(body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    client.close();
    kit.shutdownTestKit();
  }
}
