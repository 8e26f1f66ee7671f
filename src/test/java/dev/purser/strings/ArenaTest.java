package dev.purser.strings;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ArenaTest {
  private static final int PAGE = 16 * 1024;

  private final Map<Integer, Integer> places = new HashMap<>();
  private final Map<Integer, String> contents = new HashMap<>();
  private final Arena arena = new Arena(places::put);
  private long living;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void cells_afterRandomAddsAndFrees_areWholeAndPagesFew(long seed) {
    Random random = new Random(seed);
    for (int step = 0; step < 30_000; step++) {
      // Waves: up to some thousand cells, then down to a few.
      boolean growing = step / 3_000 % 2 == 0;
      if (random.nextInt(10) < (growing ? 9 : 1) || places.isEmpty()) {
        add(step, "x".repeat(random.nextInt(random.nextInt(50) == 0 ? 4_096 : 40)) + step);
      } else {
        free(
            places.keySet().stream().skip(random.nextInt(places.size())).findFirst().orElseThrow());
      }
      assertThat(arena.bytes()).isLessThanOrEqualTo(2 * living + 3L * PAGE);
    }
    contents.forEach(
        (owner, text) -> {
          byte[] utf8 = text.getBytes(UTF_8);
          assertThat(arena.holds(places.get(owner), utf8, 0, utf8.length)).isTrue();
          assertThat(arena.copy(places.get(owner))).isEqualTo(utf8);
        });
    while (!places.isEmpty()) {
      free(places.keySet().iterator().next());
    }
    assertThat(arena.bytes()).isZero();
  }

  private void add(int owner, String text) {
    byte[] utf8 = text.getBytes(UTF_8);
    places.put(owner, arena.add(owner, utf8, 0, utf8.length));
    contents.put(owner, text);
    living += utf8.length + 6;
  }

  private void free(int owner) {
    living -= contents.remove(owner).length() + 6;
    arena.free(places.remove(owner));
  }
}
