package dev.purser.faults;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

final class RetryTest {
  private static final ServiceError BUSY = new ServiceError.Database(DatabaseCause.BUSY, "busy");
  private static final ServiceError WRONG = new ServiceError.Conflict("wrong");
  private static final Backoff QUICK = new Backoff(Duration.ofMillis(1), Duration.ofMillis(4));

  private long nowMillis = 1_000;
  private final InstantSource clock = () -> Instant.ofEpochMilli(nowMillis);

  private Retry retry(int repeats, RetryBudget budget) {
    return new Retry(repeats, QUICK, budget, clock, new Random(7));
  }

  private RetryBudget plenty() {
    return new RetryBudget(1, 100, 1_000, clock);
  }

  @Test
  void backoff_anyAttempt_fullJitterBelowTheCap() {
    Backoff backoff = new Backoff(Duration.ofMillis(100), Duration.ofSeconds(1));
    assertThat(backoff.ceilingMillis(0)).isEqualTo(100);
    assertThat(backoff.ceilingMillis(3)).isEqualTo(800);
    assertThat(backoff.ceilingMillis(4)).isEqualTo(1_000);
    assertThat(backoff.ceilingMillis(1_000_000)).isEqualTo(1_000);
    Random random = new Random(1);
    List<Long> delays = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      delays.add(backoff.delayMillis(2, random));
    }
    assertThat(delays).allMatch(d -> d >= 0 && d <= 400);
    assertThat(delays).anyMatch(d -> d < 40).anyMatch(d -> d > 360);
  }

  @Test
  void budget_spent_refillsByCallsAndFloor() {
    RetryBudget budget = new RetryBudget(0.2, 1, 2, clock);
    assertThat(List.of(budget.take(), budget.take(), budget.take()))
        .containsExactly(true, true, false);
    for (int i = 0; i < 4; i++) {
      budget.call();
    }
    assertThat(budget.take()).isFalse();
    budget.call();
    assertThat(budget.take()).isTrue();
    nowMillis += 1_000;
    assertThat(List.of(budget.take(), budget.take())).containsExactly(true, false);
    nowMillis += 3_600_000;
    assertThat(List.of(budget.take(), budget.take(), budget.take()))
        .containsExactly(true, true, false);
  }

  @Test
  void delay_beyondRepeatsDeadlineBudgetOrError_never() {
    Retry retry = retry(2, plenty());
    assertThat(retry.delayMillis(0, BUSY, nowMillis + 1_000)).isBetween(0L, 1L);
    assertThat(retry.delayMillis(2, BUSY, nowMillis + 1_000)).isEqualTo(Retry.NEVER);
    assertThat(retry.delayMillis(0, WRONG, nowMillis + 1_000)).isEqualTo(Retry.NEVER);
    assertThat(retry.delayMillis(0, BUSY, nowMillis)).isEqualTo(Retry.NEVER);
    Retry poor = retry(2, new RetryBudget(0, 0, 1, clock));
    assertThat(poor.delayMillis(0, BUSY, nowMillis + 1_000)).isNotEqualTo(Retry.NEVER);
    assertThat(poor.delayMillis(0, BUSY, nowMillis + 1_000)).isEqualTo(Retry.NEVER);
  }

  @Test
  void call_failingTwice_succeedsOnTheThird() {
    AtomicInteger calls = new AtomicInteger();
    String answer =
        retry(5, plenty())
            .call(
                nowMillis + 1_000,
                () ->
                    calls.incrementAndGet() < 3
                        ? CompletableFuture.failedStage(new Fault(BUSY))
                        : CompletableFuture.completedStage("good"))
            .toCompletableFuture()
            .join();
    assertThat(answer).isEqualTo("good");
    assertThat(calls.get()).isEqualTo(3);
  }

  @Test
  void call_failingAlways_lastFailureKeepsTheEarlierOnes() {
    AtomicInteger calls = new AtomicInteger();
    CompletableFuture<String> stage =
        retry(2, plenty())
            .<String>call(
                nowMillis + 1_000,
                () -> {
                  throw new Fault(
                      new ServiceError.Database(
                          DatabaseCause.BUSY, "attempt " + calls.incrementAndGet()));
                })
            .toCompletableFuture();
    Throwable last = catchThrowable(stage::join);
    assertThat(last).isInstanceOf(CompletionException.class);
    assertThat(last.getCause()).hasMessageContaining("attempt 3");
    assertThat(last.getCause().getSuppressed())
        .extracting(Throwable::getMessage)
        .containsExactly("ERR_DB: attempt 2", "ERR_DB: attempt 1");
  }

  @Test
  void call_notRetryable_calledOnce() {
    AtomicInteger calls = new AtomicInteger();
    CompletableFuture<String> stage =
        retry(5, plenty())
            .<String>call(
                nowMillis + 1_000,
                () -> {
                  calls.incrementAndGet();
                  return CompletableFuture.failedStage(new Fault(WRONG));
                })
            .toCompletableFuture();
    assertThat(catchThrowable(stage::join)).hasCauseInstanceOf(Fault.class);
    assertThat(calls.get()).isEqualTo(1);
  }
}
