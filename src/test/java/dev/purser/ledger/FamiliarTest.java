package dev.purser.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class FamiliarTest {
  /// A copy of its own, as a parser or a driver makes it.
  private static String fresh(String text) {
    return new String(text.toCharArray());
  }

  @Test
  void copy_ofTheSameText_isTheSameString() {
    String first = Familiar.copy(fresh("a familiar text"));
    assertThat(Familiar.copy(fresh("a familiar text"))).isSameAs(first);
    String empty = Familiar.copy(fresh(""));
    assertThat(Familiar.copy(fresh(""))).isSameAs(empty).isEmpty();
  }

  @Test
  void copy_ofTextsWithEqualHashes_isNeverTheOther() {
    assertThat("Aa").hasSameHashCodeAs("BB");
    for (int i = 0; i < 3; i++) {
      assertThat(Familiar.copy(fresh("Aa"))).isEqualTo("Aa");
      assertThat(Familiar.copy(fresh("BB"))).isEqualTo("BB");
    }
  }

  @Test
  void copy_ofALongText_isThatItself() {
    String text = "x".repeat(65);
    assertThat(Familiar.copy(text)).isSameAs(text);
    String again = fresh(text);
    assertThat(Familiar.copy(again)).isSameAs(again);
  }

  @Test
  void copy_byManyThreadsOfMoreThanThereIsRoomFor_isAlwaysEqual() {
    IntStream.range(0, 200_000)
        .parallel()
        .forEach(
            i -> assertThat(Familiar.copy("text " + i % 9_000)).isEqualTo("text " + i % 9_000));
  }

  @Test
  void profiles_withEqualPreferences_shareTheirStrings() {
    SortedMap<String, String> one = new TreeMap<>();
    one.put(fresh("country"), fresh("United Kingdom"));
    SortedMap<String, String> other = new TreeMap<>();
    other.put(fresh("country"), fresh("United Kingdom"));
    Profile a = new Profile("a", 1, one, List.of(), null, null);
    Profile b = new Profile("b", 1, other, List.of(), null, null);
    assertThat(b.preferences().firstKey()).isSameAs(a.preferences().firstKey());
    assertThat(b.preferences().get("country")).isSameAs(a.preferences().get("country"));
  }
}
