package dev.purser.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.customers.Customer.Reply;
import dev.purser.testing.Certificates;
import java.io.IOException;
import java.io.InputStream;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Connections whose clients do not do their part: what they may hold, and for how long.
@Timeout(60)
final class ConnectionDeadlinesTest {
  private static final String GOOD = "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n";
  private static final int PLACES = 6;

  /// With short deadlines.
  private static Served quick;

  /// With few places, and deadlines that no test reaches.
  private static Served small;

  @BeforeAll
  static void serve() {
    quick = new Served("purser.http.header-time = 500ms", "purser.http.idle-time = 1s");
    small =
        new Served(
            "purser.http.header-time = 5m",
            "purser.http.body-time = 5m",
            "purser.http.drain-time = 1m",
            "purser.http.connections = " + PLACES);
  }

  @AfterAll
  static void close() {
    quick.close();
    small.close();
  }

  @Test
  void firstByte_neverComes_connectionClosed() throws IOException {
    try (Wire wire = new Wire(quick.address)) {
      assertThat(wire.readAll()).isEmpty();
    }
  }

  @Test
  void head_byteByByte_requestTimeout() throws IOException {
    for (String before : List.of("", GOOD)) {
      try (Wire wire = new Wire(quick.address)) {
        wire.send(before);
        if (!before.isEmpty()) {
          wire.readAnswer();
        }
        wire.send("GET /health/live HTTP/1.1\r\nX-Request-Id: slow\r\nX-Slow: ");
        wire.patience(20);
        String answer = null;
        while (answer == null) {
          try {
            answer = wire.send("a").readUntil("\r\n\r\n");
          } catch (SocketTimeoutException _) {
            // not yet: the next byte
          }
        }
        assertThat(answer).startsWith("HTTP/1.1 408 ").contains("X-Request-Id: slow");
      }
    }
  }

  @Test
  void emptyLines_forEver_connectionClosed() throws IOException {
    try (Wire wire = new Wire(quick.address)) {
      wire.patience(20);
      String read = null;
      while (read == null) {
        try {
          read = wire.send("\r\n").readUntil("\n");
        } catch (SocketTimeoutException _) {
          // not yet: the next line
        } catch (IOException _) {
          read = ""; // it was closed before the line was sent
        }
      }
      assertThat(read).isEmpty();
    }
  }

  @Test
  void keepAlive_idle_connectionClosed() throws IOException {
    try (Wire wire = new Wire(quick.address)) {
      wire.send(GOOD);
      assertThat(wire.readAll()).startsWith("HTTP/1.1 200 ").doesNotContain("HTTP/1.1 408");
    }
  }

  @Test
  void request_beingAnswered_outlastsTheHeaderTime() throws IOException {
    CompletableFuture<Reply> reply = new CompletableFuture<>();
    quick.customers.reply = reply;
    try (Wire wire = new Wire(quick.address);
        Wire silent = new Wire(quick.address)) {
      wire.send("GET /v1/customers/1 HTTP/1.1\r\nHost: localhost\r\n\r\n");
      silent.readAll(); // closed after the header time, as the other one would have been
      reply.complete(Stubs.read("1", 7));
      assertThat(wire.readAnswer()).startsWith("HTTP/1.1 200 ");
    }
  }

