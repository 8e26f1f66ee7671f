package dev.purser.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.cache.Breaker.State;
import dev.purser.faults.Backoff;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// When a breaker opens and closes. Its clock is a number here, and may be negative.
final class BreakerTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();
  private static final Breaker.Settings SETTINGS =
      new Breaker.Settings(
          Duration.ofSeconds(10),
          20,
          0.5,
          Duration.ofMillis(50),
          new Backoff(Duration.ofMillis(500), Duration.ofSeconds(4)),
          3);

  private final Breaker breaker = new Breaker(SETTINGS, new Random(1));

  private void call(int good, int bad, long now) {
    for (int i = 0; i < good + bad; i++) {
      breaker.called(i < good, now);
    }
  }

  /// How long it stays open from `now` on, in milliseconds.
  private long pause(long now) {
    for (long ms = 0; ms < 100_000; ms++) {
      if (breaker.probeDue(now + ms * SECOND / 1000)) {
        return ms;
      }
    }
    throw new AssertionError("never probed");
  }

  @ParameterizedTest
  @ValueSource(longs = {0, -1_000_000_000_000_000L, Long.MAX_VALUE / 2})
  void called_halfOfThemBad_opens(long now) {
    call(10, 9, now);
    assertThat(breaker.state()).as("too few calls").isEqualTo(State.CLOSED);
    call(0, 1, now);
    assertThat(breaker.state()).isEqualTo(State.OPEN);
    assertThat(breaker.tally()).isEqualTo("10 of 20 calls");
    assertThat(breaker.probeDue(now)).isFalse();
  }

  @Test
  void called_badOnesLongAgo_staysClosed() {
    call(10, 9, 0);
    call(10, 0, 11 * SECOND);
    call(0, 9, 11 * SECOND);
    assertThat(breaker.state()).isEqualTo(State.CLOSED);
    call(0, 1, 12 * SECOND);
    assertThat(breaker.state()).isEqualTo(State.OPEN);
  }

  @Test
  void called_mostlyWell_staysClosed() {
    for (long t = 0; t < 60; t++) {
      call(11, 10, t * SECOND);
    }
    assertThat(breaker.closed()).isTrue();
  }

  @Test
  void quick_byTheLimit() {
    assertThat(breaker.quick(Duration.ofMillis(50).toNanos())).isTrue();
    assertThat(breaker.quick(Duration.ofMillis(50).toNanos() + 1)).isFalse();
  }

  @Test
  void probed_wellInARow_closesAndForgets() {
    call(0, 20, 0);
    long due = pause(0) * SECOND / 1000;
    assertThat(breaker.state()).isEqualTo(State.HALF_OPEN);
    breaker.probed(true, due);
    breaker.probed(true, due);
    assertThat(breaker.closed()).isFalse();
    breaker.called(false, due); // made before it opened
    breaker.probed(true, due);
    assertThat(breaker.closed()).isTrue();
    call(0, 19, due);
    assertThat(breaker.closed()).as("what was before it opened counts no more").isTrue();
  }

  @Test
  void probed_badly_longerPausesUpToTheCap() {
    call(0, 20, 0);
    long now = 0;
    for (long ceiling : new long[] {500, 1_000, 2_000, 4_000, 4_000, 4_000}) {
      long pause = pause(now);
      assertThat(pause).isBetween(ceiling / 2, ceiling);
      now += pause * SECOND / 1000;
      breaker.probed(true, now);
      breaker.probed(false, now);
      assertThat(breaker.state()).isEqualTo(State.OPEN);
    }
    breaker.connected(now);
    assertThat(breaker.probeDue(now)).as("a new connection is probed at once").isTrue();
  }
}
