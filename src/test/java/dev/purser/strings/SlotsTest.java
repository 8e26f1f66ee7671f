package dev.purser.strings;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SlotsTest {
  private final Slots slots = new Slots();
  private final Map<Integer, Integer> model = new HashMap<>();

  @ParameterizedTest
  @CsvSource({"1, 2147483647", "2, 8", "3, 1"})
  void entries_afterRandomInsertsAndRemovals_areAllThere(long seed, int hashes) {
    Random random = new Random(seed);
    List<Integer> present = new ArrayList<>();
    for (int step = 0; step < 4_000; step++) {
      if (present.isEmpty() || random.nextInt(10) < (step < 2_000 ? 7 : 3)) {
        int hash = random.nextInt(hashes) - hashes / 2;
        slots.insert(hash, step);
        model.put(step, hash);
        present.add(step);
      } else {
        int number = present.remove(random.nextInt(present.size()));
        slots.remove(model.remove(number), number);
      }
      assertThat(slots.size()).isEqualTo(model.size());
      if (step % 50 == 0) {
        model.forEach((number, hash) -> assertThat(reachable(hash, number)).isTrue());
        assertThat(slots.table().length).isLessThanOrEqualTo(Math.max(16, 8 * model.size()));
      }
    }
  }

  private boolean reachable(int hash, int number) {
    long[] table = slots.table();
    for (int i = hash & (table.length - 1); table[i] != 0; i = (i + 1) & (table.length - 1)) {
      if (table[i] == ((long) hash << 32 | (number + 1))) {
        return true;
      }
    }
    return false;
  }
}
