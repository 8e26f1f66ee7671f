package dev.purser.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.purser.testing.SharedData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

final class ScannerTest {
  private static final int LIMIT = 1 << 20;

  @Test
  void lines_splitAnywhere_sameRecords() {
    byte[] body = "\ufeff{\"a\":1}\r\n\n  \n{\"b\":\"é\"}\n\r\n{\"c\":3}".getBytes(UTF_8);
    for (int piece = 1; piece <= body.length; piece++) {
      var blocks = Samples.blocks(false, LIMIT, body, piece);
      assertThat(Samples.records(blocks))
          .containsExactly("{\"a\":1}", "{\"b\":\"é\"}", "{\"c\":3}");
      assertThat(numbers(blocks)).containsExactly(1L, 4L, 6L);
    }
  }

  @Test
  void csv_splitAnywhere_quotesHideLineEnds() {
    byte[] body =
        "a,b\r\n\"x\ny\",\"\"\"q\"\"\"\r\n\r\n5\" pipe,2\n\"un\"x,\"\r\n\",3\nlast,\"1\"\"\""
            .getBytes(UTF_8);
    for (int piece = 1; piece <= body.length; piece++) {
      var blocks = Samples.blocks(true, LIMIT, body, piece);
      assertThat(Samples.records(blocks))
          .containsExactly(
              "a,b",
              "\"x\ny\",\"\"\"q\"\"\"",
              "5\" pipe,2",
              "\"un\"x,\"\r\n\",3",
              "last,\"1\"\"\"");
      assertThat(numbers(blocks)).containsExactly(1L, 2L, 5L, 6L, 8L);
    }
  }

  @Test
  void csv_markBeforeAQuotedHeader_passedOver() {
    byte[] body = "\ufeff\"a\nb\",c\n1,2\n".getBytes(UTF_8);
    assertThat(Samples.records(Samples.blocks(true, LIMIT, body, 1)))
        .containsExactly("\"a\nb\",c", "1,2");
  }

  @Test
  void spectrum_everyFile_readAsItsJson() throws IOException {
    int files = 0;
    try (Stream<Path> csvs = Files.list(SharedData.at("csv-spectrum/csvs"))) {
      for (Path file : csvs.sorted().toList()) {
        String json = file.getFileName().toString().replace(".csv", ".json");
        JsonNode expected = expected(file.resolveSibling("../json").resolve(json));
        byte[] body = Files.readAllBytes(file);
        for (int piece : new int[] {1, 3, 1 << 16}) {
          assertThat(table(body, piece)).as(json).isEqualTo(expected);
        }
        files++;
      }
    }
    assertThat(files).isEqualTo(12);
  }

  @Test
  void overlongLine_ofTenMegabytes_cutInBoundedMemory() {
    String longLine = "x".repeat(10_000_000);
    byte[] body = ("first\n" + longLine + "\nlast\n").getBytes(UTF_8);
    var blocks = Samples.blocks(false, LIMIT, body, 8192);
    List<Boolean> cut = new ArrayList<>();
    blocks.forEach(
        b -> {
          assertThat(b.bytes().length).isLessThan(4 * LIMIT);
          for (int i = 0; i < b.records(); i++) {
            cut.add(b.cut(i));
          }
        });
    assertThat(cut).containsExactly(false, true, false);
    assertThat(Samples.records(blocks))
        .containsExactly("first", "x".repeat(Block.RAW_BYTES), "last");
    assertThat(numbers(blocks)).containsExactly(1L, 2L, 3L);
  }

  @Test
  void blankLines_withoutEnd_boundedMemory() {
    Scanner scanner = new Scanner(false, LIMIT);
    byte[] blank = "\n".repeat(64 * 1024).getBytes(UTF_8);
    for (int i = 0; i < 64; i++) {
      scanner.append(ByteBuffer.wrap(blank));
    }
    scanner.append(ByteBuffer.wrap("last\n".getBytes(UTF_8)));
    Block block = scanner.take();
    assertThat(Samples.records(List.of(block))).containsExactly("last");
    assertThat(block.line(0)).isEqualTo(64 * 64 * 1024 + 1);
    assertThat(block.bytes().length).isLessThan(4 * blank.length);
  }

