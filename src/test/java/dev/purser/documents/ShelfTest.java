package dev.purser.documents;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.strings.PoolFull;
import dev.purser.strings.StringPool;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ShelfTest {
  private final StringPool pool = new StringPool(new StringPool.Limits(20, 10_000));
  private final Shelf shelf = new Shelf(pool);

  @Test
  void put_thenGet_givesTheSameFields() {
    Fields fields = Fields.of(Map.of("b", List.of("2", "1", "2"), "a", List.of("", "é")));
    assertThat(shelf.put("x", 7, fields)).isTrue();
    assertThat(shelf.get("x")).isEqualTo(new Document("x", 7, fields));
    assertThat(shelf.version("x")).isEqualTo(7);
    assertThat(shelf.put("x", 8, Fields.NONE)).isFalse();
    assertThat(shelf.get("x")).isEqualTo(new Document("x", 8, Fields.NONE));
    assertThat(pool.strings()).isZero();
  }

  @Test
  void append_ofNewAndKnownValues_keepsTheOrderOfNames() {
    shelf.put("x", 1, Fields.of(Map.of("b", List.of("1"), "d", List.of("1"))));
    assertThat(shelf.append("x", 2, "b", "0")).isTrue();
    assertThat(shelf.append("x", 3, "c", "1")).isTrue();
    assertThat(shelf.append("x", 4, "a", "1")).isTrue();
    assertThat(shelf.append("x", 5, "e", "1")).isTrue();
    assertThat(shelf.append("x", 6, "b", "1")).isFalse();
    assertThat(shelf.append("y", 6, "b", "1")).isFalse();
    assertThat(shelf.get("x"))
        .isEqualTo(
            new Document(
                "x",
                5,
                Fields.of(
                    Map.of(
                        "a", List.of("1"),
                        "b", List.of("1", "0"),
                        "c", List.of("1"),
                        "d", List.of("1"),
                        "e", List.of("1")))));
  }

  @Test
  void put_intoAFullPool_changesNothing() {
    shelf.put("x", 1, Fields.of(Map.of("a", List.of("kept"))));
    Fields many = Fields.of(Map.of("a", IntStream.range(0, 40).mapToObj(i -> "v" + i).toList()));
    int before = pool.strings();
    assertThatThrownBy(() -> shelf.put("x", 2, many)).isInstanceOf(PoolFull.class);
    assertThatThrownBy(() -> shelf.put("y", 2, many)).isInstanceOf(PoolFull.class);
    assertThat(pool.strings()).isEqualTo(before);
    assertThat(shelf.get("x"))
        .isEqualTo(new Document("x", 1, Fields.of(Map.of("a", List.of("kept")))));
    assertThat(shelf.get("y")).isNull();
    assertThat(shelf.count(List.of(new Match("a", "v0")))).isZero();
    assertThat(shelf.size()).isEqualTo(new Shelf.Size(1, 1, shelf.size().bytes()));
  }

  @Test
  void page_ofAll_goesByBytesAndNotByChars() {
    // U+FF5E is above the surrogates of U+1F600 as a char and below it as UTF-8.
    List.of("b", "\uD83D\uDE00", "\uFF5E", "a").forEach(id -> shelf.put(id, 1, Fields.NONE));
    assertThat(shelf.page(List.of(), 3, null))
        .isEqualTo(new Page(List.of("a", "b", "\uFF5E"), true));
    assertThat(shelf.page(List.of(), 3, "\uFF5E"))
        .isEqualTo(new Page(List.of("\uD83D\uDE00"), false));
    assertThat(List.of("b", "\uD83D\uDE00", "\uFF5E", "a").stream().sorted(Shelf.ID_ORDER))
        .containsExactly("a", "b", "\uFF5E", "\uD83D\uDE00");
  }

  @Test
  void valuesThatAreRepeated_replacedAndRemoved_giveEverythingBack() {
    // So many pairs that dropping them shrinks the tables below the number of the last, which its
    // document names twice.
    StringPool roomy = new StringPool(new StringPool.Limits(1_000, 10_000));
    Shelf many = new Shelf(roomy);
    List<String> values = new ArrayList<>();
    IntStream.range(0, 200).forEach(i -> values.add("v" + i));
    values.addAll(List.of("v199", "v0", "v199"));
    Fields repeated = Fields.of(Map.of("a", values));
    Fields other = Fields.of(Map.of("b", List.of("v199", "v199")));
    many.put("kept", 1, other);
    many.put("x", 1, repeated);
    assertThat(many.get("x")).isEqualTo(new Document("x", 1, repeated));
    assertThat(many.count(List.of(new Match("a", "v199")))).isEqualTo(1);
    many.put("x", 2, other);
    assertThat(many.size().pairs()).isEqualTo(1);
    assertThat(many.count(List.of(new Match("b", "v199")))).isEqualTo(2);
    many.put("x", 3, repeated);
    assertThat(many.remove("x")).isTrue();
    assertThat(many.size()).isEqualTo(new Shelf.Size(1, 1, many.size().bytes()));
    assertThat(many.page(List.of(new Match("b", "v199")), 9, null).ids()).containsExactly("kept");
    assertThat(many.remove("kept")).isTrue();
    assertThat(roomy.strings()).isZero();
  }

  @Test
  void close_ofAShelf_givesAllStringsBack() {
    shelf.put("x", 1, Fields.of(Map.of("a", List.of("1", "2"))));
    shelf.put("y", 1, Fields.of(Map.of("a", List.of("2", "3"))));
    shelf.close();
    assertThat(pool.strings()).isZero();
    assertThat(pool.bytes()).isZero();
  }
}
