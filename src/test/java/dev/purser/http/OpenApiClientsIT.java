package dev.purser.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.datatype.jsr310.JavaTimeModule;
import dev.purser.process.Http;
import dev.purser.process.PurserProcess;
import jakarta.annotation.Nonnull;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The API document as others use it: a linter finds nothing, and typed clients that are generated
/// from it compile and read from a running server. The document is the one that the server serves.
///
/// What is generated and installed is in `target/openapi`; its sources are in `src/test/openapi`.
/// The generator runs as a process of its own, because its jar holds old versions of our libraries.
final class OpenApiClientsIT {
  private static final Path SOURCES = Path.of("src/test/openapi").toAbsolutePath();
  private static final Path WORK = Path.of("target/openapi").toAbsolutePath();
  private static final Path GENERATOR =
      Path.of("target/openapi-generator-cli.jar").toAbsolutePath();
  private static final Path JAVA = Path.of(System.getProperty("java.home"), "bin");

  /// These processes end before code that the second compiler makes would pay.
  private static final String QUICK = "-XX:TieredStopAtLevel=1";

  /// One class of each library that the generated Java client needs.
  private static final List<Class<?>> LIBRARIES =
      List.of(
          JsonProperty.class,
          JsonParser.class,
          ObjectMapper.class,
          JavaTimeModule.class,
          Nonnull.class);

  /// A cache that nothing serves, so that `/ops/supervision` has a decision to show.
  private static final Map<String, String> NO_REDIS =
      Map.of("PURSER_CACHE_URL", "redis://127.0.0.1:1");

  @TempDir private static Path data;
  private static PurserProcess server;
  private static Http http;

  @BeforeAll
  static void serve() throws Exception {
    server = PurserProcess.serve(data, NO_REDIS);
    http = new Http(server);
    assertThat(http.purchase("17850", "536365-1").status()).isEqualTo(201);
    http.ingest(
        """
        {"type":"preferences","customer_id":"17850","preferences":{"country":"France"}}
        """);
    long start = System.nanoTime();
    while (http.get("/ops/supervision").data().get("decisions").isEmpty()) {
      assertThat(System.nanoTime() - start).isLessThan(TimeUnit.SECONDS.toNanos(30));
    }
    empty(WORK);
    try (InputStream document = server.uri("/openapi.yaml").toURL().openStream()) {
      Files.copy(document, WORK.resolve("openapi.yaml"));
    }
    copy(WORK, "package.json", "package-lock.json", "redocly.yaml");
    run(WORK, "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund");
  }

  @AfterAll
  static void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void document_linted_leavesNothingToSay() throws Exception {
    String report =
        run(
            WORK,
            "node",
            "node_modules/@redocly/cli/bin/cli.js",
            "lint",
            "--format=json",
            "openapi.yaml");
    JsonNode json = Served.tree(report.substring(report.indexOf("{\n")).getBytes(UTF_8));
    assertThat(json.get("problems")).isEmpty();
    assertThat(json.get("totals").toString())
        .isEqualTo("{\"errors\":0,\"warnings\":0,\"ignored\":0}");
  }

  @Test
  void javaClient_generatedAndCompiled_readsAProfile() throws Exception {
    Path folder = WORK.resolve("java");
    generate(
        "java",
        folder,
        "library=native,useJakartaEe=true,openApiNullable=false,invokerPackage=dev.purser.client,"
            + "apiPackage=dev.purser.client.api,modelPackage=dev.purser.client.model");
    copy(folder, "ReadProfile.java");
    List<String> compile =
        new ArrayList<>(List.of("-nowarn", "-proc:none", "-cp", libraries(), "-d", "out"));
    try (Stream<Path> files = Files.walk(folder)) {
      files.map(Path::toString).filter(f -> f.endsWith(".java")).forEach(compile::add);
    }
    Files.write(folder.resolve("arguments"), compile);
    run(folder, JAVA.resolve("javac").toString(), "-J" + QUICK, "@arguments");
    String classes = folder.resolve("out") + File.pathSeparator + libraries();
    assertReads(
        run(
            folder,
            JAVA.resolve("java").toString(),
            "-cp",
            classes,
            "ReadProfile",
            address(),
            "17850"));
  }

