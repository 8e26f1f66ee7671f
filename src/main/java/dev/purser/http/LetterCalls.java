package dev.purser.http;

import com.fasterxml.jackson.core.JsonGenerator;
import dev.purser.database.Letter;
import dev.purser.database.Query;
import dev.purser.ingest.Ingest.Replay;
import dev.purser.ledger.Timestamps;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// Calls about dead letters.
final class LetterCalls {
  private LetterCalls() {}

  static CompletionStage<Answer> list(Call call) {
    return new Letters(call).answer(call);
  }

  static CompletionStage<Answer> get(Call call) {
    return call.doors()
        .ingest()
        .letter(id(call))
        .thenApply(
            found -> {
              Letter letter = found.orElseThrow(LetterCalls::unknown);
              return Answer.data(Json.text(g -> write(g, letter)));
            });
  }

  static CompletionStage<Answer> delete(Call call) {
    return call.doors()
        .ingest()
        .dropLetter(id(call))
        .thenApply(
            dropped -> {
              if (!dropped) {
                throw unknown();
              }
              return new Answer.Bare(204, List.of());
            });
  }

  static CompletionStage<Answer> deleteAll(Call call) {
    requireFilter(call);
    return call.doors()
        .ingest()
        .dropLetters(call.query().text("run"), call.query().text("reason"))
        .thenApply(n -> Answer.data(g -> g.writeNumberField("deleted", n)));
  }

  static CompletionStage<Answer> replay(Call call) {
    long id = id(call);
    return corrected(call)
        .thenCompose(line -> replay(call, new Replay.One(id, line.isEmpty() ? null : line)));
  }

  static CompletionStage<Answer> replayAll(Call call) {
    requireFilter(call);
    return replay(call, new Replay.All(call.query().text("run"), call.query().text("reason")));
  }

  private static CompletionStage<Answer> replay(Call call, Replay replay) {
    return call.doors().ingest().replay(replay).thenCompose(events -> Runs.answer(call, events));
  }

  /// The corrected line of the body, or an empty one if there is no body.
  private static CompletionStage<String> corrected(Call call) {
    return call.body()
        .optional(Accepts.LINES, Accepts.JSON, "text/csv")
        .thenApply(LetterCalls::line);
  }

  private static String line(byte[] bytes) {
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
    } catch (CharacterCodingException _) {
      throw Problem.malformed("The body is not valid UTF-8.").refusal();
    }
  }

  /// No filter would mean every letter: too easily meant by mistake.
  private static void requireFilter(Call call) {
    if (call.query().text("run") == null && call.query().text("reason") == null) {
      throw Problem.invalid("run", "or reason is required").refusal();
    }
  }

  private static long id(Call call) {
    return call.number("id", "dead letter");
  }

  private static Refusal unknown() {
    return Problem.notFound("There is no dead letter of this id.").refusal();
  }

  private static void write(JsonGenerator g, Letter letter) throws IOException {
    g.writeStartObject();
    g.writeNumberField("id", letter.id());
    g.writeStringField("run", letter.run());
    g.writeNumberField("line", letter.line());
    g.writeStringField("reason", letter.reason());
    g.writeStringField("code", letter.code());
    g.writeStringField("message", letter.message());
    g.writeStringField("raw", letter.raw());
    g.writeStringField("profile", letter.profile());
    g.writeStringField("header", letter.header());
    g.writeStringField("derived_id", letter.derivedId());
    g.writeStringField("customer_id", letter.customer());
    g.writeStringField("at", Timestamps.format(letter.atMillis() * 1_000));
    g.writeEndObject();
  }

  /// Letters by age, the oldest first.
  private static final class Letters extends Listing<Letter> {
    private final Call call;

    Letters(Call call) {
      this.call = call;
    }

    @Override
    String name() {
      return "dead_letters";
    }

    @Override
    CompletionStage<Page<Letter>> page(int limit, @Nullable String place, boolean counted) {
      long after = place == null ? 0 : Long.parseLong(place);
      return call.doors()
          .ingest()
          .letters(call.query().text("run"), call.query().text("reason"), limit, after)
          .thenApply(rows -> new Page<>(rows, -1, Query.full(rows)));
    }

    @Override
    String place(Letter row) {
      return Long.toString(row.id());
    }

    @Override
    boolean isPlace(String place) {
      return place.matches("[1-9][0-9]{0,17}");
    }

    @Override
    int rowBytes() {
      return 64 << 10;
    }

    @Override
    void write(JsonGenerator g, Letter row) throws IOException {
      LetterCalls.write(g, row);
    }
  }
}
