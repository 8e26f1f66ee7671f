package dev.purser.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.ledger.Outcome;
import java.io.IOException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What a web page can make a browser send to a node without tokens: nothing that is answered, on
/// any route. Raw sockets, since no client sends a foreign origin of its own accord.
final class CrossSiteTest {
  private static final String DESK = "https://desk.example";
  private static final String CHUNKED = "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n";
  private static Served served;

  @BeforeAll
  static void serve() {
    served = new Served("purser.http.origins = [\"" + DESK + "\"]");
    served.customers.applied(Outcome.ACCEPTED);
  }

  @AfterAll
  static void close() {
    served.close();
  }

  @BeforeEach
  void forget() {
    served.operations.orders.clear();
    served.bulk.replays.clear();
  }

  @Test
  void foreignOrigin_onEveryRoute_forbiddenAndNothingDone() throws IOException {
    for (Route route : Routes.TABLE) {
      for (String header :
          List.of(
              "Origin: https://evil.example",
              "Origin: null",
              "Origin: http://localhost:1",
              "Origin: http://127.0.0.1",
              "Sec-Fetch-Site: cross-site",
              "Sec-Fetch-Site: same-site",
              "Sec-Fetch-Site: same-origin\r\nOrigin: https://evil.example")) {
        assertThat(status(served, route.method(), path(route), header))
            .as(route.method() + " " + route.template() + " " + header)
            .isEqualTo(403);
      }
    }
    assertThat(served.operations.orders).isEmpty();
    assertThat(served.bulk.replays).isEmpty();
    assertThat(served.customers.changes).isEmpty();
  }

  @Test
  void foreignOrigin_headOptionsAndUnknownPaths_forbidden() throws IOException {
    String evil = "Origin: https://evil.example";
    assertThat(status(served, "HEAD", "/v1/customers", evil)).isEqualTo(403);
    assertThat(status(served, "OPTIONS", "/ops/drain", evil)).isEqualTo(403);
    assertThat(status(served, "GET", "/nowhere", evil)).isEqualTo(403);
    // A link on another site; to the letter of the contract, though a page could not read it.
    assertThat(
            status(
                served,
                "GET",
                "/console",
                "Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate"))
        .isEqualTo(403);
  }

  @Test
  void ownOrigin_asTheBrowserSeesIt_answered() throws IOException {
    int port = served.address.getPort();
    for (String host : List.of("localhost:" + port, "LOCALHOST:" + port, "127.0.0.1:" + port)) {
      assertThat(
              status(
                  served,
                  "POST",
                  "/ops/database/resume",
                  "Origin: http://" + host.toLowerCase() + "\r\nSec-Fetch-Site: same-origin",
                  host))
          .isEqualTo(200);
    }
    assertThat(status(served, "GET", "/health/live", "Origin: http://localhost", "localhost:80"))
        .isEqualTo(200);
    assertThat(status(served, "GET", "/health/live", "Origin: http://[::1]", "[::1]"))
        .isEqualTo(200);
    assertThat(status(served, "GET", "/health/live", "Origin: https://localhost", "localhost"))
        .isEqualTo(403);
    assertThat(status(served, "GET", "/console", "Sec-Fetch-Site: none")).isEqualTo(200);
    assertThat(status(served, "POST", "/ops/cache/clear", "X-Nothing: of a browser"))
        .isEqualTo(200);
  }

  @Test
  void configuredOrigin_withoutTokens_mayOnlyRead() throws IOException {
    String desk = "Origin: " + DESK + "\r\nSec-Fetch-Site: cross-site";
    assertThat(status(served, "GET", "/ops/config", desk)).isEqualTo(200);
    assertThat(status(served, "HEAD", "/ops/config", desk)).isEqualTo(200);
    assertThat(status(served, "OPTIONS", "/ops/drain", desk)).isEqualTo(204);
    assertThat(status(served, "POST", "/ops/database/pause", desk)).isEqualTo(403);
    assertThat(status(served, "DELETE", "/v1/customers/1", desk)).isEqualTo(403);
  }

  @Test
  void tokensConfigured_originOfNoConcern() throws IOException {
    Tokens.Made operator = Tokens.create("operator", new SecureRandom());
    try (Served guarded = new Served(operator.line())) {
      String evil = "Origin: https://evil.example\r\nSec-Fetch-Site: cross-site";
      String bearer = "\r\nAuthorization: Bearer " + operator.token();
      assertThat(status(guarded, "POST", "/ops/database/resume", evil + bearer)).isEqualTo(200);
      assertThat(status(guarded, "POST", "/ops/database/resume", evil)).isEqualTo(401);
    }
  }

  /// A form can send these without a preflight, and nothing else.
  @Test
  void body_ofATypeThatNeedsNoPreflight_refusedByEveryRouteThatTakesOne() throws IOException {
    Set<String> asked = new TreeSet<>();
    for (Route route : Routes.TABLE) {
      JsonNode body =
          OpenApiDocument.SHARED.operation(route.method(), route.template()).path("requestBody");
      if (body.isMissingNode()) {
        continue;
      }
      asked.add(route.template());
      for (String type :
          List.of(
              "Content-Type: text/plain\r\n",
              "Content-Type: application/x-www-form-urlencoded\r\n",
              "Content-Type: multipart/form-data; boundary=a\r\n",
              "Content-Type: text/plain; charset=application/json\r\n",
              "")) {
        boolean bytes = body.path("content").has("application/octet-stream");
        if (type.isEmpty() && bytes) {
          continue; // a body without a type is bytes
        }
        for (String framing : List.of("Content-Length: 2\r\n\r\n{}", CHUNKED)) {
          String as = route.method() + " " + route.template() + " " + type + framing;
          try (Wire wire = new Wire(served.address)) {
            wire.send(
                route.method()
                    + " "
                    + path(route)
                    + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    + type
                    + framing);
            assertThat(wire.readAll()).as(as).startsWith("HTTP/1.1 415 ");
          }
        }
      }
    }
    assertThat(asked)
        .contains("/v1/dead-letters/{id}/replay", "/ops/log-level", "/v1/settlements")
        .hasSizeGreaterThan(12);
  }

  @Test
  void post_withoutBody_needsNoType() throws IOException {
    List<String> paths = new ArrayList<>(List.of("/v1/dead-letters/1/replay", "/ops/cache/clear"));
    for (String path : paths) {
      for (String framing :
          List.of("Content-Length: 0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n")) {
        try (Wire wire = new Wire(served.address)) {
          wire.send(
              "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n" + framing);
          assertThat(wire.readAll()).as(path + framing).startsWith("HTTP/1.1 200 ");
        }
      }
    }
  }

  private static String path(Route route) {
    String path = route.template().replaceAll("\\{[^}]*}", "1");
    return switch (route.template()) {
      case "/v1/vectors/transform" -> path + "?kernel=normalize&dimension=1";
      case "/v1/dead-letters/replay" -> path + "?run=r";
      default -> path;
    };
  }

  private static int status(Served served, String method, String path, String headers)
      throws IOException {
    return status(served, method, path, headers, "localhost:" + served.address.getPort());
  }

  private static int status(Served served, String method, String path, String headers, String host)
      throws IOException {
    try (Wire wire = new Wire(served.address)) {
      wire.send(
          method
              + " "
              + path
              + " HTTP/1.1\r\nHost: "
              + host
              + "\r\nConnection: close\r\n"
              + headers
              + "\r\n\r\n");
      return Integer.parseInt(wire.readUntil("\r\n").substring(9, 12));
    }
  }
}
