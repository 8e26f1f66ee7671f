package dev.purser.strings;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Many threads on few strings, so that ids and pages are given up and taken again all the time.
class StringPoolThreadsTest {
  private static final int THREADS = 6;
  private static final int STEPS = 60_000;
  private static final int STRINGS = 40;

  private static final byte[][] TEXTS = new byte[STRINGS][];

  static {
    for (int i = 0; i < STRINGS; i++) {
      // Of equal lengths in groups, so that one's id or place fits another; some fill pages.
      TEXTS[i] = ("text" + i + ".").repeat(i % 4 == 0 ? 400 : 2).getBytes(UTF_8);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void pool_underManyThreads_confusesAndLosesNothing(boolean colliding) throws Exception {
    StringPool pool =
        new StringPool(
            new StringPool.Limits(STRINGS, 1_000_000),
            colliding ? (_, _, _) -> 5 : new KeyedHash());
    CyclicBarrier start = new CyclicBarrier(THREADS);
    try (ExecutorService threads = Executors.newFixedThreadPool(THREADS)) {
      List<Future<int[]>> held = new ArrayList<>();
      for (int t = 0; t < THREADS; t++) {
        held.add(threads.submit(work(pool, start, t)));
      }
      int[] counts = new int[STRINGS];
      for (Future<int[]> one : held) {
        int[] own = one.get();
        for (int i = 0; i < STRINGS; i++) {
          counts[i] += own[i];
        }
      }
      agree(pool, counts);
    }
  }

  /// Interns, looks at and releases at random; returns how many references to each it still holds.
  private static Callable<int[]> work(StringPool pool, CyclicBarrier start, int seed) {
    return () -> {
      Random random = new Random(seed);
      int[] held = new int[STRINGS];
      int[] ids = new int[STRINGS];
      start.await();
      for (int step = 0; step < STEPS; step++) {
        int i = random.nextInt(STRINGS);
        byte[] text = TEXTS[i];
        if (held[i] > 0 && random.nextInt(5) < 3) {
          held[i]--;
          pool.release(ids[i]);
        } else if (random.nextInt(3) > 0) {
          int id = pool.intern(text, 0, text.length);
          assertThat(held[i] == 0 || ids[i] == id).as("an id moved while it was held").isTrue();
          ids[i] = id;
          held[i]++;
          assertThat(pool.utf8(id)).isEqualTo(text);
        } else if (held[i] > 0) {
          assertThat(pool.find(text, 0, text.length)).isEqualTo(ids[i]);
          assertThat(pool.utf8(ids[i])).isEqualTo(text);
        } else {
          pool.find(text, 0, text.length);
        }
      }
      return held;
    };
  }

  private static void agree(StringPool pool, int[] counts) {
    int strings = 0;
    for (int i = 0; i < STRINGS; i++) {
      int id = pool.find(TEXTS[i], 0, TEXTS[i].length);
      strings += counts[i] > 0 ? 1 : 0;
      assertThat(id == StringPool.ABSENT ? 0 : pool.references(id)).isEqualTo(counts[i]);
      for (int n = 0; n < counts[i]; n++) {
        pool.release(id);
      }
    }
    assertThat(strings).as("some are held, some are not").isPositive();
    assertThat(pool.strings()).isZero();
    assertThat(pool.bytes()).isZero();
  }
}
