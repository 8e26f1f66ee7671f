package dev.purser.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What a whole node makes of files with faults, and of files that are sent again.
final class FilesTest {
  private static final String HEADER =
      "InvoiceNo,StockCode,Description,Quantity,InvoiceDate,UnitPrice,CustomerID,Country\n";

  @TempDir private static Path folder;
  private static Node node;
  private static Served served;

  @BeforeAll
  static void start() {
    node =
        new Node(
            folder,
            "purser.ingest.tracked-changes = 50",
            "purser.ingest.batch-events = 7",
            "purser.ingest.in-flight-events = 40",
            "purser.ingest.profiles.berlin = ${purser.ingest.profiles.online-retail}",
            "purser.ingest.profiles.berlin.zone = Europe/Berlin");
    served = node.served;
  }

  @AfterAll
  static void stop() {
    node.close();
  }

  @Test
  void quotedFile_withOneBadQuote_losesOneRow() throws IOException {
    String row =
        "\"%d\",\"s\",\"a, \"\"b\"\"%s\",\"1\",\"2024-01-15 12:00:00\",\"1.50\",\"q%d\",\"F\"\n";
    StringBuilder file = new StringBuilder(HEADER);
    int rows = 40_000;
    for (int i = 0; i < rows; i++) {
      file.append(row.formatted(i, i == 12_345 ? " 24\" monitor" : "", i % 50));
    }
    JsonNode report = csv("online-retail", file.toString());
    assertThat(report.path("lines").asInt()).isEqualTo(rows);
    assertThat(report.path("accepted").asInt()).isEqualTo(rows - 1);
    assertThat(report.path("rejected").asInt()).isEqualTo(1);
    assertThat(report.at("/first_errors/0/line").asInt()).isEqualTo(12_347);
    assertThat(report.at("/first_errors/0/message").asText())
        .isEqualTo("The quote opened on line 12347 closes within the field");
    JsonNode letter = letter(report);
    assertThat(letter.path("raw").asText())
        .isEqualTo(row.formatted(12_345, " 24\" monitor", 45).strip());
    assertThat(csv("online-retail", file.toString()).path("accepted").asInt()).isZero();
  }

  @Test
  void quoteThatNeverCloses_reportedWithItsLine_theRestIsRead() throws IOException {
    String good = "%d,s,d,1,2024-01-15 12:00:00,1.50,never,F\r\n";
    String bad = "5,s,\"24 inch,1,2024-01-15 12:00:00,1.50,never,F\r\n";
    String file =
        HEADER.strip() + "\r\n" + good.formatted(1) + bad + good.formatted(2) + good.formatted(3);
    JsonNode report = csv("online-retail", file);
    assertThat(report.path("accepted").asInt()).isEqualTo(3);
    assertThat(report.path("rejected").asInt()).isEqualTo(1);
    assertThat(report.at("/first_errors/0/line").asInt()).isEqualTo(3);
    assertThat(letter(report).path("message").asText())
        .isEqualTo("The quote opened on line 3 never closes");
  }

  /// What stands within a quoted field is text, however long the field is.
  @Test
  void quotedFieldBeyondTheLineLimit_oneLetter_itsLinesAreNoRecords() throws IOException {
    String fake = "FAKE%d,s,abc,1,2011-01-01 10:00:00,999.00,mallory,UK\n";
    StringBuilder field = new StringBuilder("\n");
    for (int i = 0; field.length() < 2_000_000; i++) {
      field.append(fake.formatted(i));
    }
    String row = "%d,s,%s,1,2011-01-01 10:00:00,1.50,alice,UK\n";
    JsonNode report =
        csv(
            "online-retail",
            HEADER
                + row.formatted(1, "d")
                + row.formatted(2, "\"" + field + "\"")
                + row.formatted(3, "\"d\""));
    assertThat(report.path("lines").asInt()).isEqualTo(3);
    assertThat(report.path("accepted").asInt()).isEqualTo(2);
    assertThat(report.path("rejected").asInt()).isEqualTo(1);
    assertThat(report.at("/first_errors/0/line").asInt()).isEqualTo(3);
    assertThat(letter(report).path("reason").asText()).isEqualTo("too_large");
    assertThat(served.get("/v1/customers/mallory").statusCode()).isEqualTo(404);
  }

  @Test
  void quoteThatNeverCloses_inAFileOfManyMegabytes_costsItsLine() throws IOException {
    String description = "d".repeat(1_000);
    String good = "%d,s," + description + ",1,2024-01-15 12:00:00,1.50,large%d,F\n";
    StringBuilder file = new StringBuilder(HEADER);
    file.append("5,s,\"24 inch,1,2024-01-15 12:00:00,1.50,large,F\n");
    int rows = 4_000;
    for (int i = 0; i < rows; i++) {
      file.append(good.formatted(i, i % 50));
    }
    JsonNode report = csv("online-retail", file.toString());
    assertThat(report.path("lines").asInt()).isEqualTo(rows + 1);
    assertThat(report.path("accepted").asInt()).isEqualTo(rows);
    assertThat(report.path("rejected").asInt()).isEqualTo(1);
    assertThat(letter(report).path("message").asText())
        .isEqualTo("The quote opened on line 2 never closes");
  }

  @Test
  void localTimesOfAClockChange_countedInTheReport() throws IOException {
    String row = "z%s,s,d,1,2024-10-27 0%s:30:00,1.50,berlin,F\n";
    String file = HEADER + row.formatted(1, 1) + row.formatted(2, 2) + row.formatted(3, 3);
    JsonNode report = csv("berlin", file);
    assertThat(report.path("accepted").asInt()).isEqualTo(3);
    assertThat(report.path("clock_changes").asInt()).isEqualTo(1);
    String run = report.path("run").asText();
    assertThat(data(served.get("/v1/ingest/runs/" + run)).path("clock_changes").asInt())
        .isEqualTo(1);
    JsonNode utc = csv("online-retail", file.replace("berlin", "utc"));
    assertThat(utc.has("clock_changes")).isFalse();
  }

