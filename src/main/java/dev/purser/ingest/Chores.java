package dev.purser.ingest;

import dev.purser.database.Chore;
import dev.purser.database.Database;
import dev.purser.database.Database.Answer;
import dev.purser.database.Query;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Asks the database for what is not a customer's: letters, runs, retention. Retryable refusals are
/// repeated with backoff for as long as the caller has patience; every chore may be repeated
/// safely. Stages fail with a [Fault]. Safe for many threads.
final class Chores {
  private static final Logger LOG = LoggerFactory.getLogger(Chores.class);

  /// An answer that is this late has been lost with a restart of the database's actor.
  private static final Duration GRACE = Duration.ofSeconds(5);

  private final ActorSystem<?> system;
  private final ActorRef<Database.Command> database;
  private final IngestSettings settings;
  private final InstantSource clock;

  Chores(
      ActorSystem<?> system,
      ActorRef<Database.Command> database,
      IngestSettings settings,
      InstantSource clock) {
    this.system = system;
    this.database = database;
    this.settings = settings;
    this.clock = clock;
  }

  /// Asks for someone who waits.
  <T> CompletionStage<T> ask(Query<T> query) {
    return ask(query, settings.answerTime());
  }

  <T> CompletionStage<T> ask(Query<T> query, Duration within) {
    long deadline = clock.millis() + within.toMillis();
    return AskPattern.<Database.Command, Answer<T>>ask(
            database,
            to -> new Database.Ask<>(query, deadline, to),
            within.plus(GRACE),
            system.scheduler())
        .handle(Chores::found);
  }

  /// Does `chore` once, in the lane of people who wait.
  CompletionStage<Long> now(Chore chore) {
    return once(chore, Database.Lane.INTERACTIVE, settings.answerTime());
  }

  /// Does `chore` in the bulk lane, again and again while `patience` lasts.
  CompletionStage<Long> patiently(Chore chore, Duration patience) {
    return attempt(chore, clock.millis() + patience.toMillis(), 1);
  }

  /// For what nobody waits for: a failure is logged and counted here, and nothing was touched.
  static CompletionStage<Long> noted(Chore chore, CompletionStage<Long> done) {
    return noted(chore.getClass().getSimpleName(), done);
  }

  /// @param name one of few
  static CompletionStage<Long> noted(String name, CompletionStage<Long> done) {
    return done.exceptionally(
        failure -> {
          LOG.warn("{} was given up: {}", name, error(failure).message());
          IngestMetrics.INSTANCE.failed(name).increment();
          return 0L;
        });
  }

  /// Exponential backoff with full jitter, capped.
  static Duration backoff(IngestSettings settings, int attempt) {
    long cap =
        Math.min(
            settings.retryMax().toMillis(),
            settings.retryMin().toMillis() << Math.min(20, attempt - 1));
    return Duration.ofMillis(ThreadLocalRandom.current().nextLong(cap + 1));
  }

  /// What a failed stage means for whoever asked.
  static ServiceError error(Throwable failure) {
    return switch (Fault.cause(failure)) {
      case Fault fault -> fault.error();
      case java.util.concurrent.TimeoutException _ ->
          new ServiceError.Timeout("The database did not answer in time");
      default -> new ServiceError.Internal("An internal error occurred");
    };
  }

  private CompletionStage<Long> attempt(Chore chore, long untilMillis, int attempt) {
    return once(chore, Database.Lane.BULK, settings.saveTimeout())
        .exceptionallyCompose(
            failure -> {
              Duration wait = backoff(settings, attempt);
              boolean again =
                  error(failure).retryable() && clock.millis() + wait.toMillis() < untilMillis;
              return again
                  ? after(wait).thenCompose(_ -> attempt(chore, untilMillis, attempt + 1))
                  : CompletableFuture.failedStage(failure);
            });
  }

  private CompletionStage<Long> once(Chore chore, Database.Lane lane, Duration within) {
    long deadline = clock.millis() + within.toMillis();
    return AskPattern.<Database.Command, Answer<Long>>ask(
            database,
            to -> new Database.Do(chore, lane, deadline, to),
            within.plus(GRACE),
            system.scheduler())
        .handle(Chores::found);
  }

  private static CompletableFuture<Void> after(Duration wait) {
    return CompletableFuture.runAsync(
        () -> {}, CompletableFuture.delayedExecutor(wait.toMillis(), TimeUnit.MILLISECONDS));
  }

  private static <T> T found(Answer<T> answer, Throwable failure) {
    if (failure != null) {
      throw new Fault(error(failure), failure);
    }
    return switch (answer) {
      case Answer.Found<T>(T value) -> value;
      case Answer.Failed<T>(ServiceError error) -> throw new Fault(error);
    };
  }
}
