package dev.purser.ingest;

import dev.purser.database.Chore;
import dev.purser.database.Query;
import dev.purser.database.Query.LetterPlace;
import dev.purser.ledger.RunIds;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.Done;

/// Keeps dead letters, runs and settlements within their age and number: the oldest go, in pieces
/// that no caller waits for. What is beyond a number is looked up beside the writer. Safe for many
/// threads.
final class Retention {
  private final Chores chores;
  private final IngestSettings settings;
  private final InstantSource clock;

  Retention(Chores chores, IngestSettings settings, InstantSource clock) {
    this.chores = chores;
    this.settings = settings;
    this.clock = clock;
  }

  /// How long and how many rows of a kind are kept.
  record Limits(Duration age, long number) {}

  /// Drops what is too old or too much, one kind after the other. Never fails: what could not be
  /// done is noted, and due the next time.
  CompletionStage<Done> enforce() {
    long now = clock.millis();
    return letters(now - settings.letterAge().toMillis())
        .thenCompose(_ -> runs(now - settings.keptRuns().age().toMillis()))
        .thenCompose(_ -> settlements(now - settings.keptSettlements().age().toMillis()))
        .thenApply(_ -> Done.done());
  }

  private CompletionStage<Long> letters(long beforeMillis) {
    LetterPlace old = new LetterPlace(beforeMillis - 1, Long.MAX_VALUE);
    return expire(
            new Query.LettersBeyond(settings.letters()),
            found ->
                new Chore.ExpireLetters(
                    found.filter(beyond -> beyond.compareTo(old) > 0).orElse(old)))
        .whenComplete((rows, _) -> IngestMetrics.INSTANCE.lettersExpired.add(rows));
  }

  private CompletionStage<Long> runs(long beforeMillis) {
    String old = RunIds.before(beforeMillis);
    return expire(
        new Query.RunsBeyond(settings.keptRuns().number()),
        found ->
            new Chore.ExpireRuns(found.filter(beyond -> beyond.compareTo(old) > 0).orElse(old)));
  }

  private CompletionStage<Long> settlements(long beforeMillis) {
    return expire(
        new Query.SettlementsBeyond(settings.keptSettlements().number()),
        found ->
            new Chore.ExpireSettlements(
                found.map(beyond -> Math.max(beyond + 1, beforeMillis)).orElse(beforeMillis)));
  }

  private <T> CompletionStage<Long> expire(Query<T> beyond, Function<T, Chore> chore) {
    CompletionStage<Long> expired =
        chores
            .ask(beyond, settings.saveTimeout())
            .thenCompose(found -> chores.patiently(chore.apply(found), Duration.ZERO));
    return Chores.noted(beyond.getClass().getSimpleName(), expired);
  }
}