  @Test
  void block_ofAnOverlongLine_holdsNoMoreThanItsRecord() {
    byte[] body = ("x".repeat(2 * LIMIT) + "\n").getBytes(UTF_8);
    Block block = Samples.blocks(false, LIMIT, body, 1 << 16).getFirst();
    assertThat(block.bytes().length).isLessThanOrEqualTo(2 * Block.RAW_BYTES);
  }

  @Test
  void overlongLine_atTheEndWithoutNewline_isOneRecord() {
    var blocks = Samples.blocks(false, 1024, "x".repeat(100_000).getBytes(UTF_8), 700);
    assertThat(blocks).hasSize(1);
    assertThat(blocks.getFirst().cut(0)).isTrue();
  }

  @Test
  void line_exactlyAtTheLimit_isWhole() {
    for (int piece : new int[] {1, 7, 4096}) {
      var blocks =
          Samples.blocks(
              false,
              1024,
              ("y".repeat(1024) + "\n" + "z".repeat(1025) + "\n").getBytes(UTF_8),
              piece);
      List<Boolean> cut = new ArrayList<>();
      blocks.forEach(
          b -> {
            for (int i = 0; i < b.records(); i++) {
              cut.add(b.cut(i));
            }
          });
      assertThat(cut).containsExactly(false, true);
    }
  }

  @Test
  void text_cutWithinACharacter_endsBeforeIt() {
    Block block = Block.of("x" + "é".repeat(Block.RAW_BYTES), 1);
    assertThat(block.text(0)).endsWith("é").doesNotContain("\ufffd");
    assertThat(block.text(0).getBytes(UTF_8).length).isLessThanOrEqualTo(Block.RAW_BYTES);
  }

  @Test
  void end_withoutAnything_isNoRecord() {
    Scanner scanner = new Scanner(true, LIMIT);
    scanner.end();
    assertThat(scanner.hasRecords()).isFalse();
    scanner.append(ByteBuffer.wrap("a\n".getBytes(UTF_8)));
    scanner.take();
    scanner.end();
    assertThat(scanner.hasRecords()).isFalse();
  }

  private static List<Long> numbers(List<Block> blocks) {
    List<Long> numbers = new ArrayList<>();
    for (Block block : blocks) {
      for (int i = 0; i < block.records(); i++) {
        numbers.add(block.line(i));
      }
    }
    return numbers;
  }

  /// One of the suite's JSON files is a bare object and has another phone number than its CSV.
  private static JsonNode expected(Path json) throws IOException {
    String text = Files.readString(json).replace("1234567890", "2095257564");
    JsonNode node = new ObjectMapper().readTree(text);
    return node.isArray() ? node : new ObjectMapper().createArrayNode().add(node);
  }

  /// A file as an array of objects named by its header.
  private static JsonNode table(byte[] body, int piece) {
    var mapper = new ObjectMapper();
    var rows = mapper.createArrayNode();
    List<String> names = new ArrayList<>();
    Csv csv = new Csv();
    for (Block block : Samples.blocks(true, LIMIT, body, piece)) {
      for (int r = 0; r < block.records(); r++) {
        assertThat(csv.split(block.bytes(), block.start(r), block.end(r))).isTrue();
        var row = mapper.createObjectNode();
        for (int i = 0; i < csv.fields(); i++) {
          if (names.size() < csv.fields() && rows.isEmpty() && row.isEmpty() && names.size() == i) {
            names.add(csv.text(i));
          } else {
            row.put(names.get(i), csv.text(i));
          }
        }
        if (!row.isEmpty()) {
          rows.add(row);
        }
      }
    }
    return rows;
  }
}
