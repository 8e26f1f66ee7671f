package dev.purser.http;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.database.Query;
import dev.purser.database.RunRow;
import dev.purser.ingest.Ingest;
import dev.purser.ledger.Rules;
import dev.purser.ledger.Timestamps;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/// Calls that start, list and cancel runs.
final class IngestCalls {
  private static final String CSV = "text/csv";

  /// What a run tells besides its report.
  private static final Set<String> OWN =
      Set.of("run", "kind", "state", "key", "started_at", "finished_at");

  private IngestCalls() {}

  static CompletionStage<Answer> start(Call call) {
    return call.doors()
        .ingest()
        .start(upload(call))
        .thenCompose(events -> Runs.answer(call, events));
  }

  static CompletionStage<Answer> runs(Call call) {
    return new Listing<RunRow>() {
      @Override
      String name() {
        return "runs";
      }

      @Override
      CompletionStage<Page<RunRow>> page(int limit, @Nullable String place, boolean counted) {
        return call.doors()
            .ingest()
            .runs(limit, place)
            .thenApply(rows -> new Page<>(rows, -1, Query.full(rows)));
      }

      @Override
      String place(RunRow row) {
        return row.id();
      }

      @Override
      boolean isPlace(String place) {
        return Rules.whyNotId(place) == null;
      }

      @Override
      void write(JsonGenerator g, RunRow row) throws IOException {
        IngestCalls.write(g, row);
      }
    }.answer(call);
  }

  static CompletionStage<Answer> run(Call call) {
    return call.doors()
        .ingest()
        .run(call.id("run"))
        .thenApply(
            found -> {
              RunRow row = found.orElseThrow(IngestCalls::unknown);
              return Answer.data(Json.text(g -> write(g, row)));
            });
  }

  static CompletionStage<Answer> cancel(Call call) {
    return call.doors()
        .ingest()
        .cancel(call.id("run"))
        .thenApply(
            cancelled -> {
              if (!cancelled.orElseThrow(IngestCalls::unknown)) {
                throw Problem.of(409, "ERR_CONFLICT", "This run has ended already.").refusal();
              }
              return new Answer.Bare(204, List.of());
            });
  }

  private static Ingest.Upload upload(Call call) {
    String type = call.body().type();
    boolean csv = type.equals(CSV);
    if (!csv && !type.equals(Accepts.LINES)) {
      throw Problem.unsupported("The body must be of the type application/x-ndjson or text/csv.");
    }
    String profile = call.query().text("profile");
    if (csv && profile == null) {
      throw Problem.invalid("profile", "is required with text/csv").refusal();
    }
    if (!csv && profile != null) {
      throw Problem.invalid("profile", "is of use only with text/csv").refusal();
    }
    return new Ingest.Upload(profile, ignoresUnknown(call), call.body().stream());
  }

  private static boolean ignoresUnknown(Call call) {
    return switch (call.query().text("unknown")) {
      case null -> false;
      case "refuse" -> false;
      case "ignore" -> true;
      default -> throw Problem.invalid("unknown", "must be ignore or refuse").refusal();
    };
  }

  private static Refusal unknown() {
    return Problem.notFound("There is no run of this id.").refusal();
  }

  private static void write(JsonGenerator g, RunRow row) throws IOException {
    g.writeStartObject();
    g.writeStringField("run", row.id());
    g.writeStringField("kind", row.kind());
    g.writeStringField("state", row.state());
    g.writeStringField("key", row.key());
    g.writeStringField("started_at", Timestamps.format(row.startedMillis() * 1_000));
    Long finished = row.finishedMillis();
    g.writeStringField(
        "finished_at", finished == null ? null : Timestamps.format(finished * 1_000));
    for (Map.Entry<String, JsonNode> member : report(row).properties()) {
      if (!OWN.contains(member.getKey())) {
        g.writeFieldName(member.getKey());
        Json.tree(g, member.getValue());
      }
    }
    g.writeEndObject();
  }

  private static JsonNode report(RunRow row) {
    try {
      return Json.parse(row.report());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("the report of run " + row.id() + " is no JSON", e);
    }
  }
}
