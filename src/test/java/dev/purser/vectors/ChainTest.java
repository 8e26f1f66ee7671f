package dev.purser.vectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.faults.Fault;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Chains: what is parsed, what is refused, and that fused ones give what their kernels give.
final class ChainTest {
  private static final List<Kernels> BOTH = List.of(new SimdKernels(), new ScalarKernels());

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "''| names something else",
        "scale:2,| names something else",
        "Scale:2| names something else",
        "dot| names something else",
        "scale| must have the form scale:FACTOR",
        "scale:1:2| must have the form scale:FACTOR",
        "add:| no finite number",
        "clamp:1| must have the form clamp:MIN:MAX",
        "clamp:2:1| minimum above its maximum",
        "scale:NaN| no finite number",
        "scale:Infinity| no finite number",
        "add:1e39| no finite number",
        "add:-1e39| no finite number",
        "add:0x1p3| no finite number",
        "add:1f| no finite number",
        "'add: 1'| no finite number",
        "add:.| no finite number",
        "add:1.2.3| no finite number",
        "normalize:2| must have the form normalize",
        "scale:1,scale:1,scale:1,scale:1,scale:1| more than 4 kernels",
      })
  void text_wrong_refusedWithASentence(String text, String message) {
    assertThatThrownBy(() -> Chain.parse(text, null, 4))
        .isInstanceOf(Fault.class)
        .hasMessageContaining("ERR_VALIDATION: kernel ")
        .hasMessageContaining(message);
  }

  @Test
  void dimension_wrong_refusedByName() {
    assertRefused("normalize", null, "dimension is required with normalize");
    assertRefused("scale:2", 3, "dimension is of use only with normalize");
    assertRefused("normalize", 0, "dimension must be an integer from 1 to 4096");
    assertRefused("normalize", 4_097, "dimension must be an integer from 1 to 4096");
  }

  private static void assertRefused(String text, Integer dimension, String message) {
    assertThatThrownBy(() -> Chain.parse(text, dimension, 4)).hasMessageContaining(message);
  }

  @Test
  void numbers_ofEveryForm_understood() {
    for (String text : List.of("2", "2.", "2.0", "+2", "20e-1", ".2E1", "0.2e1", "0.2e+1")) {
      assertThat(applied("scale:" + text, null, 3f)).containsExactly(6f);
    }
    assertThat(applied("add:-1e-46", null, 3f)).containsExactly(3f);
  }

  @Test
  void chain_ofTheContract_isApplied() {
    assertThat(applied("scale:2.0,add:0.5,clamp:-1:1", null, 0.1f, -3f, 4f))
        .containsExactly(0.1f * 2 + 0.5f, -1f, 1f);
    assertThat(applied("scale:2.0,add:0.5,clamp:-1:1,normalize", 2, 10f, -10f, 0f, -0.25f))
        .containsExactly((float) (1 / Math.sqrt(2)), (float) (-1 / Math.sqrt(2)), 1f, 0f);
  }

  @Test
  void unit_withNormalize_isTheVector() {
    assertThat(Chain.parse("scale:2", null, 4).unit()).isOne();
    assertThat(Chain.parse("scale:2,normalize", 7, 4).unit()).isEqualTo(7);
    assertThat(Chain.parse("scale:2,normalize", 7, 4)).hasToString("scale:2,normalize");
  }

  /// Fused in every way that a chain can be, against its kernels one by one over the whole.
  @Test
  void chains_atRandom_asTheirKernelsOneByOne() {
    Random random = new Random(8);
    List<String> kernels = List.of("scale:0.75", "add:-0.25", "clamp:-0.5:0.9", "normalize");
    for (int round = 0; round < 300; round++) {
      int dimension = 1 + random.nextInt(random.nextBoolean() ? 40 : 4_096);
      List<String> chain = random.ints(1 + random.nextInt(9), 0, 4).mapToObj(kernels::get).toList();
      boolean normalizes = chain.contains("normalize");
      float[] values = Floats.ordinary(random, dimension * (1 + random.nextInt(5)));
      for (Kernels k : BOTH) {
        float[] expected = values.clone();
        for (String kernel : chain) {
          Integer d = kernel.equals("normalize") ? dimension : null;
          float[] now = expected;
          Chain.parse(kernel, d, 1).apply(k, now, 0, now, 0, now.length);
        }
        float[] fused = new float[values.length + 6];
        Chain.parse(String.join(",", chain), normalizes ? dimension : null, 9)
            .apply(k, values, 0, fused, 3, values.length);
        for (int i = 0; i < values.length; i++) {
          assertThat(fused[3 + i])
              .as("%s %s of %d, at %d", k.name(), chain, dimension, i)
              .isEqualTo(expected[i]);
        }
      }
    }
  }

  @Test
  void kernels_asManyAsThereMayBe_areApplied() {
    String chain = String.join(",", Collections.nCopies(40, "add:1"));
    for (Kernels k : BOTH) {
      float[] values = new float[10_000];
      Chain.parse(chain, null, 40).apply(k, values, 0, values, 0, values.length);
      assertThat(values).containsOnly(40f);
    }
  }

  private static List<Float> applied(String chain, Integer dimension, float... values) {
    float[] to = new float[values.length];
    Chain.parse(chain, dimension, 9).apply(new SimdKernels(), values, 0, to, 0, values.length);
    return Floats.list(to);
  }
}
