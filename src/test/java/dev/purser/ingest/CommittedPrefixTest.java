package dev.purser.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

final class CommittedPrefixTest {

  @Test
  void prefix_inAnyOrder_isTheLongestWithoutAGap() {
    Random random = new Random(1);
    CommittedPrefix prefix = new CommittedPrefix();
    boolean[] settled = new boolean[100_000];
    int expected = 0;
    for (int from = 0; from < settled.length; from += 5_000) {
      List<Integer> places = new ArrayList<>();
      for (int i = from; i < from + 5_000; i++) {
        places.add(i);
      }
      Collections.shuffle(places, random);
      for (int place : places) {
        prefix.settle(place);
        settled[place] = true;
        while (expected < settled.length && settled[expected]) {
          expected++;
        }
        if (random.nextInt(20) == 0) {
          assertThat(prefix.length()).isEqualTo(expected);
        }
      }
    }
    assertThat(prefix.length()).isEqualTo(settled.length);
  }
}
