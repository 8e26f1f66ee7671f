package dev.purser.ingest;

import dev.purser.database.Letter;
import dev.purser.database.Query;
import dev.purser.ledger.EventJson;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/// Dead letters as lines of a run: read again by the rules of today, under the ids they had.
/// Immutable.
record Replays(
    Chores chores, EventJson events, Map<String, CsvProfile> profiles, IngestSettings settings) {
  /// Letters hold up to 64 KiB, so a page is at most 16 MiB.
  private static final int PAGE = 250;

  /// All letters of a run, of a reason or of both that were there at `beforeMillis`: those that the
  /// replay itself leaves behind are not replayed again.
  Source<List<Line>, NotUsed> all(
      @Nullable String run, @Nullable String reason, long beforeMillis) {
    return Source.unfoldAsync(0L, after -> page(run, reason, after))
        .map(
            letters ->
                letters.stream()
                    .filter(l -> l.atMillis() <= beforeMillis)
                    .map(l -> line(l, l.raw()))
                    .toList());
  }

  /// One letter, with `raw` as its text.
  Line line(Letter letter, String raw) {
    Block block = Block.of(raw, letter.line());
    Line line =
        reader(letter).map(r -> r.read(block).getFirst()).orElseGet(() -> lost(block, letter));
    String id = letter.profile() == null ? letter.derivedId() : null;
    Line answered =
        new Line(
            block, 0, line.verdict(), null, id, line.ignoredFields(), line.clockChange(), letter);
    return id == null ? answered.identified(letter.derivedId()) : answered;
  }

  private CompletionStage<Optional<Pair<Long, List<Letter>>>> page(
      @Nullable String run, @Nullable String reason, Long after) {
    return chores
        .ask(new Query.Letters(run, reason, PAGE, after), settings.saveTimeout())
        .thenCompose(
            letters ->
                CompletableFuture.completedFuture(
                    letters.isEmpty()
                        ? Optional.empty()
                        : Optional.of(Pair.create(letters.getLast().id(), letters))));
  }

  private Optional<Reader> reader(Letter letter) {
    int limit = settings.lineLimitBytes();
    String name = letter.profile();
    String header = letter.header();
    if (name == null) {
      return Optional.of(new JsonReader(events, false, limit));
    }
    CsvProfile profile = profiles.get(name);
    if (profile == null || header == null) {
      return Optional.empty();
    }
    return switch (CsvReader.open(profile, Block.of(header, 1), 0, limit)) {
      case CsvReader.Opened.Ready(CsvReader reader) -> Optional.of(reader);
      case CsvReader.Opened.Refused _ -> Optional.empty();
    };
  }

  private static Line lost(Block block, Letter letter) {
    String message = "The profile " + letter.profile() + " is not there or has other columns now";
    return Line.of(block, 0, Verdict.Rejected.unparsable(message));
  }
}
