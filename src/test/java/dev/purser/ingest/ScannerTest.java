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
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
        "a,b\r\n\"x\ny\",\"\"\"q\"\"\"\r\n\r\n5\" pipe,2\nun\"x,\"\r\n\"\nlast,\"1\"\"\""
            .getBytes(UTF_8);
    for (int piece = 1; piece <= body.length; piece++) {
      var blocks = Samples.blocks(true, LIMIT, body, piece);
      assertThat(Samples.records(blocks))
          .containsExactly(
              "a,b", "\"x\ny\",\"\"\"q\"\"\"", "5\" pipe,2", "un\"x,\"\r\n\"", "last,\"1\"\"\"");
      assertThat(numbers(blocks)).containsExactly(1L, 2L, 5L, 6L, 8L);
    }
  }

  /// The line with the bad quote is a record of its own, and those around it are what they were.
  @ParameterizedTest
  @ValueSource(
      strings = {
        "1,\"24\" monitor\",x",
        "1,\"24\"\" monitor,x",
        "1,\"\"24 monitor\",x",
        "\"1\",\"24\"\",\"x\"",
        "\"1\",\"24\",\"x\"\"",
        "\"1\",\"24\",\"x",
        "1,\"never closes,x",
        "1,\"a\"\rb,x",
        "\"\"\"",
      })
  void csv_badQuoteOnOneLine_costsThatLine(String bad) {
    for (String end : List.of("\n", "\r\n")) {
      String before = "\"h\",i,j" + end + "\"o\n\"\"k\"\"\",ok,1" + end;
      String after = "2,\"fine, too\",3" + end + "3,\"\",4" + end + "\"4\",\"x\ny\",\"5\"" + end;
      byte[] body = (before + bad + end + after).getBytes(UTF_8);
      for (int piece = 1; piece <= body.length; piece++) {
        var blocks = Samples.blocks(true, LIMIT, body, piece);
        assertThat(Samples.records(blocks))
            .containsExactly(
                "\"h\",i,j",
                "\"o\n\"\"k\"\"\",ok,1",
                bad,
                "2,\"fine, too\",3",
                "3,\"\",4",
                "\"4\",\"x\ny\",\"5\"");
        assertThat(numbers(blocks)).containsExactly(1L, 2L, 4L, 5L, 6L, 7L);
      }
    }
  }

  @Test
  void csv_quoteOpenAtTheEnd_readAgainFromTheNextLine() {
    byte[] body = "a,b\n1,\"x\n2,y\n\n3,z\n4,\"w".getBytes(UTF_8);
    for (int piece = 1; piece <= body.length; piece++) {
      var blocks = Samples.blocks(true, LIMIT, body, piece);
      assertThat(Samples.records(blocks)).containsExactly("a,b", "1,\"x", "2,y", "3,z", "4,\"w");
      assertThat(numbers(blocks)).containsExactly(1L, 2L, 3L, 5L, 6L);
    }
  }

  @Test
  void csv_quoteOpenInALaterLineOfTheRecord_endsTheRecordThere() {
    byte[] body = "a,b\n\"x\ny\",\"z\n3,4\n5,6\n".getBytes(UTF_8);
    var blocks = Samples.blocks(true, LIMIT, body, 3);
    assertThat(Samples.records(blocks)).containsExactly("a,b", "\"x\ny\",\"z", "3,4", "5,6");
    assertThat(numbers(blocks)).containsExactly(1L, 2L, 4L, 5L);
    Csv csv = new Csv();
    byte[] bad = "\"x\ny\",\"z".getBytes(UTF_8);
    assertThat(csv.split(bad, 0, bad.length)).isFalse();
    assertThat(csv.fault(2)).isEqualTo("The quote opened on line 3 never closes");
  }

  /// A quote that has not closed at the quote limit never closes.
  @Test
  void csv_quoteOpenBeyondTheQuoteLimit_readAgainFromTheNextLine() {
    int limit = 4096;
    String good = "2,yyyyyyyyyyyy\n".repeat(10_000);
    byte[] body = ("a,b\n1,\"x\n" + good).getBytes(UTF_8);
    for (int piece : new int[] {1, 7, 1023, 1024, 1025, 65_536, body.length}) {
      var blocks = Samples.blocks(true, 1024, limit, body, piece);
      assertThat(Samples.records(blocks))
          .hasSize(10_002)
          .startsWith("a,b", "1,\"x", "2,yyyyyyyyyyyy");
      assertThat(numbers(blocks).getLast()).isEqualTo(10_002);
      blocks.forEach(b -> assertThat(b.bytes().length).isLessThan(4 * (limit + piece)));
    }
  }

  @Test
  void csv_quotedFieldAtTheLimit_isWhole() {
    int limit = 1024;
    String longest = "1,\"" + "x".repeat(500) + "\n" + "y".repeat(limit - 505) + "\"";
    assertThat(longest).hasSize(limit);
    String over = "1,\"" + "x".repeat(500) + "\n" + "y".repeat(limit) + "\"";
    for (String end : List.of("\n", "\r\n")) {
      byte[] body = ("a,b\n" + longest + end + over + end + "2,z" + end).getBytes(UTF_8);
      for (int piece : new int[] {1, 3, 511, 512, 513, body.length}) {
        List<String> records = Samples.records(Samples.blocks(true, limit, body, piece));
        assertThat(records).containsExactly("a,b", longest, over, "2,z");
      }
    }
  }

  /// Whatever the first line of the field, or the field before it, is as long as.
  @Test
  void csv_linesOfAQuotedFieldBeyondTheLimit_areNoRecords() {
    String fake = "FAKE,s,abc\n".repeat(40_000);
    String lineLong = "x".repeat(200_000);
    List<String> fields =
        List.of(
            "1,\"" + fake + "\",x",
            "1,\"a\n" + lineLong + "\n" + fake + "\",x",
            "1,\"" + lineLong + "\n" + fake + "\",x",
            "1," + lineLong + ",\"\n" + fake + "\"",
            "1,\"" + fake + "\",\"" + fake + "\"\"\n\"",
            "\"" + lineLong + "\",\"" + lineLong + "\",\"\n" + fake + "\"");
    for (String field : fields) {
      for (String end : List.of("\n", "\r\n")) {
        byte[] body = ("a,b,c" + end + field + end + "2,y,z" + end).getBytes(UTF_8);
        for (int piece : new int[] {4093, 65_536, body.length}) {
          var blocks = Samples.blocks(true, 100_000, 1 << 20, body, piece);
          assertThat(Samples.records(blocks))
              .containsExactly("a,b,c", field.substring(0, Block.RAW_BYTES), "2,y,z");
          assertThat(cuts(blocks)).containsExactly(false, true, false);
          assertThat(numbers(blocks).getLast())
              .isEqualTo(3 + field.chars().filter(c -> c == '\n').count());
        }
      }
    }
  }

  /// Of a field longer than the quote limit no more than that is kept.
  @Test
  void csv_quotedFieldsBeyondTheLimit_boundedMemory() {
    int quoteLimit = 300_000;
    Scanner scanner = new Scanner(true, 100_000, quoteLimit);
    byte[] piece = ("\"" + "x".repeat(30_000) + "\n" + "y".repeat(30_000) + "\",").getBytes(UTF_8);
    for (int i = 0; i < 200; i++) {
      scanner.append(ByteBuffer.wrap(piece));
      assertThat(scanner.hasRecords()).isFalse();
    }
    scanner.append(ByteBuffer.wrap("end\n".getBytes(UTF_8)));
    Block block = scanner.take();
    assertThat(block.bytes().length).isLessThan(2 * (quoteLimit + 100_000));
    assertThat(block.cut(0)).isTrue();
  }

  /// What is read again leaves in blocks of about a mebibyte, and nothing of it is lost.
  @Test
  void csv_quoteThatNeverClosesInALargeFile_costsItsLine() {
    String good = "2,s,\"\",yyyyyyyyyyyy\n";
    int rows = 300_000;
    byte[] body = ("a,b,c,d\n1,\"x\n" + good.repeat(rows)).getBytes(UTF_8);
    for (int quoteLimit : new int[] {2 << 20, 16 << 20}) {
      var blocks = Samples.blocks(true, LIMIT, quoteLimit, body, 65_536);
      int records = 0;
      for (Block block : blocks) {
        records += block.records();
        assertThat(block.bytes().length).isLessThan(3 << 20);
        assertThat(block.records()).isLessThan(100_000);
      }
      assertThat(records).isEqualTo(rows + 2);
      assertThat(cuts(blocks)).doesNotContain(true);
      assertThat(numbers(blocks).getLast()).isEqualTo(rows + 2);
      assertThat(blocks.getLast().text(blocks.getLast().records() - 1)).isEqualTo(good.strip());
    }
  }

  /// With the long fields the letter's part of a cut record is forgotten in many places.
  @Test
  void csv_longFieldsCutAnywhere_sameRecords() {
    Random random = new Random(12);
    List<String> parts =
        List.of("\"", "\"", "\"\"", ",", ",", "\n", "\r\n", "x".repeat(40_000), "yz".repeat(3_000));
    for (int round = 0; round < 150; round++) {
      StringBuilder text = new StringBuilder(random.nextBoolean() ? "" : "\ufeff");
      int length = random.nextInt(40);
      for (int i = 0; i < length; i++) {
        text.append(parts.get(random.nextInt(parts.size())));
      }
      byte[] body = text.toString().getBytes(UTF_8);
      int limit = 1024 + random.nextInt(90_000);
      int quoteLimit = random.nextInt(200_000);
      var whole = Samples.blocks(true, limit, quoteLimit, body, Math.max(1, body.length));
      for (int piece : new int[] {1_000 + random.nextInt(9_000), 65_536}) {
        var cut = Samples.blocks(true, limit, quoteLimit, body, piece);
        assertThat(Samples.records(cut).equals(Samples.records(whole))).as("" + round).isTrue();
        assertThat(numbers(cut)).as("" + round).isEqualTo(numbers(whole));
        assertThat(cuts(cut)).as("" + round).isEqualTo(cuts(whole));
      }
    }
  }

  /// What the records are depends on the bytes alone.
  @Test
  void csv_anyBytesCutAnywhere_sameRecords() {
    Random random = new Random(11);
    String alphabet = "\"\"\"\"\n\n\r,,ab";
    for (int round = 0; round < 4_000; round++) {
      StringBuilder text = new StringBuilder(random.nextBoolean() ? "" : "\ufeff");
      int length = random.nextInt(60);
      for (int i = 0; i < length; i++) {
        text.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      byte[] body = text.toString().getBytes(UTF_8);
      int limit = 4 + random.nextInt(30);
      int quotes = random.nextInt(60);
      var whole = Samples.blocks(true, limit, quotes, body, Math.max(1, body.length));
      for (int piece : new int[] {1, 2, 3, 1 + random.nextInt(20)}) {
        var cut = Samples.blocks(true, limit, quotes, body, piece);
        assertThat(Samples.records(cut)).as(text.toString()).isEqualTo(Samples.records(whole));
        assertThat(numbers(cut)).as(text.toString()).isEqualTo(numbers(whole));
        assertThat(cuts(cut)).as(text.toString()).isEqualTo(cuts(whole));
      }
      assertThat(lost(text.toString(), whole)).as(text.toString()).isFalse();
    }
  }

  /// One stray quote anywhere in a file without another one costs at most the line that it is on.
  @Test
  void csv_strayQuoteAnywhere_costsAtMostItsLine() {
    List<String> rows = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      rows.add("\"" + i + "\",\"a, \"\"b\"\" c\",\"1\"");
    }
    String whole = String.join("\n", rows) + "\n";
    for (int at = 0; at < whole.length(); at++) {
      byte[] body = (whole.substring(0, at) + "\"" + whole.substring(at)).getBytes(UTF_8);
      List<String> records = Samples.records(Samples.blocks(true, LIMIT, body, 64));
      List<String> kept = new ArrayList<>(rows);
      kept.removeAll(records);
      assertThat(kept).as("a quote at " + at).hasSizeLessThanOrEqualTo(1);
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
    Scanner scanner = new Scanner(false, LIMIT, LIMIT);
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
    Scanner scanner = new Scanner(true, LIMIT, LIMIT);
    scanner.end();
    assertThat(scanner.hasRecords()).isFalse();
    scanner.append(ByteBuffer.wrap("a\n".getBytes(UTF_8)));
    scanner.take();
    scanner.end();
    assertThat(scanner.hasRecords()).isFalse();
  }

  private static List<Boolean> cuts(List<Block> blocks) {
    List<Boolean> cuts = new ArrayList<>();
    for (Block block : blocks) {
      for (int i = 0; i < block.records(); i++) {
        cuts.add(block.cut(i));
      }
    }
    return cuts;
  }

  /// Whether a character that is no line end is in no record.
  private static boolean lost(String text, List<Block> blocks) {
    int kept = 0;
    for (String record : Samples.records(blocks)) {
      kept += record.replaceAll("[\r\n]", "").length();
    }
    return kept != text.replaceAll("[\r\n\ufeff]", "").length();
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
