package dev.purser.strings;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/// Random operations on a pool against a plain map of counts; both agree after every step.
class StringPoolModelTest {
  private static final int MOST_STRINGS = 12;
  private static final int MOST_BYTES = 3_000;

  /// The hashes: a good one, one that nearly always collides, one that always does.
  enum Hashing {
    KEYED,
    POOR,
    CONSTANT;

    Hash hash() {
      return switch (this) {
        case KEYED -> new KeyedHash(new Random(1));
        case POOR -> (_, _, length) -> length % 3;
        case CONSTANT -> (_, _, _) -> -1;
      };
    }
  }

  record Step(boolean intern, String string) {}

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void steps_ofAnyKind_leavePoolAndModelEqual(
      @ForAll Hashing hashing, @ForAll("steps") List<Step> steps) {
    StringPool pool =
        new StringPool(new StringPool.Limits(MOST_STRINGS, MOST_BYTES), hashing.hash());
    Map<String, Integer> ids = new HashMap<>();
    Map<String, Integer> counts = new HashMap<>();
    for (Step step : steps) {
      if (step.intern()) {
        intern(pool, step.string(), ids, counts);
      } else if (counts.containsKey(step.string())) {
        pool.release(ids.get(step.string()));
        counts.compute(step.string(), (_, n) -> n == 1 ? null : n - 1);
      }
      ids.keySet().retainAll(counts.keySet());
      agree(pool, ids, counts, step.string());
    }
    counts.forEach((string, n) -> releaseAll(pool, ids.get(string), n));
    assertThat(pool.strings()).isZero();
    assertThat(pool.bytes()).isZero();
  }

  private static void intern(
      StringPool pool, String string, Map<String, Integer> ids, Map<String, Integer> counts) {
    boolean fits =
        counts.containsKey(string)
            || (counts.size() < MOST_STRINGS
                && bytes(counts) + string.getBytes(UTF_8).length <= MOST_BYTES);
    if (!fits) {
      assertThatThrownBy(() -> pool.intern(string)).isInstanceOf(PoolFull.class);
      return;
    }
    int id = pool.intern(string);
    assertThat(ids.getOrDefault(string, id)).isEqualTo(id);
    ids.put(string, id);
    counts.merge(string, 1, Integer::sum);
  }

  private static void agree(
      StringPool pool, Map<String, Integer> ids, Map<String, Integer> counts, String touched) {
    assertThat(pool.strings()).isEqualTo(counts.size());
    assertThat(pool.bytes()).isEqualTo(bytes(counts));
    assertThat(ids.values()).doesNotHaveDuplicates();
    counts.forEach(
        (string, n) -> {
          assertThat(pool.string(ids.get(string))).isEqualTo(string);
          assertThat(pool.references(ids.get(string))).isEqualTo(n);
        });
    byte[] utf8 = touched.getBytes(UTF_8);
    assertThat(pool.find(utf8, 0, utf8.length))
        .isEqualTo(ids.getOrDefault(touched, StringPool.ABSENT));
  }

  private static void releaseAll(StringPool pool, int id, int n) {
    for (int i = 0; i < n; i++) {
      pool.release(id);
    }
  }

  private static int bytes(Map<String, Integer> counts) {
    return counts.keySet().stream().mapToInt(s -> s.getBytes(UTF_8).length).sum();
  }

  @Provide
  Arbitrary<List<Step>> steps() {
    // Few distinct strings, so that they meet; some long, so that pages fill and are given up.
    Arbitrary<String> strings =
        Arbitraries.oneOf(
            Arbitraries.integers().between(0, 16).map(i -> "s" + i),
            Arbitraries.of("", "a", "\u0000", "é", "\uD83D\uDE00", "aaaa", "aaaaa", "aaaaaaaa"),
            Arbitraries.integers().between(0, 4).map(i -> ("l" + i).repeat(500)));
    return Combinators.combine(Arbitraries.of(true, true, false), strings)
        .as(Step::new)
        .list()
        .ofMinSize(40)
        .ofMaxSize(150);
  }
}
