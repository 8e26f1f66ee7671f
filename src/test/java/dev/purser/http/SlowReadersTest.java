package dev.purser.http;

import static dev.purser.http.EdgeTest.assertProblem;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.customers.Customer.Reply;
import dev.purser.database.Query;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Purchase;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Clients that ask for long answers and do not read them: what their answers weigh, when it is
/// given back, and who is served meanwhile.
final class SlowReadersTest {
  private static final String ROOM = "purser.http.answer-bytes = 8 MiB";

  /// Else the kernel takes a mebibyte over loopback whatever its reader does.
  private static final String BUFFER =
      "pekko.http.server.socket-options.so-send-buffer-size = 8 KiB";

  private static final String LIST = "/v1/customers/1/purchases?limit=1000";

  /// A page of purchases as a database gives it: the longest that is one page.
  private static void longPages(Served served) {
    List<Query.StoredPurchase> rows =
        IntStream.range(0, 240)
            .mapToObj(
                n ->
                    new Query.StoredPurchase(
                        new Purchase(
                            "p" + n, "s", "x".repeat(4_090), 1, 100, "GBP", 1_000, 0, Map.of()),
                        0))
            .toList();
    served.customers.answer = CompletableFuture.completedFuture(Optional.of(rows));
  }

  /// A client with a small window that sends a request and reads nothing.
  private static Socket silent(Served served, String path, String... headers) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4 << 10);
    socket.connect(new InetSocketAddress(served.address.getAddress(), served.address.getPort()));
    String request =
        "GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + String.join("", headers) + "\r\n";
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    return socket;
  }

  private static HttpResponse<byte[]> refused(Served served, List<Socket> silent, String... headers)
      throws IOException {
    while (silent.size() < 60) {
      silent.add(silent(served, LIST, headers));
      HttpResponse<byte[]> r = served.get(LIST);
      if (r.statusCode() != 200) {
        return r;
      }
    }
    throw new AssertionError("60 long answers are held and the next one is made");
  }

  private static void assertServedAgain(Served served) {
    served
        .kit
        .createTestProbe()
        .awaitAssert(
            Duration.ofSeconds(20),
            () -> {
              assertThat(served.get(LIST).statusCode()).isEqualTo(200);
              return Done.getInstance();
            });
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "Accept: application/x-ndjson\r\n"})
  void answers_notRead_refusedBeyondTheirRoomUntilReadersLeave(String accept) throws IOException {
    List<Socket> silent = new ArrayList<>();
    try (Served served = new Served(BUFFER, ROOM)) {
      longPages(served);
      HttpResponse<byte[]> r = refused(served, silent, accept);
      assertProblem(r, 503, "ERR_OVERLOADED", null);
      assertThat(r.headers().firstValue("Retry-After")).contains("1");
      // What weighs little goes on, and so does what operators need.
      assertThat(served.get("/v1/customers/1").statusCode()).isEqualTo(200);
      served.customers.applied(Outcome.ACCEPTED);
      assertThat(
              served
                  .post(
                      "/v1/customers/1/purchases",
                      "{\"id\":\"p\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":1}")
                  .statusCode())
          .isEqualTo(201);
      assertThat(served.get("/ops/config").statusCode()).isEqualTo(200);
      assertThat(served.get("/health/ready").statusCode()).isEqualTo(200);
      assertThat(silent).hasSizeBetween(4, 16);
      for (Socket socket : silent) {
        socket.close();
      }
      assertServedAgain(served);
    }
  }

  @Test
  void answer_readAfterAll_isWholeAndGivesItsRoomBack() throws IOException {
    List<Socket> silent = new ArrayList<>();
    try (Served served = new Served(BUFFER, ROOM)) {
      longPages(served);
      int status = refused(served, silent, "Connection: close\r\n").statusCode();
      assertThat(status).isEqualTo(503);
      int whole = 0;
      for (Socket socket : silent) {
        byte[] all = socket.getInputStream().readAllBytes();
        int body = new String(all, StandardCharsets.ISO_8859_1).indexOf("\r\n\r\n") + 4;
        byte[] json = Arrays.copyOfRange(all, body, all.length);
        whole += Served.tree(json).at("/data/purchases").size() == 240 ? 1 : 0;
        socket.close();
      }
      assertThat(whole).isBetween(4, silent.size());
      assertServedAgain(served);
    }
  }

  @Test
  void answer_neverRead_isCutOffAfterAWhile() throws IOException {
    try (Served served = new Served(BUFFER, "purser.http.send-time = 300 ms")) {
      longPages(served);
      Socket silent = silent(served, LIST);
      served
          .kit
          .createTestProbe()
          .awaitAssert(
              Duration.ofSeconds(20),
              () -> {
                assertThat(served.customers.queries).isNotEmpty();
                assertThat(served.edge.open()).isZero();
                return Done.getInstance();
              });
      assertThat(untilClosed(silent)).isBetween(1, 900_000);
      silent.close();
    }
  }

  /// How many bytes come before the server ends or resets the connection.
  private static int untilClosed(Socket socket) throws IOException {
    int bytes = 0;
    try {
      byte[] some = new byte[8 << 10];
      for (int n = socket.getInputStream().read(some);
          n >= 0;
          n = socket.getInputStream().read(some)) {
        bytes += n;
      }
    } catch (SocketException _) {
      // reset: what was not sent is lost, which is what is counted
    }
    return bytes;
  }

  @Test
  void answers_takenWhole_holdNothingWhicheverWayTheyAreAsked() {
    try (Served served = new Served(BUFFER, ROOM, "purser.http.admitted = 1")) {
      longPages(served);
      for (int i = 0; i < 3; i++) {
        for (String[] headers :
            List.of(
                new String[0],
                new String[] {"Accept-Encoding", "gzip"},
                new String[] {"Accept", "application/x-ndjson"})) {
          assertEventually(served, "GET", headers);
        }
        assertEventually(served, "HEAD");
      }
    }
  }

  /// The place is given back when the last piece has been taken, which may be after it was read.
  private static void assertEventually(Served served, String method, String... headers) {
    served
        .kit
        .createTestProbe()
        .awaitAssert(
            Duration.ofSeconds(20),
            () -> {
              assertThat(served.send(method, LIST, BodyPublishers.noBody(), headers).statusCode())
                  .isEqualTo(200);
              return Done.getInstance();
            });
  }

  @Test
  void operating_whileTheServiceIsFullOrLimited_goesOn() {
    Tokens.Made operator = Tokens.create("operator", new SecureRandom());
    String[] bearer = {"Authorization", "Bearer " + operator.token()};
    try (Served served =
        new Served(
            operator.line(), "purser.http.admitted = 1", "purser.http.rate-per-second = 2")) {
      served.customers.reply = new CompletableFuture<>();
      CompletableFuture<Integer> waiting =
          CompletableFuture.supplyAsync(
              () -> served.get("/v1/customers/first", bearer).statusCode());
      while (served.customers.ids.isEmpty()) {
        Thread.onSpinWait();
      }
      for (int i = 0; i < 2; i++) {
        for (String path :
            List.of("/metrics", "/ops/config", "/ops/supervision", "/openapi.yaml")) {
          assertThat(served.get(path, bearer).statusCode()).as(path).isEqualTo(200);
        }
        assertThat(served.get("/health/ready").statusCode()).isEqualTo(200);
        assertThat(served.get("/openapi.yaml").statusCode()).isEqualTo(200);
        assertThat(served.get("/console").statusCode()).isEqualTo(200);
      }
      assertThat(served.get("/v1/customers/second", bearer).statusCode()).isIn(429, 503);
      assertThat(waiting).isNotDone();
      ((CompletableFuture<Reply>) served.customers.reply).complete(Stubs.read("1", 7));
      assertThat(waiting.join()).isEqualTo(200);
    }
  }

  @Test
  void operating_full_isBoundedItselfAndShedsNoOther() throws IOException {
    List<Socket> silent = new ArrayList<>();
    try (Served served = new Served(BUFFER, "purser.http.operating = 3")) {
      for (int i = 0; i < 3; i++) {
        silent.add(silent(served, "/openapi.yaml"));
      }
      served
          .kit
          .createTestProbe()
          .awaitAssert(
              Duration.ofSeconds(20),
              () -> {
                assertProblem(served.get("/ops/config"), 503, "ERR_OVERLOADED", null);
                return Done.getInstance();
              });
      assertThat(served.get("/health/live").statusCode()).isEqualTo(200);
      assertThat(served.get("/v1/customers/1").statusCode()).isEqualTo(200);
      for (Socket socket : silent) {
        socket.close();
      }
      served
          .kit
          .createTestProbe()
          .awaitAssert(
              Duration.ofSeconds(20),
              () -> {
                assertThat(served.get("/ops/config").statusCode()).isEqualTo(200);
                return Done.getInstance();
              });
    }
  }
}
