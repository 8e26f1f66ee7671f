package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A stop in order, as callers see it who go on calling.
final class StopIT {
  private static final int CALLERS = 8;
  private static final Pattern LENGTH = Pattern.compile("(?i)content-length: (\\d+)");

  @TempDir private Path data;

  /// One call after another on one connection.
  private static final class Caller implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;
    private final URI at;

    Caller(URI at) throws IOException {
      this.at = at;
      socket = new Socket(at.getHost(), at.getPort());
      socket.setSoTimeout(30_000);
      in = new BufferedInputStream(socket.getInputStream());
    }

    /// The head of the answer.
    String purchase(String customer, String id) throws IOException {
      String json = "{\"id\":\"" + id + "\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":100}";
      String call =
          ("POST /v1/customers/%s/purchases HTTP/1.1\r\nHost: %s\r\n"
                  + "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n%s")
              .formatted(customer, at.getAuthority(), json.length(), json);
      socket.getOutputStream().write(call.getBytes(StandardCharsets.US_ASCII));
      StringBuilder head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        int b = in.read();
        if (b < 0) {
          throw new EOFException("closed after " + head.length() + " characters");
        }
        head.append((char) b);
      }
      Matcher length = LENGTH.matcher(head);
      assertThat(length.find()).as(head.toString()).isTrue();
      in.skipNBytes(Long.parseLong(length.group(1)));
      return head.toString();
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  @Test
  void serve_terminatedUnderCalls_eachIsAnsweredAndKept() throws Exception {
    int answered = 0;
    // Long enough to be seen also where the machine is busy.
    Map<String, String> patient = Map.of("PURSER_HTTP_LEAVE_TIME", "2 s");
    try (PurserProcess server = PurserProcess.serve(data, patient);
        ExecutorService callers = Executors.newFixedThreadPool(CALLERS + 1)) {
      AtomicInteger calls = new AtomicInteger();
      List<Future<Integer>> counts = new ArrayList<>();
      for (int n = 0; n < CALLERS; n++) {
        String customer = "c" + n;
        counts.add(callers.submit(() -> untilClosed(server, customer, calls)));
      }
      while (calls.get() < 10 * CALLERS) {
        Thread.sleep(10);
      }
      Future<Integer> exitCode = callers.submit(server::terminate);
      awaitDraining(server);
      for (Future<Integer> count : counts) {
        answered += count.get();
      }
      assertThat(exitCode.get()).isZero();
    }
    try (PurserProcess again = PurserProcess.serve(data, Map.of())) {
      int kept = 0;
      Http http = new Http(again);
      for (int n = 0; n < CALLERS; n++) {
        kept += http.get("/v1/customers/c" + n).data().at("/totals/0/purchases").asInt();
      }
      assertThat(kept).isEqualTo(answered);
    }
  }

  @Test
  void serve_terminatedUnderAStream_itIsAnsweredToItsEnd() throws Exception {
    byte[] value = {0, 0, (byte) 0x80, 0x3f}; // 1
    byte[] twice = {0, 0, 0, 0x40};
    try (PurserProcess server = PurserProcess.serve(data, Map.of());
        ExecutorService threads = Executors.newSingleThreadExecutor();
        Duplex stream =
            new Duplex(
                new InetSocketAddress(server.address().getHost(), server.address().getPort()),
                "/v1/vectors/transform?kernel=scale:2")) {
      stream.send(value);
      assertThat(stream.head()).contains("200");
      assertThat(stream.read(4)).isEqualTo(twice);
      Future<Integer> exitCode = threads.submit(server::terminate);
      awaitRefused(server);
      Thread.sleep(1_500); // beyond what connections that are idle are given
      stream.send(value).finish();
      assertThat(stream.read(4)).isEqualTo(twice);
      assertThat(stream.read(new byte[1], 0, 1)).isNegative();
      assertThat(exitCode.get()).isZero();
    }
  }

  /// No more connections are taken.
  private static void awaitRefused(PurserProcess server) throws Exception {
    while (true) {
      try (Socket _ = new Socket(server.address().getHost(), server.address().getPort())) {
        Thread.sleep(20);
      } catch (ConnectException _) {
        return;
      }
    }
  }

  /// How many calls were answered until an answer closed the connection; fails if anything else
  /// did.
  private static int untilClosed(PurserProcess server, String customer, AtomicInteger calls)
      throws IOException {
    try (Caller caller = new Caller(server.address())) {
      for (int i = 1; ; i++) {
        String head = caller.purchase(customer, "p" + i);
        assertThat(head).startsWith("HTTP/1.1 201");
        calls.incrementAndGet();
        if (head.contains("Connection: close")) {
          return i;
        }
      }
    }
  }

  /// Whoever asks on a new connection is told that the node leaves.
  private static void awaitDraining(PurserProcess server) throws Exception {
    Http http = new Http(server);
    Http.Answer ready = http.get("/health/ready");
    while (ready.status() == 200) {
      ready = http.get("/health/ready");
    }
    assertThat(ready.status()).isEqualTo(503);
    assertThat(ready.body().path("detail").asText()).contains("draining");
  }
}
