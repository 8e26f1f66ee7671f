package dev.purser.vectors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IdsTest {

  /// The plain model is a list in which the last takes the place of what is removed.
  @ParameterizedTest
  @ValueSource(longs = {0, 1, 2, -1, Long.MIN_VALUE})
  void ids_afterRandomChanges_areFoundAtTheirRows(long seed) {
    Random random = new Random(seed);
    Ids ids = new Ids(seed);
    List<String> model = new ArrayList<>();
    for (int step = 0; step < 30_000; step++) {
      boolean growing = step / 5_000 % 2 == 0;
      String id = id(random);
      int at = model.indexOf(id);
      assertThat(ids.find(id.getBytes(UTF_8))).isEqualTo(at);
      if (at < 0 && random.nextInt(10) < (growing ? 9 : 2)) {
        assertThat(ids.add(id.getBytes(UTF_8))).isEqualTo(model.size());
        model.add(id);
      } else if (!model.isEmpty() && random.nextInt(10) < (growing ? 2 : 9)) {
        int row = random.nextInt(model.size());
        ids.remove(row);
        String last = model.removeLast();
        if (row < model.size()) {
          model.set(row, last);
        }
      }
      assertThat(ids.size()).isEqualTo(model.size());
    }
    for (int row = 0; row < model.size(); row++) {
      assertThat(ids.at(row)).isEqualTo(model.get(row).getBytes(UTF_8));
    }
  }

  /// Short ids, long ones, ones that share a beginning or an end, ones that differ in one bit.
  private static String id(Random random) {
    String number = Integer.toString(random.nextInt(300));
    return switch (random.nextInt(5)) {
      case 0 -> number;
      case 1 -> "customer-with-a-long-beginning-" + number;
      case 2 -> number + "-customer-with-a-long-end";
      case 3 -> "a".repeat(1 + random.nextInt(128));
      default -> Character.toString(0x4e00 + random.nextInt(300));
    };
  }

  /// Lengths around the eight bytes that the hash takes at once, of bytes that are all zero.
  @Test
  void ids_thatDifferInLengthAlone_areDifferent() {
    Ids ids = new Ids(0);
    for (int length = 1; length <= 128; length++) {
      assertThat(ids.find(new byte[length])).isEqualTo(-1);
      ids.add(new byte[length]);
    }
    for (int length = 1; length <= 128; length++) {
      assertThat(ids.find(new byte[length])).isEqualTo(length - 1);
    }
  }
}
