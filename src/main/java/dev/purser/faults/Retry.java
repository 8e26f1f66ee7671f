package dev.purser.faults;

import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/// When and whether a failed call is repeated: retryable errors only, at most `repeats` times,
/// never past the deadline, within the budget. Safe for many threads.
///
/// Actors ask [#delayMillis] and set a timer; others hand their call to [#call].
///
/// @param repeats how often a call is repeated at most, after its first attempt
public record Retry(
    int repeats, Backoff backoff, RetryBudget budget, InstantSource clock, RandomGenerator random) {

  /// Says that the call is not to be repeated.
  public static final long NEVER = -1;

  /// The wait before repetition `attempt` (0 is the first), or [#NEVER]. Takes one retry out of the
  /// budget if it is not `NEVER`.
  public long delayMillis(int attempt, ServiceError error, long deadlineMillis) {
    if (attempt >= repeats || !error.retryable()) {
      return NEVER;
    }
    long delay = backoff.delayMillis(attempt, random);
    return clock.millis() + delay < deadlineMillis && budget.take() ? delay : NEVER;
  }

  /// Calls until it succeeds or must not be repeated. The stage fails with the last failure, which
  /// keeps the earlier ones as suppressed exceptions.
  public <T> CompletionStage<T> call(long deadlineMillis, Supplier<CompletionStage<T>> call) {
    budget.call();
    return attempt(0, deadlineMillis, call);
  }

  private <T> CompletionStage<T> attempt(
      int attempt, long deadlineMillis, Supplier<CompletionStage<T>> call) {
    return started(call)
        .exceptionallyCompose(
            thrown -> {
              Throwable failure = Fault.cause(thrown);
              long delay = delayMillis(attempt, errorOf(failure), deadlineMillis);
              return delay == NEVER
                  ? CompletableFuture.failedStage(failure)
                  : CompletableFuture.supplyAsync(
                          () -> attempt(attempt + 1, deadlineMillis, call), after(delay))
                      .thenCompose(s -> s)
                      .exceptionallyCompose(last -> failed(last, failure));
            });
  }

  private static <T> CompletionStage<T> started(Supplier<CompletionStage<T>> call) {
    try {
      return call.get();
    } catch (RuntimeException e) {
      return CompletableFuture.failedStage(e);
    }
  }

  @SuppressWarnings("ReferenceEquality") // nothing may be suppressed by itself
  private static <T> CompletionStage<T> failed(Throwable thrown, Throwable earlier) {
    Throwable last = Fault.cause(thrown);
    if (last != earlier) {
      last.addSuppressed(earlier);
    }
    return CompletableFuture.failedStage(last);
  }

  private static ServiceError errorOf(Throwable failure) {
    return failure instanceof Fault f
        ? f.error()
        : new ServiceError.Internal("an unexpected failure");
  }

  private static Executor after(long delayMillis) {
    return CompletableFuture.delayedExecutor(delayMillis, TimeUnit.MILLISECONDS);
  }
}
