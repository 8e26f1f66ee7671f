package dev.purser.documents;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.strings.StringPool;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Shelves large enough for bitmaps, blocks that split and merge, and both ways to a page.
class ShelfSearchTest {
  private static final int DOCUMENTS = 8_000;

  private final StringPool pool = new StringPool(new StringPool.Limits(100_000, 10_000_000));
  private final Shelf shelf = new Shelf(pool);
  private final TreeMap<String, Map<String, List<String>>> model = new TreeMap<>(Shelf.ID_ORDER);

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void pages_whileManyComeAndGo_equalThePlainModel(long seed) {
    Random random = new Random(seed);
    for (int i = 0; i < DOCUMENTS; i++) {
      // Seed 3 loads in order, as a start does.
      put(seed == 3 ? String.format("%06d", i) : "d" + random.nextInt(DOCUMENTS), random);
    }
    compare(random);
    for (int wave = 0; wave < 4; wave++) {
      List<String> ids = new ArrayList<>(model.keySet());
      for (String id : ids) {
        if (random.nextInt(10) < 7) {
          assertThat(shelf.remove(id)).isTrue();
          model.remove(id);
        }
      }
      compare(random);
      for (int i = 0; i < DOCUMENTS / 4; i++) {
        put("w" + random.nextInt(DOCUMENTS), random);
      }
      compare(random);
    }
    new ArrayList<>(model.keySet()).forEach(shelf::remove);
    assertThat(shelf.size()).isEqualTo(new Shelf.Size(0, 0, 0));
    assertThat(pool.strings()).isZero();
  }

  @Test
  void pages_ofMatchesAtOneEndOfTheOrder_areExact() {
    // The last tenth matches: a scan from the start meets nothing for long, and must give up.
    for (int i = 0; i < DOCUMENTS; i++) {
      String id = String.format("%06d", i);
      boolean late = i >= DOCUMENTS * 9 / 10;
      shelf.put(id, 1, Fields.of(Map.of("late", List.of(late ? "yes" : "no"))));
    }
    List<Match> filter = List.of(new Match("late", "yes"));
    assertThat(shelf.count(filter)).isEqualTo(DOCUMENTS / 10);
    assertThat(shelf.page(filter, 3, null))
        .isEqualTo(new Page(List.of("007200", "007201", "007202"), true));
    assertThat(shelf.page(filter, 3, "007996"))
        .isEqualTo(new Page(List.of("007997", "007998", "007999"), false));
  }

  @Test
  void pages_betweenWrites_showEachIdThatStaysOnce() {
    Random random = new Random(5);
    for (int i = 0; i < DOCUMENTS; i++) {
      put("d" + i, random);
    }
    List<Match> filter = List.of(new Match("kind", "k0"));
    Set<String> staying = new HashSet<>(matching(filter));
    List<String> seen = new ArrayList<>();
    Page page = shelf.page(filter, 20, null);
    seen.addAll(page.ids());
    while (page.more()) {
      for (int i = 0; i < 20; i++) {
        String id = "d" + random.nextInt(DOCUMENTS * 2);
        staying.remove(id);
        if (random.nextBoolean()) {
          assertThat(shelf.remove(id)).isEqualTo(model.remove(id) != null);
        } else {
          put(id, random);
        }
      }
      page = shelf.page(filter, 20, seen.getLast());
      seen.addAll(page.ids());
    }
    assertThat(seen)
        .doesNotHaveDuplicates()
        .containsAll(staying)
        .isSortedAccordingTo(Shelf.ID_ORDER);
    assertThat(staying).hasSizeGreaterThan(100);
  }

  @Test
  void rows_afterDeletions_giveMemoryBack() {
    Random random = new Random(6);
    for (int i = 0; i < DOCUMENTS; i++) {
      put("d" + i, random);
    }
    long full = shelf.size().bytes();
    for (int i = 0; i < DOCUMENTS; i++) {
      if (i % 10 != 0) {
        shelf.remove("d" + i);
      }
    }
    assertThat(shelf.size().bytes()).isLessThan(full / 3);
    assertThat(shelf.get("d10")).isNotNull();
  }

  private void put(String id, Random random) {
    Map<String, List<String>> fields =
        Map.of(
            "kind", List.of("k" + random.nextInt(3)),
            "tags", List.of("t" + random.nextInt(40), "t" + random.nextInt(40)),
            "rare", List.of("r" + random.nextInt(4_000)));
    assertThat(shelf.put(id, 1, Fields.of(fields))).isEqualTo(model.put(id, fields) == null);
  }

  private List<String> matching(List<Match> filter) {
    return model.entrySet().stream()
        .filter(e -> filter.stream().allMatch(m -> e.getValue().get(m.name()).contains(m.value())))
        .map(Map.Entry::getKey)
        .toList();
  }

  private void compare(Random random) {
    Match kind = new Match("kind", "k1");
    Match tag = new Match("tags", "t" + random.nextInt(40));
    Match rare = new Match("rare", "r" + random.nextInt(4_000));
    for (List<Match> filter :
        List.of(
            List.<Match>of(),
            List.of(kind),
            List.of(tag),
            List.of(rare),
            List.of(kind, tag),
            List.of(kind, rare),
            List.of(new Match("kind", "k2"), new Match("tags", "t1"), new Match("tags", "t2")),
            List.of(kind, new Match("kind", "nothing")))) {
      List<String> expected = matching(filter);
      assertThat(shelf.count(filter)).isEqualTo(expected.size());
      for (int limit : new int[] {1, 50, 1_000}) {
        int from = random.nextInt(expected.size() + 1);
        String after = from == 0 ? null : expected.get(from - 1);
        int to = Math.min(expected.size(), from + limit);
        assertThat(shelf.page(filter, limit, after))
            .isEqualTo(new Page(expected.subList(from, to), to < expected.size()));
      }
    }
    assertThat(new TreeSet<>(model.keySet())).hasSize(shelf.size().documents());
  }
}
