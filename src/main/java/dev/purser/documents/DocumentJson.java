package dev.purser.documents;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.ledger.EventJson.Reading;
import dev.purser.ledger.JsonFields;
import dev.purser.ledger.Rules;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Documents in JSON: the same fields and rules at the edge and in the bulk lane. Pure.
public final class DocumentJson {
  /// Fields of one document.
  public static final int MOST_FIELDS = 256;

  /// Values of one document, all fields together.
  public static final int MOST_VALUES = Shelf.MOST_VALUES;

  /// A document as `GET` answers it may be sent back: its read-only fields are ignored.
  private static final Set<String> BODY = Set.of("fields", "id", "version");

  private static final Set<String> VALUE = Set.of("name", "value");
  private static final Set<String> LINE = Set.of("type", "id", "version", "fields");

  private DocumentJson() {}

  /// A field and a value for it.
  public record FieldValue(String name, String value) {}

  /// A line of a bulk upload.
  public record Line(String id, Fields fields) {}

  /// The body of a document that is put.
  public static Reading<Fields> body(JsonNode body) {
    JsonFields given = new JsonFields(body, "body");
    return reading(given, body.isObject() ? fields(given, body) : Fields.NONE, BODY, false);
  }

  /// The body of a value that is appended.
  public static Reading<FieldValue> value(JsonNode body) {
    JsonFields given = new JsonFields(body, "body");
    FieldValue value = new FieldValue(given.text("name"), given.text("value"));
    return reading(given, value, VALUE, false);
  }

  /// A line of type `document`.
  public static Reading<Line> line(JsonNode line, boolean ignoreUnknown) {
    JsonFields given = new JsonFields(line, "line");
    return reading(given, new Line(given.id("id"), fields(given, line)), LINE, ignoreUnknown);
  }

  private static <T> Reading<T> reading(
      JsonFields given, T value, Set<String> known, boolean ignoreUnknown) {
    if (!ignoreUnknown) {
      given.refuseUnknown(known);
    }
    return given.errors().isEmpty()
        ? new Reading.Good<>(value, ignoreUnknown ? given.unknown(known) : 0)
        : new Reading.Bad<>(given.errors());
  }

  private static Fields fields(JsonFields given, JsonNode object) {
    JsonNode node = object.get("fields");
    if (node == null || !node.isObject()) {
      given.wrong("fields", node == null ? "is required" : "must be an object");
      return Fields.NONE;
    }
    Map<String, List<String>> fields = LinkedHashMap.newLinkedHashMap(node.size());
    int count = 0;
    for (Map.Entry<String, JsonNode> field : node.properties()) {
      List<String> values = values(given, field.getKey(), field.getValue());
      count += values.size();
      fields.put(field.getKey(), values);
    }
    String whyNot = whyNot(fields.size(), count);
    if (whyNot != null) {
      given.wrong("fields", whyNot);
    }
    return given.errors().isEmpty() ? Fields.of(fields) : Fields.NONE;
  }

  /// Why a document may not have so many fields and values, or null if it may.
  public static @Nullable String whyNot(int fields, int values) {
    if (fields > MOST_FIELDS) {
      return "must hold at most " + MOST_FIELDS + " fields";
    }
    return values > MOST_VALUES ? "must hold at most " + MOST_VALUES + " values" : null;
  }

  /// The values of one field; one that is repeated is kept once, as appending it would.
  private static List<String> values(JsonFields given, String name, JsonNode node) {
    String path = "fields." + JsonFields.clipped(name);
    String whyNotName = Rules.whyNotText(name);
    if (whyNotName != null) {
      given.wrong(path, "as a name " + whyNotName);
    }
    if (!node.isArray()) {
      return List.of(value(given, path, node));
    }
    Set<String> values = LinkedHashSet.newLinkedHashSet(node.size());
    for (JsonNode element : node) {
      values.add(value(given, path, element));
    }
    return new ArrayList<>(values);
  }

  private static String value(JsonFields given, String path, JsonNode node) {
    if (!node.isTextual()) {
      given.wrong(path, "must be a string or an array of strings");
      return "";
    }
    String whyNot = Rules.whyNotText(node.textValue());
    if (whyNot != null) {
      given.wrong(path, whyNot);
    }
    return node.textValue();
  }

  /// Writes the members of a document.
  public static void write(JsonGenerator g, Document document) throws IOException {
    g.writeStringField("id", document.id());
    g.writeNumberField("version", document.version());
    g.writeObjectFieldStart("fields");
    for (Map.Entry<String, List<String>> field : document.fields().toMap().entrySet()) {
      g.writeArrayFieldStart(field.getKey());
      for (String value : field.getValue()) {
        g.writeString(value);
      }
      g.writeEndArray();
    }
    g.writeEndObject();
  }
}
