package dev.purser.http;

import static dev.purser.http.EdgeTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The form of requests and answers, on a whole node with a real database: what clumsy clients
/// send, told in the words of the contract.
final class FormTest {
  @TempDir private static Path folder;
  private static Node node;
  private static Served served;

  @BeforeAll
  static void start() {
    node = new Node(folder);
    served = node.served;
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  private static void purchase(String customer, String id, String at) {
    String body =
        "{\"id\":\"%s\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":5,\"at\":\"%s\"}"
            .formatted(id, at);
    assertThat(served.post("/v1/customers/" + customer + "/purchases", body).statusCode())
        .isEqualTo(201);
  }

  private static String raw(String request) throws IOException {
    try (Wire wire = new Wire(served.address)) {
      return wire.send(request).readAll();
    }
  }

  @Test
  void profile_timesWithoutFraction_writtenInMicroseconds() {
    purchase("micros", "p", "2010-12-01T08:26:00Z");
    JsonNode profile = Served.tree(served.get("/v1/customers/micros")).path("data");
    assertThat(profile.path("first_purchase_at").asText()).isEqualTo("2010-12-01T08:26:00.000000Z");
    assertThat(profile.path("last_purchase_at").asText()).isEqualTo("2010-12-01T08:26:00.000000Z");
  }

  @Test
  void strings_beyondTheFirstPlane_comeBackByteForByte() {
    served.json("PUT", "/v1/customers/plane", "{\"preferences\":{\"k😀\":\"😀\"}}");
    assertThat(new String(served.get("/v1/customers/plane").body(), StandardCharsets.UTF_8))
        .contains("\"k😀\":\"😀\"");
    purchase("plane", "😀", "2010-12-01T08:26:00Z");
    assertThat(
            new String(served.get("/v1/customers/plane/purchases").body(), StandardCharsets.UTF_8))
        .contains("\"id\":\"😀\"");
  }

  @Test
  void json_noBodyAndNoType_malformed() {
    for (String method : List.of("PUT", "PATCH")) {
      assertProblem(
          served.send(method, "/v1/customers/none", BodyPublishers.noBody()),
          400,
          "ERR_VALIDATION",
          null);
    }
    assertProblem(
        served.send("POST", "/v1/customers/none/purchases", BodyPublishers.noBody()),
        400,
        "ERR_VALIDATION",
        null);
  }

  @Test
  void settlement_chunkedBodyOfNothing_countsAsNone() throws IOException {
    purchase("chunked", "p", "2010-12-01T08:26:00Z");
    String head =
        "POST /v1/customers/chunked/settlement HTTP/1.1\r\nHost: localhost\r\n"
            + "Connection: close\r\nTransfer-Encoding: chunked\r\n";
    assertThat(raw(head + "\r\n0\r\n\r\n")).startsWith("HTTP/1.1 200 ");
    assertThat(raw(head + "\r\n2\r\n{}\r\n0\r\n\r\n")).startsWith("HTTP/1.1 415 ");
    assertThat(raw(head + "Content-Type: application/json\r\n\r\n2\r\n{}\r\n0\r\n\r\n"))
        .startsWith("HTTP/1.1 200 ");
  }

  @Test
  void settlement_sameIdAfterLaterEvents_firstResult() {
    String customer = "/v1/customers/first-result";
    purchase("first-result", "p", "2010-12-01T08:26:00Z");
    served.post(customer + "/refunds", "{\"id\":\"r1\",\"amount_minor\":2}");
    JsonNode first = Served.tree(served.post(customer + "/settlement", "{\"id\":\"day\"}"));
    served.post(customer + "/refunds", "{\"id\":\"r2\",\"amount_minor\":1}");
    JsonNode again = Served.tree(served.post(customer + "/settlement", "{\"id\":\"day\"}"));
    assertThat(again.path("data").path("outcome").asText()).isEqualTo("duplicate");
    for (String member : List.of("settled", "totals")) {
      assertThat(again.path("data").path(member)).isEqualTo(first.path("data").path(member));
    }
  }

  @Test
  void accept_blank_anything() throws IOException {
    assertThat(
            raw(
                "GET /health/live HTTP/1.1\r\nHost: localhost\r\nAccept:\r\n"
                    + "Connection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200 ");
  }

  @Test
  void method_thatNoPathHas_notAllowed() throws IOException {
    assertThat(raw("BREW /v1/customers/a HTTP/1.1\r\nHost: localhost\r\n\r\n"))
        .startsWith("HTTP/1.1 405 ")
        .contains("Allow: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT\r\n")
        .contains("\"code\":\"ERR_METHOD\"");
    assertThat(raw("OPTIONS * HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 204 ")
        .contains("Allow: DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT\r\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /v1/customers/a b HTTP/1.1",
        "GET /v1/customers/a HTTP/9.9",
        "GET /v1/customers/%zz HTTP/1.1"
      })
  void requestLine_wrong_malformed(String line) throws IOException {
    assertThat(raw(line + "\r\nHost: localhost\r\n\r\n"))
        .startsWith("HTTP/1.1 400 ")
        .contains("\"status\":400")
        .contains("\"code\":\"ERR_VALIDATION\"");
  }

  @Test
  void cursor_ofAnotherCustomersList_refused() {
    for (String customer : List.of("cursor%31", "cursor2")) {
      purchase(customer, "a", "2010-12-01T08:26:00Z");
      purchase(customer, "b", "2010-12-01T08:26:00Z");
    }
    String next =
        Served.tree(served.get("/v1/customers/cursor%31/purchases?limit=1"))
            .path("data")
            .path("next")
            .asText();
    assertThat(served.get("/v1/customers/cursor1/purchases?after=" + next).statusCode())
        .isEqualTo(200);
    assertProblem(
        served.get("/v1/customers/cursor2/purchases?after=" + next),
        422,
        "ERR_VALIDATION",
        "after");
  }
}
