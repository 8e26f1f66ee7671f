package dev.purser.documents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class FieldsTest {
  private static final Fields SOME =
      Fields.of(
          Map.of("b", List.of("1", "", "1"), "", List.of("x".repeat(300)), "é", List.of("2")));

  @Test
  void of_theSameContentInOtherOrder_isEqual() {
    Map<String, List<String>> one = new LinkedHashMap<>();
    one.put("\uD83D\uDE00", List.of("1"));
    one.put("\uFF5E", List.of("2"));
    one.put("none", List.of());
    Map<String, List<String>> other = new LinkedHashMap<>();
    other.put("\uFF5E", List.of("2"));
    other.put("\uD83D\uDE00", List.of("1"));
    assertThat(Fields.of(one)).isEqualTo(Fields.of(other)).hasSameHashCodeAs(Fields.of(other));
    assertThat(Fields.of(one).toMap().keySet()).containsExactly("\uFF5E", "\uD83D\uDE00");
    assertThat(Fields.of(one).names()).isEqualTo(2);
  }

  @Test
  void decode_ofWhatWasEncoded_isTheSame() {
    Fields again = Fields.decode(SOME.encoded().clone());
    assertThat(again).isEqualTo(SOME);
    assertThat(again.values()).isEqualTo(5);
    assertThat(again.toMap())
        .isEqualTo(
            Map.of("b", List.of("1", "", "1"), "", List.of("x".repeat(300)), "é", List.of("2")));
  }

  @Test
  void decode_ofBytesThatAreNotWhole_isRefused() {
    byte[] encoded = SOME.encoded();
    for (int length = 0; length < encoded.length; length++) {
      byte[] cut = Arrays.copyOf(encoded, length);
      assertThatThrownBy(() -> Fields.decode(cut)).isInstanceOf(IllegalArgumentException.class);
    }
    byte[] longer = Arrays.copyOf(encoded, encoded.length + 1);
    assertThatThrownBy(() -> Fields.decode(longer)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void plus_ofAKnownValue_changesNothing() {
    assertThat(SOME.plus("b", "1")).isSameAs(SOME);
    assertThat(SOME.plus("b", "2").toMap()).containsEntry("b", List.of("1", "", "1", "2"));
    assertThat(Fields.NONE.plus("", "").toMap()).isEqualTo(Map.of("", List.of("")));
  }

  @ParameterizedTest
  @ValueSource(
      ints = {0, 1, 127, 128, 16_383, 16_384, 2_097_151, 2_097_152, 268_435_456, Integer.MAX_VALUE})
  void varint_ofAnyNumber_comesBack(int number) {
    byte[] bytes = new byte[8];
    int end = Varint.write(bytes, 1, number);
    assertThat(Varint.read(bytes, 1)).isEqualTo(number);
    assertThat(end - 1).isEqualTo(Varint.size(number));
  }

  @Test
  void varint_beyond31Bits_isRefused() {
    byte[] bytes = {-1, -1, -1, -1, 15, 0};
    assertThatThrownBy(() -> Varint.read(bytes, 0)).isInstanceOf(IndexOutOfBoundsException.class);
  }
}
