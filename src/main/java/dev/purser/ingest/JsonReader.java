package dev.purser.ingest;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.documents.DocumentChange;
import dev.purser.documents.DocumentJson;
import dev.purser.ingest.Verdict.Rejected;
import dev.purser.ledger.EventJson;
import dev.purser.ledger.EventJson.Event;
import dev.purser.ledger.EventJson.Reading;
import dev.purser.ledger.Rules;
import dev.purser.ledger.StrictJson;
import dev.purser.partitions.Change;
import dev.purser.vectors.VectorChange;
import dev.purser.vectors.VectorJson;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads NDJSON: one event a line. Immutable.
///
/// @param ignoreUnknown whether unknown fields are counted instead of refused
record JsonReader(EventJson events, boolean ignoreUnknown, int lineLimit) implements Reader {
  private static final Set<String> EVENTS = Set.of("purchase", "refund", "preferences");

  @Override
  public List<Line> read(Block block) {
    List<Line> lines = Reader.room(block);
    for (int i = 0; i < block.records(); i++) {
      lines.add(read(block, i));
    }
    return lines;
  }

  private Line read(Block block, int record) {
    Rejected unusable = Reader.unusable(block, record, lineLimit);
    if (unusable != null) {
      return Line.of(block, record, unusable);
    }
    try {
      JsonNode json = StrictJson.parse(block.bytes(), block.start(record), block.end(record));
      return judged(block, record, json);
    } catch (StrictJson.NotJson e) {
      return Line.of(block, record, Rejected.unparsable("The line " + e.why()));
    }
  }

  private Line judged(Block block, int record, JsonNode json) {
    return switch (json.path("type").asText()) {
      case "document" -> document(block, record, json);
      case "vector" -> vector(block, record, json);
      default -> event(block, record, json);
    };
  }

  private Line document(Block block, int record, JsonNode json) {
    return switch (DocumentJson.line(json, ignoreUnknown)) {
      case Reading.Good<DocumentJson.Line>(DocumentJson.Line line, int ignored) -> {
        Change put = new DocumentChange.Put(line.id(), line.fields().encoded(), null);
        yield new Line(
            block, record, new Verdict.RecordChange("document", put), null, null, ignored, null);
      }
      case Reading.Bad<DocumentJson.Line>(var errors) -> {
        String id = usable(json.path("id"));
        String derived = id == null ? null : Line.derived("document", id);
        yield new Line(block, record, Rejected.invalid(errors, null), null, derived, 0, null);
      }
    };
  }

  private Line vector(Block block, int record, JsonNode json) {
    return switch (VectorJson.line(json, ignoreUnknown)) {
      case Reading.Good<VectorJson.Line>(VectorJson.Line line, int ignored) -> {
        Change put = VectorChange.put(line.space(), line.id(), line.vector());
        yield new Line(
            block, record, new Verdict.RecordChange("vector", put), null, null, ignored, null);
      }
      case Reading.Bad<VectorJson.Line>(var errors) -> {
        String space = usable(json.path("space"));
        String id = usable(json.path("id"));
        String derived = space == null || id == null ? null : Line.derived("vector", space, id);
        yield new Line(block, record, Rejected.invalid(errors, null), null, derived, 0, null);
      }
    };
  }

  private Line event(Block block, int record, JsonNode json) {
    Verdict early = beforeTheRules(json);
    if (early != null) {
      return new Line(block, record, early, null, id(json), 0, null);
    }
    return switch (events.event(json, ignoreUnknown)) {
      case Reading.Good<Event>(Event event, int ignored) ->
          new Line(
              block,
              record,
              new Verdict.Event(event.customer(), event.change()),
              null,
              null,
              ignored,
              null);
      case Reading.Bad<Event>(var errors) ->
          new Line(
              block, record, Rejected.invalid(errors, customer(json)), null, id(json), 0, null);
    };
  }

  /// The order of judgement is that of all uploads: no customer, zero amount, the rules. Only an
  /// integer is a zero here: `0.0` is a wrong amount.
  private static @Nullable Verdict beforeTheRules(JsonNode json) {
    if (!EVENTS.contains(json.path("type").asText())) {
      return null;
    }
    JsonNode who = json.path("customer_id");
    if (who.isMissingNode() || who.isNull()) {
      return new Rejected("no_customer", "ERR_VALIDATION", "customer_id is required", null);
    }
    JsonNode amount = json.path("amount_minor");
    boolean nothing = amount.isIntegralNumber() && amount.bigIntegerValue().signum() == 0;
    return nothing && who.isTextual() ? new Verdict.Skipped() : null;
  }

  /// The customer that a refused line names, so that erasing the customer finds its letter.
  private static @Nullable String customer(JsonNode json) {
    return usable(json.path("customer_id"));
  }

  /// The derived id of a refused line of which type, customer and id can be read.
  private static @Nullable String id(JsonNode json) {
    String type = usable(json.path("type"));
    String customer = customer(json);
    String id = usable(json.path("id"));
    return type == null || customer == null || id == null ? null : Line.derived(type, customer, id);
  }

  private static @Nullable String usable(JsonNode node) {
    return node.isTextual() && Rules.whyNotId(node.textValue()) == null ? node.textValue() : null;
  }
}
