package dev.purser.process;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a whole life of one process leaves in the log, on the disk and in the temporary folder.
final class LogIT {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path folder;
  private final HttpClient client = HttpClient.newHttpClient();

  @Test
  void life_ofOneProcess_isToldWithTheIdsOfItsRequests() throws Exception {
    Path data = folder.resolve("data");
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    Map<String, String> environment =
        Map.of(
            "PURSER_JAVA_OPTS",
            "-Djava.io.tmpdir=" + temporary,
            "PURSER_PORT",
            "tcp://10.0.0.1:80",
            "PURSER_HTTP_DEADLINE",
            "1 s",
            "PURSER_CUSTOMERS_LOAD_TIMEOUT",
            "300 ms");
    try (PurserProcess server = PurserProcess.serve(data, environment)) {
      orders(server);
      paused(server);
      assertThat(names(temporary)).isEmpty();
      assertThat(modes(data)).containsKey("purser.db-wal").containsValue("rw-------").hasSize(4);
      assertThat(Set.copyOf(modes(data).values())).containsExactly("rw-------");
      assertThat(Files.getPosixFilePermissions(data))
          .containsExactlyInAnyOrderElementsOf(PosixFilePermissions.fromString("rwx------"));
      assertThat(flag(server, "HeapDumpPath")).isEqualTo(data.toString());
      assertThat(server.terminate()).isZero();
      List<String> log = server.errors().lines().toList();
      assertThat(log).allMatch(line -> line.matches("[0-9]{4}-[0-9-]+T.*"), "a line of the log");
      assertThat(log).noneMatch(line -> line.contains("ShardRegion"));
      assertLine(log, "Ignored service links of Kubernetes or Docker: PURSER_PORT");
      assertLine(log, "Purser ", " starts on Java ", "process " + server.pid());
      assertLine(log, " is ready at " + server.address());
      assertLine(log, "POST /v1/ingest begun", "request ingest-1");
      assertLine(log, "POST /v1/ingest ended: 2 lines, 1 accepted", "request ingest-1");
      assertLine(log, "POST /v1/settlements begun", "request settle-1");
      assertLine(log, "POST /v1/settlements ended", "request settle-1");
      assertLine(log, "DELETE /v1/customers/{id} begun", "127.0.0.1", "request erase-1");
      assertLine(log, "DELETE /v1/customers/{id} ended: 204", "request erase-1");
      assertThat(log).noneMatch(line -> line.contains("a-person"));
      assertLine(log, "POST /ops/cache/clear ended: 200", "request clear-1");
      assertLine(log, "Logger no.one is to log INFO for 1 s", "127.0.0.1", "request level-1");
      assertLine(log, "PUT /ops/log-level ended: 200", "request level-1");
      assertLine(log, "The database is paused by ", "request pause-1");
      assertLine(log, "purchases failed: 503", "request refused-1");
      assertLine(log, "The database is resumed by ", "request resume-1", "request pause-1");
      assertLine(log, "was cut off", "request cut-1");
      assertLine(log, "Leaving begun: the process received SIGTERM");
      assertLine(log, "Leaving ended");
    }
  }

  private void orders(PurserProcess server) throws Exception {
    String lines =
        """
        {"type":"purchase","customer_id":"a-person","id":"1","sku":"s","quantity":1,"amount_minor":1}
        nothing
        """;
    assertThat(send(server, "POST", "/v1/ingest", "ingest-1", "application/x-ndjson", lines))
        .extracting(HttpResponse::statusCode)
        .isEqualTo(200);
    send(server, "POST", "/v1/settlements", "settle-1", "application/json", "{}");
    send(server, "DELETE", "/v1/customers/a-person", "erase-1", "application/json", "");
    send(server, "POST", "/ops/cache/clear", "clear-1", "application/json", "");
    String level = "{\"logger\":\"no.one\",\"level\":\"INFO\",\"expires_in_seconds\":1}";
    send(server, "PUT", "/ops/log-level", "level-1", "application/json", level);
    HttpRequest torn =
        HttpRequest.newBuilder(server.uri("/v1/vectors/transform?kernel=scale:2"))
            .header("Content-Type", "application/octet-stream")
            .header("X-Request-Id", "cut-1")
            .POST(
                BodyPublishers.ofInputStream(
                    () -> new java.io.ByteArrayInputStream(new byte[] {1})))
            .build();
    assertThat(client.send(torn, BodyHandlers.ofString()).statusCode()).isEqualTo(422);
  }

  private void paused(PurserProcess server) throws Exception {
    send(server, "POST", "/ops/database/pause", "pause-1", "application/json", "");
    JsonNode slots = JSON.readTree(send(server, "GET", "/ops/slots", "s", "", "").body());
    JsonNode paused = slots.at("/data/slots/0/paused");
    assertThat(paused.get("by").asText()).contains("127.0.0.1").contains("request pause-1");
    assertThat(paused.get("since").asText()).endsWith("Z");
    String purchase = "{\"id\":\"1\",\"sku\":\"s\",\"quantity\":1,\"amount_minor\":1}";
    HttpResponse<String> refused =
        send(
            server,
            "POST",
            "/v1/customers/another/purchases",
            "refused-1",
            "application/json",
            purchase);
    assertThat(refused.statusCode()).isEqualTo(503);
    assertThat(refused.body())
        .contains("the database is paused since " + paused.get("since").asText())
        .contains("request pause-1");
    HttpResponse<String> read =
        send(server, "GET", "/v1/customers?preference.a=b", "read-1", "", "");
    assertThat(read.statusCode()).isEqualTo(503);
    assertThat(read.body()).contains("the database is paused since ").contains("request pause-1");
    send(server, "POST", "/ops/database/resume", "resume-1", "application/json", "");
    JsonNode after = JSON.readTree(send(server, "GET", "/ops/slots", "s", "", "").body());
    assertThat(after.at("/data/slots/0").has("paused")).isTrue();
    assertThat(after.at("/data/slots/0/paused").isNull()).isTrue();
  }

  private HttpResponse<String> send(
      PurserProcess server, String method, String path, String id, String type, String body)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(server.uri(path))
            .header("X-Request-Id", id)
            .method(
                method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    if (!body.isEmpty()) {
      request.header("Content-Type", type);
    }
    return client.send(request.build(), BodyHandlers.ofString());
  }

  private static void assertLine(List<String> log, String... parts) {
    assertThat(log)
        .as(String.join(" ... ", parts))
        .anyMatch(line -> Stream.of(parts).allMatch(line::contains));
  }

  private static List<String> names(Path folder) throws IOException {
    return List.copyOf(modes(folder).keySet());
  }

  private static Map<String, String> modes(Path folder) throws IOException {
    Map<String, String> modes = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Set<PosixFilePermission> mode = Files.getPosixFilePermissions(file);
        modes.put(file.getFileName().toString(), PosixFilePermissions.toString(mode));
      }
    }
    return modes;
  }

  /// A flag of the server's JVM.
  private static String flag(PurserProcess server, String name) throws Exception {
    Path jcmd = Path.of(System.getProperty("java.home"), "bin", "jcmd");
    Process process =
        new ProcessBuilder(jcmd.toString(), Long.toString(server.pid()), "VM.flags", "-all")
            .start();
    String flags = new String(process.getInputStream().readAllBytes());
    return flags
        .lines()
        .filter(line -> line.contains(" " + name + " "))
        .map(line -> line.replaceAll(".*=", "").replaceAll("\\{.*", "").strip())
        .findFirst()
        .orElse("");
  }
}
