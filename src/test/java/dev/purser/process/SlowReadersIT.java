package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// A node as shipped whose readers ask for the longest pages that there are and read nothing.
final class SlowReadersIT {
  private static final int READERS = 200;

  @Test
  void readers_ofLongPagesThatReadNothing_doNotEndTheNode(@TempDir Path data) throws Exception {
    List<Socket> silent = new ArrayList<>();
    try (PurserProcess node = PurserProcess.serve(data, Map.of())) {
      load(node);
      String request =
          "GET /v1/customers/c/purchases?limit=1000 HTTP/1.1\r\nHost: localhost\r\n\r\n";
      for (int i = 0; i < READERS; i++) {
        Socket socket = new Socket();
        socket.setReceiveBufferSize(4 << 10);
        URI address = node.address();
        socket.connect(new InetSocketAddress(address.getHost(), address.getPort()));
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        silent.add(socket);
        // One after the other, so that none waits for the database until its deadline.
        byte[] status = socket.getInputStream().readNBytes(12);
        assertThat(new String(status, StandardCharsets.US_ASCII)).matches("HTTP/1.1 (200|503)");
      }
      assertThat(status(node, "/health/ready")).isEqualTo(200);
      assertThat(status(node, "/metrics")).isEqualTo(200);
      assertThat(node.alive()).isTrue();
      for (Socket socket : silent) {
        socket.close();
      }
      assertThat(status(node, "/v1/customers/c")).isEqualTo(200);
      assertThat(node.errors()).doesNotContain("OutOfMemoryError");
    }
  }

  /// A thousand purchases of 8 KiB of text.
  private static void load(PurserProcess node) throws Exception {
    String text = "x".repeat(4_090);
    StringBuilder lines = new StringBuilder();
    for (int i = 0; i < 1_000; i++) {
      lines.append(
          "{\"type\":\"purchase\",\"customer_id\":\"c\",\"id\":\"%d\",\"sku\":\"%s\",\"description\":\"%s\",\"quantity\":1,\"amount_minor\":1}\n"
              .formatted(i, text, text));
    }
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(node.uri("/v1/ingest"))
              .header("Content-Type", "application/x-ndjson")
              .POST(BodyPublishers.ofString(lines.toString()))
              .build();
      assertThat(client.send(request, BodyHandlers.ofString()).body())
          .contains("\"accepted\":1000");
    }
  }

  private static int status(PurserProcess node, String path) throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      HttpRequest request = HttpRequest.newBuilder(node.uri(path)).build();
      return client.send(request, BodyHandlers.discarding()).statusCode();
    }
  }
}
