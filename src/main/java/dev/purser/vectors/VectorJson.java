package dev.purser.vectors;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.faults.FieldError;
import dev.purser.ledger.EventJson.Reading;
import dev.purser.ledger.JsonFields;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Vectors in JSON: the same rules at the edge and in the bulk lane. Pure.
public final class VectorJson {
  private static final Set<String> LINE = Set.of("type", "space", "id", "vector");
  private static final Set<String> BODY = Set.of("space", "id", "vector");
  private static final Set<String> SEARCH = Set.of("vector", "id", "k", "metric");
  private static final int MOST_NEIGHBOURS = 1_000;
  private static final int NEIGHBOURS = 10;
  private static final float[] NONE = {};

  private VectorJson() {}

  /// A line of a bulk upload.
  @SuppressWarnings("ArrayRecordComponent") // a hand-over, compared by nobody
  public record Line(String space, String id, float[] vector) {}

  /// A search, by a vector or by the id of one.
  @SuppressWarnings("ArrayRecordComponent") // a hand-over, compared by nobody
  public record Asked(float @Nullable [] vector, @Nullable String id, Metric metric, int k) {}

  /// The body of a vector that is put: an array, or what `GET` answers, whose `space` and `id` are
  /// read-only and ignored.
  public static Reading<float[]> body(JsonNode body) {
    if (!body.isObject()) {
      return checked(values(body), "body");
    }
    JsonFields given = new JsonFields(body, "body");
    float[] vector = vector(given, body);
    given.refuseUnknown(BODY);
    return given.errors().isEmpty()
        ? new Reading.Good<>(vector, 0)
        : new Reading.Bad<>(given.errors());
  }

  /// The same as bytes, as [FloatBytes] has them.
  public static Reading<float[]> body(byte[] bytes) {
    if (bytes.length % Float.BYTES != 0) {
      return new Reading.Bad<>(
          List.of(
              new FieldError(
                  "body", "has " + bytes.length + " bytes, no multiple of " + Float.BYTES)));
    }
    return checked(FloatBytes.decoded(bytes), "body");
  }

  private static Reading<float[]> checked(float @Nullable [] values, String field) {
    String whyNot = whyNot(values);
    return values == null || whyNot != null
        ? new Reading.Bad<>(List.of(new FieldError(field, String.valueOf(whyNot))))
        : new Reading.Good<>(values, 0);
  }

  /// A line of type `vector`.
  public static Reading<Line> line(JsonNode line, boolean ignoreUnknown) {
    JsonFields given = new JsonFields(line, "line");
    Line read = new Line(given.id("space"), given.id("id"), vector(given, line));
    if (read.space().equals(Spaces.TASTE)) {
      given.wrong("space", "is kept by the service and cannot be written: " + Spaces.TASTE);
    }
    if (!ignoreUnknown) {
      given.refuseUnknown(LINE);
    }
    return given.errors().isEmpty()
        ? new Reading.Good<>(read, ignoreUnknown ? given.unknown(LINE) : 0)
        : new Reading.Bad<>(given.errors());
  }

  /// The body of a search.
  public static Reading<Asked> search(JsonNode body) {
    JsonFields given = new JsonFields(body, "body");
    String id = given.optionalId("id");
    float[] vector = given.has("vector") ? vector(given, body) : null;
    if (body.isObject() && given.has("id") == given.has("vector")) {
      given.wrong("vector", "or id is required, and not both");
    }
    Asked asked = new Asked(vector, id, metric(given), neighbours(given, body));
    given.refuseUnknown(SEARCH);
    return given.errors().isEmpty()
        ? new Reading.Good<>(asked, 0)
        : new Reading.Bad<>(given.errors());
  }

  private static Metric metric(JsonFields given) {
    String name = given.optionalText("metric");
    return name == null
        ? Metric.COSINE
        : Metric.named(name)
            .orElseGet(
                () -> {
                  given.wrong("metric", "must be cosine, dot or euclidean");
                  return Metric.COSINE;
                });
  }

  private static int neighbours(JsonFields given, JsonNode body) {
    JsonNode k = body.get("k");
    if (k == null || k.isNull()) {
      return NEIGHBOURS;
    }
    if (k.isIntegralNumber() && k.canConvertToInt()) {
      int n = k.intValue();
      if (n >= 1 && n <= MOST_NEIGHBOURS) {
        return n;
      }
    }
    given.wrong("k", "must be an integer from 1 to " + MOST_NEIGHBOURS);
    return NEIGHBOURS;
  }

  private static float[] vector(JsonFields given, JsonNode object) {
    JsonNode node = object.get("vector");
    if (node == null) {
      if (object.isObject()) {
        given.wrong("vector", "is required");
      }
      return NONE;
    }
    float[] values = values(node);
    String whyNot = whyNot(values);
    if (whyNot != null) {
      given.wrong("vector", whyNot);
    }
    return values == null ? NONE : values;
  }

  /// Null if it is not an array of numbers.
  private static float @Nullable [] values(JsonNode array) {
    if (!array.isArray()) {
      return null;
    }
    float[] values = new float[array.size()];
    for (int i = 0; i < values.length; i++) {
      JsonNode value = array.get(i);
      if (!value.isNumber()) {
        return null;
      }
      values[i] = value.floatValue();
    }
    return values;
  }

  /// Why the values are no vector, or null if they are.
  private static @Nullable String whyNot(float @Nullable [] values) {
    if (values == null) {
      return "must be an array of numbers";
    }
    if (values.length == 0 || values.length > FloatBytes.MOST) {
      return "must hold 1 to " + FloatBytes.MOST + " values";
    }
    for (float value : values) {
      if (!Float.isFinite(value)) {
        return "must hold finite 32-bit numbers only";
      }
    }
    return null;
  }
}
