package dev.purser.ingest;

import dev.purser.database.Chore;
import dev.purser.database.Database;
import dev.purser.database.Letter;
import dev.purser.database.Query;
import dev.purser.database.RunRow;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.ingest.Runs.Begun;
import dev.purser.ingest.Runs.Work;
import dev.purser.ledger.EventJson;
import dev.purser.ledger.RunEvent;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/// The door to the bulk lane. Safe for many threads. Stages fail with a [Fault].
public final class Ingest {
  private final ActorSystem<?> system;
  private final ActorRef<Runs.Command> runs;
  private final Uploads uploads;
  private final Replays replays;
  private final Chores chores;
  private final InstantSource clock;
  private final Duration timeout;

  private Ingest(
      ActorSystem<?> system,
      ActorRef<Runs.Command> runs,
      IngestSettings settings,
      Chores chores,
      EventJson events,
      InstantSource clock) {
    this.system = system;
    this.runs = runs;
    this.uploads = new Uploads(system, settings, events);
    this.replays = new Replays(chores, events, settings.profiles(), settings);
    this.chores = chores;
    this.clock = clock;
    this.timeout = settings.patience().plus(settings.saveTimeout().multipliedBy(2));
  }

  /// Starts the bulk lane as the child `ingest` of `parent`.
  ///
  /// @param defaultCurrency of NDJSON events that name none
  public static Ingest start(
      ActorContext<?> parent,
      IngestSettings settings,
      CustomerWrites customers,
      RecordWrites records,
      ActorRef<Database.Command> database,
      String defaultCurrency,
      InstantSource clock) {
    ActorSystem<?> system = parent.getSystem();
    Chores chores = new Chores(system, database, settings, clock);
    // A restart stops the runs, each of which then tells its problem; the next ones are unaffected.
    Behavior<Runs.Command> supervised =
        Behaviors.supervise(Runs.create(customers, records, chores, settings, clock))
            .onFailure(SupervisorStrategy.restart());
    EventJson events = new EventJson(defaultCurrency, clock);
    return new Ingest(system, parent.spawn(supervised, "ingest"), settings, chores, events, clock);
  }

  /// Starts a run. The stage fails, before any line is used, if the upload as such is refused
  /// (unknown profile, missing column, too many runs at once). If the body had been begun by then,
  /// it is read on here within the configured time, so that the refusal can arrive; else it is the
  /// caller's to drain.
  ///
  /// The source is materialised exactly once. Cancelling it ends the run; what was committed stays.
  /// If nobody pulls `Progress`, older ones are dropped, never buffered; the last element is never
  /// dropped.
  public CompletionStage<Source<RunEvent, NotUsed>> start(Upload upload) {
    return uploads
        .open(upload)
        .thenCompose(
            work ->
                begin(work)
                    .whenComplete(
                        (_, refusal) -> {
                          if (refusal != null) {
                            uploads.drain(work.lines());
                          }
                        }));
  }

  /// Sends letters through the bulk lane again; those that are accepted or duplicate vanish.
  public CompletionStage<Source<RunEvent, NotUsed>> replay(Replay replay) {
    return switch (replay) {
      case Replay.All(String run, String reason) -> replayAll(run, reason);
      case Replay.One(long id, String corrected) ->
          letter(id)
              .thenCompose(
                  found -> {
                    Letter letter =
                        found.orElseThrow(
                            () -> new Fault(new ServiceError.NotFound("No dead letter " + id)));
                    String raw = corrected == null ? letter.raw() : corrected;
                    return begin(replayed(Source.single(List.of(replays.line(letter, raw)))));
                  });
    };
  }

  private CompletionStage<Source<RunEvent, NotUsed>> replayAll(
      @Nullable String run, @Nullable String reason) {
    return begin(replayed(replays.all(run, reason, clock.millis())));
  }

  private static Work replayed(Source<List<Line>, NotUsed> lines) {
    return new Work("replay", null, null, lines);
  }

