package dev.purser.http;

import dev.purser.database.Letter;
import dev.purser.database.RunRow;
import dev.purser.ingest.Ingest;
import dev.purser.ledger.RunEvent;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/// What the edge asks of [Ingest], whose contract holds here too. Safe for many threads.
public interface BulkDoor {

  CompletionStage<Source<RunEvent, NotUsed>> start(Ingest.Upload upload);

  CompletionStage<Source<RunEvent, NotUsed>> replay(Ingest.Replay replay);

  CompletionStage<List<RunRow>> runs(int limit, @Nullable String afterId);

  CompletionStage<Optional<RunRow>> run(String id);

  CompletionStage<Optional<Boolean>> cancel(String id);

  CompletionStage<List<Letter>> letters(
      @Nullable String run, @Nullable String reason, int limit, long afterId);

  CompletionStage<Optional<Letter>> letter(long id);

  CompletionStage<Boolean> dropLetter(long id);

  CompletionStage<Long> dropLetters(@Nullable String run, @Nullable String reason);

  /// The door of `ingest`.
  static BulkDoor of(Ingest ingest) {
    return new BulkDoor() {
      @Override
      public CompletionStage<Source<RunEvent, NotUsed>> start(Ingest.Upload upload) {
        return ingest.start(upload);
      }

      @Override
      public CompletionStage<Source<RunEvent, NotUsed>> replay(Ingest.Replay replay) {
        return ingest.replay(replay);
      }

      @Override
      public CompletionStage<List<RunRow>> runs(int limit, @Nullable String afterId) {
        return ingest.runs(limit, afterId);
      }

      @Override
      public CompletionStage<Optional<RunRow>> run(String id) {
        return ingest.run(id);
      }

      @Override
      public CompletionStage<Optional<Boolean>> cancel(String id) {
        return ingest.cancel(id);
      }

      @Override
      public CompletionStage<List<Letter>> letters(
          @Nullable String run, @Nullable String reason, int limit, long afterId) {
        return ingest.letters(run, reason, limit, afterId);
      }

      @Override
      public CompletionStage<Optional<Letter>> letter(long id) {
        return ingest.letter(id);
      }

      @Override
      public CompletionStage<Boolean> dropLetter(long id) {
        return ingest.dropLetter(id);
      }

      @Override
      public CompletionStage<Long> dropLetters(@Nullable String run, @Nullable String reason) {
        return ingest.dropLetters(run, reason);
      }
    };
  }
}