  @Test
  void silentConnections_beyondTheLimit_healthAnswered() throws IOException {
    List<Wire> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 10 * PLACES; i++) {
        silent.add(new Wire(small.address));
        if (i % 3 == 0) {
          silent.getLast().send("GET /health/live HTTP/1.1\r\nX-Never: ");
        }
      }
      for (int i = 0; i < 5; i++) {
        try (Wire wire = new Wire(small.address)) {
          assertThat(wire.send(GOOD).readAnswer()).startsWith("HTTP/1.1 200 ");
        }
      }
      assertThat(silent.getFirst().readAll()).isEmpty(); // closed, the first of all
    } finally {
      for (Wire wire : silent) {
        wire.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PUT /v1/customers/hold", "POST /nope", "PUT /ops/log-level"})
  void bodies_thatDoNotCome_healthAnswered(String call) throws IOException {
    List<Wire> silent = new ArrayList<>();
    try {
      for (int i = 0; i < 5 * PLACES; i++) {
        silent.add(withholding(call));
      }
      TestProbe<String> probe = small.kit.createTestProbe();
      probe.awaitAssert(ConnectionDeadlinesTest::assertHealthy); // all that came is being read
      for (int i = 0; i < 2 * PLACES; i++) {
        silent.add(withholding(call));
        probe.awaitAssert(ConnectionDeadlinesTest::assertHealthy);
      }
      assertCut(silent.getFirst());
    } finally {
      for (Wire wire : silent) {
        wire.close();
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"PUT /v1/customers/hold", "POST /nope", "PUT /ops/log-level"})
  void upload_goingOn_outlastsBodiesThatDoNotCome(String call) throws IOException {
    small.customers.reply = CompletableFuture.completedFuture(Stubs.read("1", 7));
    String body = "{\"ids\": [\"a\", \"b\"]}";
    List<Wire> silent = new ArrayList<>();
    try (Wire upload = new Wire(small.address)) {
      upload.send(
          "POST /v1/customers/lookup HTTP/1.1\r\nHost: localhost\r\n"
              + "Content-Type: application/json\r\nContent-Length: "
              + body.length()
              + "\r\n\r\n");
      TestProbe<String> probe = small.kit.createTestProbe();
      for (char c : body.toCharArray()) {
        upload.send(String.valueOf(c));
        silent.add(withholding(call));
        probe.awaitAssert(ConnectionDeadlinesTest::assertHealthy);
      }
      assertThat(upload.readAnswer()).startsWith("HTTP/1.1 200 ");
      assertCut(silent.getFirst());
    } finally {
      for (Wire wire : silent) {
        wire.close();
      }
    }
  }

  /// Sends a request but for its body, of which only the first byte comes.
  private static Wire withholding(String call) throws IOException {
    return new Wire(small.address)
        .send(
            call
                + " HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                + "Content-Length: 1000\r\n\r\n{");
  }

  private static String assertHealthy() {
    try (Wire wire = new Wire(small.address)) {
      String answer = wire.send(GOOD).readAnswer();
      assertThat(answer).startsWith("HTTP/1.1 200 ");
      return answer;
    } catch (IOException e) {
      throw new AssertionError(e); // closed while the request was being sent
    }
  }

  @Test
  void connections_beyondTheLimit_longestIdleClosed() throws IOException {
    CompletableFuture<Reply> reply = new CompletableFuture<>();
    small.customers.reply = reply;
    List<Wire> idle = new ArrayList<>();
    try (Wire busy = new Wire(small.address)) {
      busy.send("GET /v1/customers/busy HTTP/1.1\r\nHost: localhost\r\n\r\n");
      TestProbe<String> probe = small.kit.createTestProbe();
      probe.awaitAssert(() -> assertThat(small.customers.ids).contains("busy"));
      for (int i = 0; i < PLACES; i++) {
        idle.add(new Wire(small.address));
        assertThat(idle.getLast().send(GOOD).readAnswer()).startsWith("HTTP/1.1 200 ");
      }
      assertThat(idle.getFirst().readAll()).isEmpty();
      for (Wire later : idle.subList(1, idle.size())) {
        assertThat(later.send(GOOD).readAnswer()).startsWith("HTTP/1.1 200 ");
      }
      reply.complete(Stubs.read("busy", 7));
      assertThat(busy.readAnswer()).startsWith("HTTP/1.1 200 ");
    } finally {
      for (Wire wire : idle) {
        wire.close();
      }
    }
  }

  @Test
  void connections_allBusy_newOneClosed() throws IOException {
    CompletableFuture<Reply> reply = new CompletableFuture<>();
    small.customers.reply = reply;
    List<Wire> busy = new ArrayList<>();
    TestProbe<String> probe = small.kit.createTestProbe();
    try {
      for (int i = 0; i < PLACES; i++) {
        String id = "busy-" + i;
        busy.add(new Wire(small.address));
        busy.getLast().send("GET /v1/customers/" + id + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        probe.awaitAssert(() -> assertThat(small.customers.ids).contains(id));
      }
      try (Wire one = new Wire(small.address)) {
        assertThat(one.readAll()).isEmpty();
      }
      reply.complete(Stubs.read("busy", 7));
      for (Wire wire : busy) {
        assertThat(wire.readAnswer()).startsWith("HTTP/1.1 200 ");
      }
    } finally {
      for (Wire wire : busy) {
        wire.close();
      }
    }
  }

  @Test
  void tls_sameRules(@TempDir Path folder) throws Exception {
    Certificates.Pair pair = Certificates.selfSigned(folder, "server", "localhost");
    SSLContext client = trusting(pair.certificate());
    try (Served tls =
        new Served(
            "purser.http.header-time = 3s", // the first handshake of a process takes its time
            "purser.http.idle-time = 3s",
            "purser.http.tls.certificates = \"" + pair.certificate() + "\"",
            "purser.http.tls.key = \"" + pair.key() + "\"")) {
      try (Wire silent = new Wire(tls.address)) {
        assertCut(silent); // no handshake
      }
      for (int i = 0; i < 20; i++) {
        try (Wire wire = encrypted(client, tls)) {
          assertThat(wire.send(GOOD).readAnswer()).startsWith("HTTP/1.1 200 ");
          wire.send(
              GOOD.replace("\r\n\r\n", "\r\nX-L: \u00e9\r\nContent-Length: 60\r\n\r\n")
                  + "DELETE /v1/customers/victim HTTP/1.1\r\nHost: localhost\r\n\r\n");
          assertThat(wire.readAll()).startsWith("HTTP/1.1 400 ").doesNotContain("HTTP/1.1 2");
        }
      }
      assertThat(tls.customers.changes).isEmpty();
      try (Wire silent = encrypted(client, tls)) {
        assertCut(silent);
      }
      try (Wire idle = encrypted(client, tls)) {
        assertThat(idle.send(GOOD).readAll()).startsWith("HTTP/1.1 200 ");
      }
      try (Wire slow = encrypted(client, tls)) {
        assertThat(slow.send("GET / HTTP/1.1\r\nX").readAll()).startsWith("HTTP/1.1 408 ");
      }
    }
  }

  /// The server closes, with or without an alert.
  private static void assertCut(Wire wire) throws IOException {
    String read;
    try {
      read = wire.readAll();
    } catch (SocketTimeoutException e) {
      throw e;
    } catch (IOException _) {
      read = "";
    }
    assertThat(read).isEmpty();
  }

  private static Wire encrypted(SSLContext client, Served served) throws IOException {
    return new Wire(client.getSocketFactory().createSocket("127.0.0.1", served.address.getPort()));
  }

  private static SSLContext trusting(Path certificate) throws Exception {
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    try (InputStream in = Files.newInputStream(certificate)) {
      trusted.setCertificateEntry(
          "server", CertificateFactory.getInstance("X.509").generateCertificate(in));
    }
    TrustManagerFactory managers =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    managers.init(trusted);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, managers.getTrustManagers(), null);
    return context;
  }
}
