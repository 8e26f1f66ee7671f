package dev.purser.vectors;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BlockTest {
  private final Allowance allowance = new Allowance(Long.MAX_VALUE);

  /// Random puts and removals, with chunks so small that many fill and empty again.
  @ParameterizedTest
  @CsvSource({"1,64", "1,2000", "3,1000", "7,4000", "16,1024", "33,100", "128,20000"})
  void block_afterRandomChanges_holdsWhatAPlainMapHolds(int dimension, int chunkBytes) {
    Random random = new Random(dimension);
    Block block = new Block(dimension, allowance, chunkBytes);
    Map<String, float[]> model = new HashMap<>();
    Map<String, Long> versions = new HashMap<>();
    for (int step = 0; step < 6_000; step++) {
      // Phases of growing and of shrinking, so that sizes run through every border.
      boolean growing = step / 1_000 % 2 == 0;
      String id = "id-" + random.nextInt(600);
      if (random.nextInt(10) < (growing ? 8 : 2)) {
        float[] vector = vector(dimension, random);
        assertThat(block.put(id.getBytes(UTF_8), step + 1, vector))
            .isEqualTo(!model.containsKey(id));
        versions.put(id, step + 1L);
        model.put(id, vector.clone());
        vector[0] = -1; // the block keeps a copy
      } else {
        assertThat(block.remove(id.getBytes(UTF_8))).isEqualTo(model.remove(id) != null);
        versions.remove(id);
      }
      assertThat(block.size()).isEqualTo(model.size());
      if (step % 100 == 0) {
        compare(block, model, versions);
      }
    }
    for (String id : List.copyOf(model.keySet())) {
      block.remove(id.getBytes(UTF_8));
    }
    assertThat(block.bytes()).as("bytes of an empty block").isZero();
    assertThat(allowance.taken()).isZero();
  }

  private void compare(Block block, Map<String, float[]> model, Map<String, Long> versions) {
    for (int i = 0; i < 600; i++) {
      String id = "id-" + i;
      assertThat(block.get(id.getBytes(UTF_8))).isEqualTo(model.get(id));
      assertThat(block.version(id.getBytes(UTF_8))).isEqualTo(versions.getOrDefault(id, 0L));
    }
    List<String> seen = new ArrayList<>();
    for (int n = 0; n < block.chunks(); n++) {
      for (int row = 0; row < block.rows(n); row++) {
        String id = new String(block.ids().at(block.firstRow(n) + row), UTF_8);
        seen.add(id);
        double square = 0;
        for (float x : model.get(id)) {
          square += (double) x * x;
        }
        assertThat(block.chunk(n).norms()[row]).isEqualTo((float) Math.sqrt(square));
      }
    }
    assertThat(seen).containsExactlyInAnyOrderElementsOf(model.keySet());
    assertThat(block.bytes()).isEqualTo(allowance.taken());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 100, 128, 4096})
  void chunks_ofAnyDimension_fitARegionOfTheCollector(int dimension) {
    Block block = new Block(dimension, allowance);
    for (int i = 0; i < 100; i++) {
      block.put(("id-" + i).getBytes(UTF_8), 1, new float[dimension]);
    }
    for (int n = 0; n < block.chunks(); n++) {
      assertThat(block.chunk(n).values().length * 4L).isLessThanOrEqualTo((1 << 20) - 64);
      assertThat(block.chunk(n).values().length % (16 * dimension)).isZero();
    }
  }

  @Test
  void allowance_thatIsUsedUp_refusesAndCountsNothing() {
    Allowance little = new Allowance(100);
    assertThat(little.take(60)).isTrue();
    assertThat(little.take(41)).isFalse();
    assertThat(little.taken()).isEqualTo(60);
    assertThat(little.take(40)).isTrue();
    little.give(100);
    assertThat(little.taken()).isZero();
  }

  @Test
  void bytes_ofManyRows_areHardlyMoreThanTheirValues() {
    Block block = new Block(128, allowance);
    for (int i = 0; i < 20_000; i++) {
      block.put(("id-" + i).getBytes(UTF_8), 1, new float[128]);
    }
    assertThat(block.bytes()).isBetween(20_000L * 128 * 4, 20_000L * 128 * 4 * 12 / 10);
  }

  @Test
  void norms_thatSinglePrecisionCannotCarry_areMarked() {
    Block block = new Block(2, allowance);
    block.put("zero".getBytes(UTF_8), 1, new float[] {0, -0.0f});
    block.put("huge".getBytes(UTF_8), 1, new float[] {Float.MAX_VALUE, Float.MAX_VALUE});
    block.put("tiny".getBytes(UTF_8), 1, new float[] {Float.MIN_VALUE, 0});
    block.put("plain".getBytes(UTF_8), 1, new float[] {3, 4});
    assertThat(block.chunk(0).norms()).startsWith(Float.MIN_NORMAL, Float.NaN, Float.NaN, 5f);
  }

  private static float[] vector(int dimension, Random random) {
    float[] vector = new float[dimension];
    for (int i = 0; i < dimension; i++) {
      vector[i] = (float) random.nextGaussian();
    }
    return vector;
  }
}