  /// Each id has several states, far apart and in many batches; the last one stands.
  @Test
  void severalStatesOfAnId_sentAgain_allDuplicates() {
    List<String> lines = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      for (int state : new int[] {1, 2, 1, 3}) {
        lines.add(
            "{\"type\":\"document\",\"id\":\"st%d\",\"fields\":{\"x\":\"%d\"}}"
                .formatted(i, state));
        lines.add(
            "{\"type\":\"vector\",\"space\":\"st\",\"id\":\"v%d\",\"vector\":[%d,1]}"
                .formatted(i % 10, state));
        lines.add(preferences(i % 10, "tier", state));
        lines.add(preferences(i % 10, "country", state));
      }
    }
    Collections.shuffle(lines, new Random(4));
    String file = String.join("\n", lines) + "\n";
    JsonNode first = ndjson(file);
    assertThat(first.path("rejected").asInt()).isZero();
    assertThat(first.path("accepted").asInt()).isPositive();
    String document = data(served.get("/v1/documents/st3")).path("fields").toString();
    String customer = data(served.get("/v1/customers/st3")).path("preferences").toString();
    String vector = data(served.get("/v1/vectors/st/v3")).path("vector").toString();
    for (int again = 0; again < 2; again++) {
      JsonNode report = ndjson(file);
      assertThat(report.path("lines").asInt()).isEqualTo(lines.size());
      assertThat(report.path("accepted").asInt()).isZero();
      assertThat(report.path("duplicates").asInt()).isEqualTo(lines.size());
      assertThat(data(served.get("/v1/documents/st3")).path("fields")).hasToString(document);
      assertThat(data(served.get("/v1/customers/st3")).path("preferences")).hasToString(customer);
      assertThat(data(served.get("/v1/vectors/st/v3")).path("vector")).hasToString(vector);
    }
  }

  @Test
  void statesThatChange_areAccepted() {
    String line = "{\"type\":\"document\",\"id\":\"ch\",\"fields\":{\"x\":\"%d\"}}\n";
    assertThat(ndjson(line.formatted(1)).path("accepted").asInt()).isEqualTo(1);
    JsonNode report = ndjson(line.formatted(2) + line.formatted(2) + line.formatted(3));
    assertThat(report.path("accepted").asInt()).isEqualTo(2);
    assertThat(report.path("duplicates").asInt()).isEqualTo(1);
    assertThat(data(served.get("/v1/documents/ch")).at("/fields/x/0").asText()).isEqualTo("3");
  }

  /// Beyond the limit the figures are those of the lines one by one, and what is stored is the
  /// same.
  @Test
  void moreChangesThanAreTracked_areAcceptedAndStored() {
    StringBuilder file = new StringBuilder();
    for (int state = 1; state <= 2; state++) {
      for (int i = 0; i < 80; i++) {
        file.append(
            "{\"type\":\"document\",\"id\":\"ov%d\",\"fields\":{\"x\":\"%d\"}}\n"
                .formatted(i, state));
      }
    }
    assertThat(ndjson(file.toString()).path("accepted").asInt()).isEqualTo(160);
    JsonNode again = ndjson(file.toString());
    assertThat(again.path("accepted").asInt() + again.path("duplicates").asInt()).isEqualTo(160);
    assertThat(again.path("accepted").asInt()).isPositive();
    assertThat(data(served.get("/v1/documents/ov0")).at("/fields/x/0").asText()).isEqualTo("2");
  }

  @Test
  void lettersOfCustomersWhoseIdsJoinAlike_areTwo() {
    String line =
        "{\"type\":\"refund\",\"customer_id\":\"%s\",\"id\":\"%s\",\"amount_minor\":-1}\n";
    JsonNode report = ndjson(line.formatted("jo/b", "c") + line.formatted("jo", "b/c"));
    String run = report.path("run").asText();
    JsonNode letters = data(served.get("/v1/dead-letters?run=" + run)).path("dead_letters");
    assertThat(letters).hasSize(2);
  }

  private static String preferences(int customer, String name, int state) {
    return "{\"type\":\"preferences\",\"customer_id\":\"st%d\",\"preferences\":{\"%s\":\"%d\"}}"
        .formatted(customer, name, state);
  }

  private static JsonNode letter(JsonNode report) {
    String run = report.path("run").asText();
    return data(served.get("/v1/dead-letters?run=" + run)).at("/dead_letters/0");
  }

  private static JsonNode ndjson(String file) {
    return data(
        served.send(
            "POST",
            "/v1/ingest",
            BodyPublishers.ofString(file),
            "Content-Type",
            "application/x-ndjson"));
  }

  private static JsonNode csv(String profile, String file) throws IOException {
    ByteArrayOutputStream packed = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
      gzip.write(file.getBytes(StandardCharsets.UTF_8));
    }
    return data(
        served.send(
            "POST",
            "/v1/ingest?profile=" + profile,
            BodyPublishers.ofByteArray(packed.toByteArray()),
            "Content-Type",
            "text/csv",
            "Content-Encoding",
            "gzip"));
  }

  private static JsonNode data(HttpResponse<byte[]> r) {
    assertThat(r.statusCode()).as(new String(r.body(), StandardCharsets.UTF_8)).isBetween(200, 299);
    return Served.tree(r).path("data");
  }
}