  /// Runs, newest first, live figures for running ones.
  public CompletionStage<List<RunRow>> runs(int limit, @Nullable String afterId) {
    return chores
        .ask(new Query.Runs(limit, afterId))
        .thenCombine(
            figures(),
            (rows, live) -> rows.stream().map(r -> live.getOrDefault(r.id(), r)).toList());
  }

  public CompletionStage<Optional<RunRow>> run(String id) {
    return chores
        .ask(new Query.OneRun(id))
        .thenCombine(figures(), (row, live) -> row.map(r -> live.getOrDefault(r.id(), r)));
  }

  /// Cancels a running run, of this node or of another one, settlements too; empty if there is none
  /// of that id, false if it was not running. A run that is not in this node's hands ends as soon
  /// as the node that works on it has read its row.
  public CompletionStage<Optional<Boolean>> cancel(String id) {
    return AskPattern.<Runs.Command, Boolean>ask(
            runs, to -> new Runs.CancelRun(id, to), timeout, system.scheduler())
        .thenCompose(
            cancelled ->
                cancelled
                    ? CompletableFuture.completedStage(Optional.of(true))
                    : cancelElsewhere(id));
  }

  private CompletionStage<Optional<Boolean>> cancelElsewhere(String id) {
    return chores
        .now(new Chore.CancelRun(id))
        .thenCompose(
            rows ->
                rows > 0
                    ? CompletableFuture.completedStage(Optional.of(true))
                    : chores.ask(new Query.OneRun(id)).thenApply(row -> row.map(_ -> false)));
  }

  /// Ends all runs, which tell what they have done so far, and begins no more: the node is leaving.
  /// Completed with whether there were any, when they have ended.
  public CompletionStage<Boolean> leave() {
    return figures()
        .thenCompose(
            live ->
                AskPattern.<Runs.Command, Done>ask(
                        runs, Runs.Leave::new, timeout, system.scheduler())
                    .thenApply(_ -> !live.isEmpty()));
  }

  public CompletionStage<List<Letter>> letters(
      @Nullable String run, @Nullable String reason, int limit, long afterId) {
    return chores.ask(new Query.Letters(run, reason, limit, afterId));
  }

  public CompletionStage<Optional<Letter>> letter(long id) {
    return chores.ask(new Query.OneLetter(id));
  }

  /// Drops one letter; false if there is none of that id.
  public CompletionStage<Boolean> dropLetter(long id) {
    return chores.now(new Chore.DropLetter(id)).thenApply(rows -> rows > 0);
  }

  /// Drops the letters of a run, of a reason or of both; answers how many.
  public CompletionStage<Long> dropLetters(@Nullable String run, @Nullable String reason) {
    // There may be a million of them, so it is bulk work.
    return chores.patiently(new Chore.DropLetters(run, reason), Duration.ZERO);
  }

  private CompletionStage<Source<RunEvent, NotUsed>> begin(Work work) {
    return AskPattern.<Runs.Command, Begun>ask(
            runs, to -> new Runs.Begin(work, to), timeout, system.scheduler())
        .exceptionally(failure -> new Begun.Refused(Chores.error(failure)))
        .thenApply(
            begun ->
                switch (begun) {
                  case Begun.Running(var events) -> events;
                  case Begun.Refused(ServiceError error) -> throw new Fault(error);
                });
  }

  private CompletionStage<Map<String, RunRow>> figures() {
    return AskPattern.ask(runs, Runs.Figures::new, timeout, system.scheduler());
  }

  /// An upload, decompressed already.
  ///
  /// @param profile the CSV profile; null: NDJSON
  /// @param ignoreUnknown whether unknown fields of NDJSON events are counted instead of refused
  /// @param body read no faster than it can be stored
  public record Upload(
      @Nullable String profile, boolean ignoreUnknown, Source<ByteString, ?> body) {}

  /// What to replay: one letter, perhaps corrected, or all of a run or reason.
  public sealed interface Replay {
    /// One letter, with another text if that is not null.
    record One(long letter, @Nullable String correctedLine) implements Replay {}

    /// All letters of a run, of a reason or of both.
    record All(@Nullable String run, @Nullable String reason) implements Replay {}
  }
}
