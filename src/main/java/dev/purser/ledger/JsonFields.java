package dev.purser.ledger;

import com.fasterxml.jackson.databind.JsonNode;
import dev.purser.faults.FieldError;
import dev.purser.faults.ServiceError;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Reads the fields of one JSON object and collects everything that is wrong with them, so that a
/// sender is told all of it at once. A field that cannot be used reads as null, empty or 0; nobody
/// may use any before [#errors()] was found empty.
///
/// A field whose value is null reads as one that is not there: answers name absent values so, and
/// what was read can be sent back.
///
/// Confined to the thread that reads.
public final class JsonFields {
  private static final int CLIP = 128;

  /// Enough to mend a body; a hostile one must not make an answer as long as itself.
  private static final int MOST_ERRORS = 100;

  private final JsonNode object;
  private final List<FieldError> errors = new ArrayList<>(0);

  /// @param what how the object is called in a sentence if it is not one, such as `body`
  public JsonFields(JsonNode object, String what) {
    this.object = object;
    if (!object.isObject()) {
      wrong(what, "must be a JSON object");
    }
  }

  /// Whether the field is there and not null.
  public boolean has(String name) {
    return object.hasNonNull(name);
  }

  /// A required id.
  public String id(String name) {
    return required(name, Rules::whyNotId);
  }

  public @Nullable String optionalId(String name) {
    return string(name, Rules::whyNotId);
  }

  /// A required string.
  public String text(String name) {
    return required(name, Rules::whyNotText);
  }

  public @Nullable String optionalText(String name) {
    return string(name, Rules::whyNotText);
  }

  /// A required amount in minor units.
  public long amount(String name) {
    return present(name) ? integer(name, 1, Money.MAX_MINOR) : 0;
  }

  /// A required quantity.
  public long quantity(String name) {
    return present(name) ? integer(name, 1, Long.MAX_VALUE) : 0;
  }

  public @Nullable Long optionalQuantity(String name) {
    return has(name) ? (Long) integer(name, 1, Long.MAX_VALUE) : null;
  }

  /// A currency code, `otherwise` if the field is not there.
  public String currency(String name, String otherwise) {
    String currency = string(name, Rules::whyNotCurrency);
    return currency == null ? otherwise : currency;
  }

  /// Microseconds since 1970, `otherwise` if the field is not there.
  public long micros(String name, long otherwise) {
    String text = string(name, _ -> null);
    if (text == null) {
      return otherwise;
    }
    return Timestamps.parse(text)
        .orElseGet(
            () -> {
              wrong(name, Timestamps.WANTED);
              return otherwise;
            });
  }

  /// A required object of strings, at most [Preferences#LIMIT] of them.
  ///
  /// @param removals whether null is allowed too
  public Map<String, @Nullable String> preferences(String name, boolean removals) {
    JsonNode node = object.get(name);
    if (node == null || !node.isObject()) {
      wrong(name, node == null ? "is required" : "must be an object of strings");
      return Map.of();
    }
    Map<String, @Nullable String> values = LinkedHashMap.newLinkedHashMap(node.size());
    int set = 0;
    for (Map.Entry<String, JsonNode> entry : node.properties()) {
      values.put(entry.getKey(), preference(name, entry.getKey(), entry.getValue(), removals));
      set += entry.getValue().isNull() ? 0 : 1;
    }
    if (set > Preferences.LIMIT) {
      wrong(name, "must hold at most " + Preferences.LIMIT + " names");
    }
    return values;
  }

  /// Refuses `name` because of a rule that is not one of its value alone.
  public void wrong(String name, String message) {
    if (errors.size() < MOST_ERRORS) {
      errors.add(new FieldError(name, message));
    }
  }

  /// Refuses every field that is not one of `known`.
  public void refuseUnknown(Set<String> known) {
    if (unknown(known) > 0) {
      names()
          .filter(n -> !known.contains(n))
          .forEach(n -> wrong(clipped(n), "is not a known field"));
    }
  }

  /// How many fields are not among `known`.
  public int unknown(Set<String> known) {
    int unknown = 0;
    for (Iterator<String> names = object.fieldNames(); names.hasNext(); ) {
      unknown += known.contains(names.next()) ? 0 : 1;
    }
    return unknown;
  }

  /// Everything wrong so far, in the order of reading.
  public List<FieldError> errors() {
    return Collections.unmodifiableList(errors);
  }

  /// The refusal that names all of [#errors()], which must not be empty.
  public ServiceError.Validation refusal() {
    return refusal(errors);
  }

  /// The refusal that names all of `errors`, of which there is at least one.
  public static ServiceError.Validation refusal(List<FieldError> errors) {
    FieldError first = errors.getFirst();
    String more = errors.size() == 1 ? "" : " (and " + (errors.size() - 1) + " more)";
    return new ServiceError.Validation(first.field() + " " + first.message() + more, errors);
  }

  /// A sender's name made fit to be told back: not long, and nothing that cannot be encoded.
  public static String clipped(String name) {
    int end = Math.min(name.length(), CLIP);
    StringBuilder clipped = new StringBuilder(end);
    for (int i = 0; i < end; ) {
      int c = name.codePointAt(i);
      boolean lone = c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE;
      clipped.appendCodePoint(lone || c == 0 ? 0xfffd : c);
      i += Character.charCount(c);
    }
    return end < name.length() ? clipped + "..." : clipped.toString();
  }

  private java.util.stream.Stream<String> names() {
    return object.properties().stream().map(Map.Entry::getKey);
  }

  private @Nullable String preference(String field, String name, JsonNode node, boolean removals) {
    String path = field + "." + clipped(name);
    String whyNotName = Rules.whyNotText(name);
    if (whyNotName != null) {
      wrong(path, "as a name " + whyNotName);
    }
    if (node.isNull() && removals) {
      return null;
    }
    if (!node.isTextual()) {
      wrong(path, removals ? "must be a string or null" : "must be a string");
      return null;
    }
    String whyNot = Rules.whyNotText(node.textValue());
    if (whyNot != null) {
      wrong(path, whyNot);
    }
    return node.textValue();
  }

  private String required(String name, Function<String, @Nullable String> whyNot) {
    String text = present(name) ? string(name, whyNot) : null;
    return text == null ? "" : text;
  }

  private boolean present(String name) {
    if (has(name)) {
      return true;
    }
    if (object.isObject()) {
      wrong(name, "is required");
    }
    return false;
  }

  private @Nullable String string(String name, Function<String, @Nullable String> whyNot) {
    JsonNode node = object.get(name);
    if (node == null || node.isNull()) {
      return null;
    }
    if (!node.isTextual()) {
      wrong(name, "must be a string");
      return null;
    }
    String why = whyNot.apply(node.textValue());
    if (why != null) {
      wrong(name, why);
    }
    return node.textValue();
  }

  private long integer(String name, long min, long max) {
    JsonNode node = object.get(name);
    if (node != null
        && node.isIntegralNumber()
        && node.longValue() >= min
        && node.longValue() <= max) {
      return node.longValue();
    }
    wrong(name, "must be an integer from " + min + " to " + max);
    return min;
  }
}
