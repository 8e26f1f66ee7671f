package dev.purser.ingest;

import dev.purser.database.Letter;
import dev.purser.database.RunRow;
import dev.purser.ledger.RunEvent;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/// The door to the bulk lane. Safe for many threads. Stages fail with a [dev.purser.faults.Fault].
public interface Ingest {

  /// Starts a run. The stage fails, before any line is used, if the upload as such is refused
  /// (unknown profile, missing column, too many runs at once); then the rest of the body is the
  /// caller's to drain.
  ///
  /// The source is materialised exactly once. Cancelling it ends the run; what was committed stays.
  /// If nobody pulls `Progress`, older ones are dropped, never buffered; the last element is never
  /// dropped.
  CompletionStage<Source<RunEvent, NotUsed>> start(Upload upload);

  /// Sends letters through the bulk lane again; those that are accepted or duplicate vanish.
  CompletionStage<Source<RunEvent, NotUsed>> replay(Replay replay);

  /// Runs, newest first, live figures for running ones.
  CompletionStage<List<RunRow>> runs(int limit, @Nullable String afterId);

  CompletionStage<Optional<RunRow>> run(String id);

  /// Cancels a running run; empty if there is none of that id, false if it was not running.
  CompletionStage<Optional<Boolean>> cancel(String id);

  CompletionStage<List<Letter>> letters(
      @Nullable String run, @Nullable String reason, int limit, long afterId);

  CompletionStage<Optional<Letter>> letter(long id);

  /// Drops one letter; false if there is none of that id.
  CompletionStage<Boolean> dropLetter(long id);

  /// Drops the letters of a run, of a reason or of both; answers how many.
  CompletionStage<Long> dropLetters(@Nullable String run, @Nullable String reason);

  /// An upload, decompressed already.
  ///
  /// @param profile the CSV profile; null: NDJSON
  /// @param ignoreUnknown whether unknown fields of NDJSON events are counted instead of refused
  /// @param body read no faster than it can be stored
  record Upload(@Nullable String profile, boolean ignoreUnknown, Source<ByteString, ?> body) {}

  /// What to replay: one letter, perhaps corrected, or all of a run or reason.
  sealed interface Replay {
    record One(long letter, @Nullable String correctedLine) implements Replay {}

    record All(@Nullable String run, @Nullable String reason) implements Replay {}
  }
}
