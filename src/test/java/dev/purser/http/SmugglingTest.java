package dev.purser.http;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.RunEvent;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/// Requests on raw sockets that could be read in two ways: no byte of a body, and nothing behind a
/// message that was refused or was the last, may ever be executed.
final class SmugglingTest {
  private static final String SMUGGLED =
      "DELETE /v1/customers/victim HTTP/1.1\r\nHost: localhost\r\n\r\n";
  private static final String GOOD = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
  private static final String POST =
      "POST /v1/customers/1/purchases HTTP/1.1\r\nHost: localhost\r\n"
          + "Content-Type: application/json\r\n";
  private static final String PURCHASE =
      "{\"id\":\"p1\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":100}";
  private static Served served;

  @BeforeAll
  static void serve() {
    served = new Served();
  }

  @AfterAll
  static void close() {
    served.close();
  }

  @BeforeEach
  void forget() {
    served.customers.changes.clear();
    served.customers.ids.clear();
    served.customers.applied(Outcome.ACCEPTED);
    served.operations.closing = false;
  }

  /// Header lines that make a head untrusted, each with its line end; in ISO 8859-1.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "X-L: \u00e9\r\n", // Pekko takes a lead byte for the begin of a longer character
        "X-L: \u00e0\r\n",
        "X-L: \u00ef\r\n",
        "X-L: \u00f4\r\n",
        "X-L: \u00f7\r\n",
        "X-L: \u00e9\n",
        "X-L: \u00c3\u00a9\r\n",
        "X-L: \u00ff\r\n",
        "X-L: a\u0000b\r\n",
        "X-L: a\u007fb\r\n",
        "X-L: a\u0001\r\n",
        "X-L: a\tb\r\n",
        "X-L: a\r\n folded\r\n",
        "X-L: a\rContent-Length: 3\r\n",
        "X-\u00e9: a\r\n",
        "X-Request-Id: abc\u00e9\r\n",
        ": x\r\n",
        " : x\r\n",
        "X-L : x\r\n",
        "X(L: x\r\n",
        "no colon\r\n",
        "\rName: x\r\n",
        "Host: localhost\r\n",
        "Host: b\"ad\r\n",
        "Transfer-Encoding: , chunked\r\n",
        "Transfer-Encoding: \"chunked\"\r\n",
        "Transfer-Encoding: chunked;\r\n",
        "Transfer-Encoding: chun ked\r\n",
        "Transfer-Encoding: gzip, chunked\r\n",
        "Transfer-Encoding: identity\r\n",
        "Transfer-Encoding:\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n",
        "Content-Length: 18446744073709551620\r\n",
        "Content-Length: 9223372036854775808\r\n",
        "Content-Length: 0 4\r\n",
        "Content-Length: \r\n",
        "Content-Length: -4\r\n",
        "Content-Length: +4\r\n",
        "Content-Length: 4, 4\r\n",
        "Content-Length: 0x4\r\n",
        "Content-Length: 4\r\nContent-Length: 4\r\n",
        "Content-Length: 4\r\nContent-Length: 5\r\n"
      })
  void head_readInTwoWays_refusedAndNothingBehindItRuns(String line) throws IOException {
    String head = "POST /v1/customers HTTP/1.1\r\nHost: localhost\r\n" + line;
    String bad =
        head
            + (line.contains("Content-Length")
                ? ""
                : "Content-Length: " + SMUGGLED.length() + "\r\n")
            + "\r\n"
            + SMUGGLED;
    assertRefused(answers(() -> bad), 1);
    assertRefused(answers(() -> GOOD + bad), 2);
    assertRefused(answers(() -> GOOD, () -> bad), 2);
  }

  @Test
  void smuggled_delete_neverRuns() throws IOException {
    for (int i = 0; i < 50; i++) {
      try (Wire wire = new Wire(served.address)) {
        wire.send(
            "GET /health/live HTTP/1.1\r\nHost: localhost\r\nX-L: \u00e9\r\nContent-Length: "
                + SMUGGLED.length()
                + "\r\n\r\n"
                + SMUGGLED);
        assertRefused(wire.readAll(), 1);
      }
    }
    assertThat(served.customers.ids).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        " 4\r\nabcd\r\n0\r\n\r\n",
        "4 \r\nabcd\r\n0\r\n\r\n",
        "0 4\r\nabcd\r\n0\r\n\r\n",
        "4;\r\nabcd\r\n0\r\n\r\n",
        "4; \r\nabcd\r\n0\r\n\r\n",
        "4;a=\u00e9\r\nabcd\r\n0\r\n\r\n",
        "4;a\nabcd\r\n0\r\n\r\n",
        "4\nabcd\r\n0\r\n\r\n",
        "4\r\nabcd\n0\r\n\r\n",
        "4\r\nabcde\r\n0\r\n\r\n",
        "0x4\r\nabcd\r\n0\r\n\r\n",
        "-4\r\nabcd\r\n0\r\n\r\n",
        "\r\n0\r\n\r\n",
        "8000000000000000\r\nabcd\r\n0\r\n\r\n",
        "00000000000000004\r\nabcd\r\n0\r\n\r\n",
        "0\r\nX-L: \u00e9\r\nA: b\r\n\r\n",
        "0\r\n: x\r\n\r\n",
        "0\r\nX-L: a\r\n b\r\n\r\n",
        "0\r\nX-L: a\rB: c\r\n\r\n"
      })
  void chunks_readInTwoWays_refusedAndNothingBehindThemRuns(String chunks) throws Exception {
    String json = POST + "Transfer-Encoding: chunked\r\n\r\n" + chunks + SMUGGLED;
    assertRefused(answers(() -> json), 1);
    assertRefused(answers(() -> GOOD + json), 2);
    assertRefused(answers(() -> GOOD, () -> json), 2);
    served.bulk.starting = SmugglingTest::reading;
    String upload =
        "POST /v1/ingest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
            + "Transfer-Encoding: chunked\r\n\r\n"
            + chunks
            + SMUGGLED;
    assertThat(assertRefused(answers(() -> upload), 1))
        .contains("\"lines\":")
        .containsPattern("\"detail\":\"[^\"]*([Cc]hunk|[Tt]railer)")
        .doesNotContain("ends before");
  }

  @Test
  void trailer_ofALeadByte_swallowsNothing() throws IOException {
    String data = Integer.toHexString(PURCHASE.length()) + "\r\n" + PURCHASE + "\r\n";
    String chunked = POST + "Transfer-Encoding: chunked\r\n\r\n" + data + "0\r\n";
    assertRefused(answers(() -> chunked + "X-L: \u00e9\r\n\r\n" + SMUGGLED), 1);

    String all =
        answers(() -> chunked + "X-Sum: abc\r\nContent-Length: 9\r\n\r\n" + GOOD + lastGood());
    assertThat(all.split("HTTP/1.1 20", -1)).as(all).hasSize(4);
    assertThat(served.customers.changes).hasSize(1);
  }

  @Test
  void chunks_legal_readAlike() throws IOException {
    for (String coding : List.of("chunked", "Chunked", "CHUNKED\t", "\tchunked ")) {
      served.customers.changes.clear();
      String all =
          answers(
              () ->
                  POST
                      + "Transfer-Encoding: "
                      + coding
                      + "\r\n\r\n"
                      + "001;a=\"b c\";d\r\n{\r\n"
                      + Integer.toHexString(PURCHASE.length() - 1).toUpperCase()
                      + "\r\n"
                      + PURCHASE.substring(1)
                      + "\r\n00\r\n\r\n"
                      + lastGood());
      assertThat(all).as(coding).startsWith("HTTP/1.1 201 ").contains("HTTP/1.1 200 ");
      assertThat(served.customers.changes).hasSize(1);
    }
  }

  @Test
  void bytes_oneAtATime_readAlike() throws IOException {
    String all =
        POST
            + "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
            + Integer.toHexString(PURCHASE.length() - 1)
            + "\r\n"
            + PURCHASE.substring(1)
            + "\r\n0\r\nA: b\r\n\r\n"
            + POST
            + "Content-Length: "
            + PURCHASE.length()
            + "\r\n\r\n"
            + PURCHASE
            + lastGood();
    try (Wire wire = new Wire(served.address)) {
      for (int i = 0; i < all.length(); i++) {
        wire.send(all.substring(i, i + 1));
      }
      assertThat(wire.readAll().split("HTTP/1.1 20", -1)).hasSize(4);
    }
    assertThat(served.customers.changes).hasSize(2);
  }

  @Test
  void pipelined_behindAMessageThatIsTheLast_neverRuns() throws IOException {
    for (String last :
        List.of(
            "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
            "GET /health/live HTTP/1.1\r\nHost: localhost\r\nConnection: foo, Close\r\n\r\n",
            "GET /health/live HTTP/1.0\r\nHost: localhost\r\n\r\n",
            POST + "Connection: close\r\nContent-Length: 52\r\n\r\n" + PURCHASE.substring(0, 52))) {
      served.customers.ids.clear();
      served.customers.changes.clear();
      String all = answers(() -> last + SMUGGLED);
      assertThat(all.split("HTTP/1.1 ", -1)).as(all).hasSize(2);
      assertThat(served.customers.changes).noneMatch(c -> c instanceof dev.purser.ledger.Erase);
    }
  }

  @Test
  void pipelined_behindAnAnswerThatIsTheLast_neverRuns() throws IOException {
    served.operations.closing = true;
    for (int i = 0; i < 20; i++) {
      String all = answers(() -> GOOD + SMUGGLED + SMUGGLED);
      assertThat(all).startsWith("HTTP/1.1 200 ").contains("\r\nConnection: close\r\n");
      assertThat(all.split("HTTP/1.1 ", -1)).hasSize(2);
    }
    assertThat(served.customers.ids).isEmpty();
  }

  @Test
  void refusal_requestIdGiven_givenBack() throws IOException {
    String get = "GET /health/live HTTP/1.1\r\nX-Request-Id: mine-1\r\n";
    for (String bad :
        List.of(
            get + "Host: localhost\r\nX-L: \u00e9\r\n\r\n",
            get + "\r\n",
            get.replace("GET", "BREW") + "Host: localhost\r\n\r\n",
            get.replace("/health/live", "/a\"b") + "Host: localhost\r\n\r\n",
            get.replace("/health/live", "/%zz") + "Host: localhost\r\n\r\n",
            get + "Host: localhost\r\nX: " + "a".repeat(9_000) + "\r\n\r\n")) {
      assertThat(answers(() -> bad)).as(bad).contains("\r\nX-Request-Id: mine-1\r\n");
    }
    assertThat(answers(() -> GOOD.replace("\r\n\r\n", "\r\nX-Request-Id: \u00e9\r\n\r\n")))
        .contains("X-Request-Id: ")
        .doesNotContain("\u00e9");
  }

  @Test
  void head_tooLong_refusedBeforeItEnds() throws IOException {
    assertThat(answers(() -> line() + "Content-Length: 4\r\n".repeat(400_000)))
        .startsWith("HTTP/1.1 431 ");
    assertThat(answers(() -> line() + "X: a\r\n".repeat(65) + "\r\n")).startsWith("HTTP/1.1 431 ");
    assertThat(answers(() -> line() + "X" + "x".repeat(64) + ": a\r\n\r\n"))
        .startsWith("HTTP/1.1 431 ");
    assertThat(answers(() -> "GET /" + "a".repeat(200_000))).startsWith("HTTP/1.1 414 ");
    assertThat(answers(() -> line() + "X: a\r\n".repeat(62) + "Connection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 200 ");
  }

  @Test
  void preamble_broken_badRequest() throws IOException {
    for (String bad :
        List.of(
            "GET * HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET health HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET  /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /health/live  HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET /health/live HTTP/2.0\r\nHost: localhost\r\n\r\n",
            "GET /health/live HTTP/1.12\r\nHost: localhost\r\n\r\n",
            "GET /health/live\r\nHost: localhost\r\n\r\n",
            "GET\r\n\r\n",
            "GET /\u00e9 HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
            "\u0016\u0003\u0001\u0002\u0000\u0001\u0000",
            " GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET ftp://localhost/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET gopher:x HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "GET http://other/health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "HEAD /health/live HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n\r\na",
            "GET /health/live HTTP/1.0\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
                + "0\r\n\r\n")) {
      List<ILoggingEvent> logged =
          logged(() -> assertThat(answers(() -> bad)).as(bad).matches("(?s)HTTP/1.1 (400|405) .*"));
      assertThat(logged).as(bad).isEmpty();
    }
    assertThat(answers(() -> "CONNECT localhost:1 HTTP/1.1\r\nHost: localhost:1\r\n\r\n"))
        .startsWith("HTTP/1.1 405 ")
        .contains("\r\nAllow: ");
    assertThat(answers(() -> "GET /health/live HT")).as("no end").startsWith("HTTP/1.1 400 ");
  }

  @Test
  void emptyLines_beforeARequest_ignored() throws IOException {
    String all = answers(() -> "\r\n\r\n" + GOOD + "\r\n" + GOOD + "\n" + lastGood());
    assertThat(all.split("HTTP/1.1 200 ", -1)).as(all).hasSize(4);
    assertThat(answers(() -> "GET http://localhost/health/live HTTP/1.0\nHost: localhost\n\n"))
        .startsWith("HTTP/1.1 200 ");
  }

  @Test
  void oldProtocol_withoutHost_healthOnly() throws IOException {
    for (String path : List.of("/health/live", "/health/ready")) {
      assertThat(answers(() -> "GET " + path + " HTTP/1.0\r\n\r\n"))
          .startsWith("HTTP/1.1 200 ")
          .contains("\r\nConnection: close\r\n");
    }
    for (String path : List.of("/v1/customers/1", "/metrics", "/", "/healthy", "/nowhere")) {
      assertThat(answers(() -> "GET " + path + " HTTP/1.0\r\n\r\n"))
          .as(path)
          .startsWith("HTTP/1.1 400 ");
    }
    assertThat(served.customers.ids).isEmpty();
  }

  @Test
  void chunks_ofAnySize_readOnStreamsAndRefusedByTheLimitElsewhere() throws Exception {
    CompletableFuture<Long> read = new CompletableFuture<>();
    served.bulk.starting =
        upload -> {
          CompletionStage<Long> size =
              upload
                  .body()
                  .runWith(
                      Sink.fold(0L, (n, b) -> n + b.size()),
                      Materializer.createMaterializer(served.kit.system()));
          size.thenAccept(read::complete);
          return CompletableFuture.completedFuture(
              Source.<RunEvent>single(new RunEvent.Started("r-1"))
                  .concat(
                      Source.completionStage(
                          size.thenApply(_ -> new RunEvent.Summary(Stubs.report(0))))));
        };
    int size = 20 << 20;
    try (Wire wire = new Wire(served.address)) {
      wire.send(
          "POST /v1/ingest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-ndjson\r\n"
              + "Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n"
              + Integer.toHexString(size)
              + "\r\n");
      wire.send(new byte[size]).send("\r\n0\r\n\r\n");
      assertThat(wire.readAll()).startsWith("HTTP/1.1 200 ");
    }
    assertThat(read.get(20, TimeUnit.SECONDS)).isEqualTo(size);

    int large = 9 << 20;
    try (Wire wire = new Wire(served.address)) {
      wire.send(POST + "Transfer-Encoding: chunked\r\n\r\n" + Integer.toHexString(large) + "\r\n");
      wire.send(new byte[large / 2]);
      assertThat(wire.readAll()).startsWith("HTTP/1.1 413 ").contains("longer than 1048576 bytes");
    }
  }

  private static String line() {
    return "GET /health/live HTTP/1.1\r\nHost: localhost\r\n";
  }

  private static String lastGood() {
    return line() + "Connection: close\r\n\r\n";
  }

  private static CompletionStage<Source<RunEvent, org.apache.pekko.NotUsed>> reading(
      dev.purser.ingest.Ingest.Upload upload) {
    CompletionStage<RunEvent> end =
        upload
            .body()
            .runWith(Sink.ignore(), Materializer.createMaterializer(served.kit.system()))
            .handle(
                (_, failure) ->
                    failure == null
                        ? new RunEvent.Summary(Stubs.report(1))
                        : new RunEvent.Problem(
                            ((dev.purser.faults.Fault) failure).error(), Stubs.report(2)));
    return CompletableFuture.completedFuture(Source.completionStage(end));
  }

  /// All that is answered until the server closes; a next part is sent when the last is answered.
  @SafeVarargs
  private static String answers(Supplier<String>... parts) throws IOException {
    try (Wire wire = new Wire(served.address)) {
      StringBuilder all = new StringBuilder();
      for (int i = 0; i < parts.length; i++) {
        wire.send(parts[i].get());
        if (i < parts.length - 1) {
          all.append(wire.readAnswer());
        }
      }
      wire.finish();
      return all + wire.readAll();
    }
  }

  /// The last of `count` answers is a 400, and no write came through.
  private static String assertRefused(String all, int count) {
    assertThat(all.split("HTTP/1.1 ", -1)).as(all).hasSize(count + 1);
    String last = all.substring(all.lastIndexOf("HTTP/1.1 "));
    assertThat(last)
        .startsWith("HTTP/1.1 400 ")
        .containsIgnoringCase("\r\nConnection: close\r\n")
        .containsIgnoringCase("\r\nX-Request-Id: ")
        .contains("application/problem+json")
        .contains("\"code\":\"ERR_VALIDATION\"");
    assertThat(served.customers.changes).isEmpty();
    return last;
  }

  private interface Sending {
    void run() throws IOException;
  }

  /// What is logged with a stack meanwhile.
  private static List<ILoggingEvent> logged(Sending sending) throws IOException {
    Logger root = (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    ListAppender<ILoggingEvent> appender = new ListAppender<>();
    appender.start();
    root.addAppender(appender);
    try {
      sending.run();
      return List.copyOf(appender.list).stream()
          .filter(e -> e.getThrowableProxy() != null)
          .toList();
    } finally {
      root.detachAppender(appender);
    }
  }
}