  @Test
  void typeScriptClient_generatedAndCompiled_readsAProfile() throws Exception {
    Path folder = WORK.resolve("typescript");
    generate("typescript-fetch", folder.resolve("client"), "importFileExtension=.js");
    copy(folder, "read-profile.ts", "tsconfig.json");
    run(folder, "node", "../node_modules/typescript/bin/tsc", "--project", ".");
    assertReads(run(folder, "node", "out/read-profile.js", address(), "17850"));
  }

  /// What tests of the edge answer under `/ops` comes from stubs; here a whole node answers.
  @Test
  void operatorsAnswers_ofAWholeNode_areAsDocumented() throws Exception {
    for (String path :
        List.of(
            "/health/live",
            "/health/ready",
            "/ops/slots",
            "/ops/supervision",
            "/ops/config",
            "/ops/threads",
            "/v1/ingest/runs")) {
      JsonNode body = http.get(path).body();
      assertThat(OpenApiDocument.SHARED.wrongAnswer("GET", path, 200, "application/json", body))
          .isEmpty();
    }
  }

  /// Both clients print the same, if only they could read it.
  private static void assertReads(String printed) throws Exception {
    JsonNode profile = http.get("/v1/customers/17850").data();
    long version = profile.get("version").asLong();
    assertThat(version).as("needs more than 32 bits").isGreaterThan(1L << 32);
    assertThat(printed).contains(version + " France GBP 100 ");
    String first = profile.get("first_purchase_at").asText();
    assertThat(Instant.parse(printed.split(" ")[4]).toEpochMilli())
        .isEqualTo(Instant.parse(first).toEpochMilli());
    assertThat(printed.lines().toList().getLast()).isEqualTo("writer RESTART ERR_CACHE true");
  }

  /// Generates a client; a schema without a name would get one from the generator.
  private static void generate(String generator, Path folder, String properties) throws Exception {
    assertThat(GENERATOR)
        .as("the build puts the generator there before it runs these tests")
        .exists();
    String said =
        run(
            WORK,
            JAVA.resolve("java").toString(),
            QUICK,
            "-jar",
            GENERATOR.toString(),
            "generate",
            "-g",
            generator,
            "-i",
            "openapi.yaml",
            "-o",
            folder.toString(),
            "--global-property",
            "models,apis,supportingFiles,modelDocs=false,apiDocs=false,modelTests=false,apiTests=false",
            "--additional-properties",
            properties);
    assertThat(said.lines().filter(l -> l.contains("ERROR") || l.contains("Inline schema created")))
        .isEmpty();
  }

  private static String libraries() throws URISyntaxException {
    List<String> jars = new ArrayList<>();
    for (Class<?> library : LIBRARIES) {
      jars.add(
          Path.of(library.getProtectionDomain().getCodeSource().getLocation().toURI()).toString());
    }
    return String.join(File.pathSeparator, jars);
  }

  private static String address() {
    String address = server.address().toString();
    return address.endsWith("/") ? address.substring(0, address.length() - 1) : address;
  }

  private static void copy(Path folder, String... files) throws IOException {
    for (String file : files) {
      Files.copy(SOURCES.resolve(file), folder.resolve(file));
    }
  }

  private static void empty(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
    Files.createDirectories(folder);
  }

  /// Runs a command to its end and answers what it printed.
  private static String run(Path folder, String... command) throws Exception {
    Path output = Files.createTempFile(WORK, "run", ".log");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(folder.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    builder
        .environment()
        .putAll(Map.of("REDOCLY_TELEMETRY", "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE", "true"));
    Process process;
    try {
      process = builder.start();
    } catch (IOException e) {
      throw new AssertionError(
          command[0] + " is not there: the tests of the API document need Node.js 20 with npm", e);
    }
    boolean ended = process.waitFor(5, TimeUnit.MINUTES);
    process.destroyForcibly();
    String printed = Files.readString(output);
    assertThat(ended).as("%s ended within 5 minutes:\n%s", List.of(command), printed).isTrue();
    assertThat(process.exitValue()).as("%s:\n%s", List.of(command), printed).isZero();
    return printed;
  }
}
