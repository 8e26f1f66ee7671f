package dev.purser.ledger;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.ledger.StrictJson.NotJson;
import dev.purser.testing.SharedData;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class StrictJsonTest {

  @Test
  void suite_everyFile_acceptedOrRefusedAsNamed() throws IOException {
    List<String> wrong = new ArrayList<>();
    int files = 0;
    try (Stream<Path> suite = Files.list(SharedData.at("json-testsuite/test_parsing"))) {
      for (Path file : suite.sorted().toList()) {
        files++;
        String name = file.getFileName().toString();
        boolean accepted = accepts(Files.readAllBytes(file));
        boolean duplicateKey = name.contains("duplicated_key");
        if (name.startsWith("n_") && accepted
            || name.startsWith("y_") && !accepted && !duplicateKey) {
          wrong.add(name);
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(files).isEqualTo(318);
  }

  @Test
  void slice_notJson_placeCountsFromItsOwnStart() {
    byte[] chunk = "{\"a\":1}\n{\"b\":!}".getBytes(UTF_8);
    assertThatThrownBy(() -> StrictJson.parse(chunk, 8, chunk.length))
        .hasMessageContaining("at byte 6");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{} x",
        "{}{}",
        "{}\u0000",
        "NaN",
        "[NaN]",
        "{\"a\":1,\"a\":2}",
        "01",
        "{'a':1}"
      })
  void bodies_notStrict_refused(String text) {
    assertThatThrownBy(() -> StrictJson.parse(text.getBytes(UTF_8))).isInstanceOf(NotJson.class);
  }

  @Test
  void place_ofTheMistake_countedFromTheFirstByteOfTheValue() {
    byte[] bytes = "{\"a\":1}\n{\"b\":x}".getBytes(UTF_8);
    assertThatThrownBy(() -> StrictJson.parse(bytes, 8, bytes.length))
        .hasMessage("is not JSON, at byte 6");
  }

  @Test
  void duplicateKeys_spelledWithEscapes_refused() {
    assertThat(accepts("{\"a\":1,\"\\u0061\":2}".getBytes(UTF_8))).isFalse();
    assertThat(accepts("{\"b\":{\"a\":1},\"a\":2}".getBytes(UTF_8))).isTrue();
  }

  @Test
  void nesting_atTheLimit_judged() throws NotJson {
    StrictJson.parse(("[".repeat(64) + "]".repeat(64)).getBytes(UTF_8));
    StrictJson.parse(("{\"a\":".repeat(64) + "1" + "}".repeat(64)).getBytes(UTF_8));
    assertThat(accepts(("[".repeat(65) + "]".repeat(65)).getBytes(UTF_8))).isFalse();
    assertThat(accepts("[".repeat(1_000_000).getBytes(UTF_8))).isFalse();
  }

  @Test
  void numbers_asWritten_keepTheirKind() throws NotJson {
    JsonNode array =
        StrictJson.parse("[1,-0,1.0,1e2,9223372036854775807,9223372036854775808]".getBytes(UTF_8));
    List<Boolean> integral = new ArrayList<>();
    array.forEach(n -> integral.add(n.isIntegralNumber()));
    assertThat(integral).containsExactly(true, true, false, false, true, false);
  }

  @Test
  void numbers_ofAMillionDigits_costLittle() throws NotJson {
    long start = System.nanoTime();
    assertThat(StrictJson.parse("9".repeat(1_000_000).getBytes(UTF_8)).isIntegralNumber())
        .isFalse();
    StrictJson.parse(("0." + "9".repeat(1_000_000)).getBytes(UTF_8));
    StrictJson.parse(("1e" + "9".repeat(1_000_000)).getBytes(UTF_8));
    assertThat(System.nanoTime() - start).isLessThan(5_000_000_000L);
  }

  @Test
  void escapes_ofUnpairedSurrogatesInKeys_passToTheRules() throws NotJson {
    for (String key :
        List.of("\\ud800", "a\\uDBFFb", "\\udc00", "\\ud800\\ud800", "\\ud800\\u0041")) {
      JsonNode node = StrictJson.parse(("{\"" + key + "\":{\"é\":1}}").getBytes(UTF_8));
      String name = node.fieldNames().next();
      assertThat(Rules.whyNotText(name)).as(key).contains("surrogate");
      assertThat(node.path(name).path("é").asInt()).isEqualTo(1);
    }
    for (String wrong :
        List.of("{\"\\ud800\":}", "{\"\\ud800\":1,\"\\ud800\":1}", "{\"\\ud800\":1} x")) {
      assertThatThrownBy(() -> StrictJson.parse(wrong.getBytes(UTF_8)))
          .as(wrong)
          .isInstanceOf(NotJson.class);
    }
  }

  @Test
  void escapes_ofSurrogates_passToTheRules() throws NotJson {
    JsonNode node =
        StrictJson.parse(
            "{\"\\ud83d\\ude00\":\"\\ud83d\\ude00\",\"x\":\"\\ud800\"}".getBytes(UTF_8));
    assertThat(node.path("😀").asText()).isEqualTo("😀");
    assertThat(Rules.whyNotText(node.path("x").asText())).contains("surrogate");
    assertThat(StrictJson.parse("\"\\u0000\"".getBytes(UTF_8)).asText()).isEqualTo("\u0000");
  }

  @Test
  void encodings_otherThanUtf8_neverGuessed() {
    assertThat(accepts("{\"a\":1}".getBytes(java.nio.charset.StandardCharsets.UTF_16LE))).isFalse();
    assertThat(accepts("\"é\"".getBytes(ISO_8859_1))).isFalse();
    assertThat(accepts(new byte[] {'"', (byte) 0xc0, (byte) 0x80, '"'})).isFalse();
    assertThat(accepts(new byte[] {'"', (byte) 0xed, (byte) 0xa0, (byte) 0x80, '"'})).isFalse();
  }

  /// The decoder of the JDK is the reference, over every lead byte and awkward followers.
  @Test
  void utf8_everySequence_judgedAsTheReferenceDoes() {
    int[] followers = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff};
    for (int first = 0; first < 256; first++) {
      for (int b : followers) {
        for (int c : followers) {
          for (int d : followers) {
            byte[] four = {(byte) first, (byte) b, (byte) c, (byte) d};
            for (int length = 1; length <= 4; length++) {
              assertThat(Utf8.valid(four, 0, length)).isEqualTo(decodes(four, length));
            }
          }
        }
      }
    }
  }

  @Test
  void utf8_lengths_asEncoded() {
    for (String s : List.of("", "abc", "é", "€", "😀", "a😀é€z")) {
      assertThat(Utf8.length(s)).isEqualTo(s.getBytes(UTF_8).length);
    }
  }

  private static boolean accepts(byte[] bytes) {
    try {
      StrictJson.parse(bytes);
      return true;
    } catch (NotJson _) {
      return false;
    }
  }

  private static boolean decodes(byte[] bytes, int length) {
    try {
      UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(ByteBuffer.wrap(bytes, 0, length));
      return true;
    } catch (CharacterCodingException _) {
      return false;
    }
  }
}
