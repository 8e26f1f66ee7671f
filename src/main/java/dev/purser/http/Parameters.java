package dev.purser.http;

import dev.purser.faults.FieldError;
import dev.purser.ledger.JsonFields;
import dev.purser.ledger.Rules;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The query parameters of one request, decoded as forms do. A parameter that the route does not
/// know, or that comes twice, is refused by name: a misspelt one must not be lost silently. Names
/// and values are strings of the contract like any others. Immutable.
final class Parameters {
  private static final Parameters NONE = new Parameters(Map.of());
  private final Map<String, String> values;

  private Parameters(Map<String, String> values) {
    this.values = values;
  }

  /// @param known the route's parameters; one that ends in `*` stands for all with that prefix
  static Parameters parse(String query, List<String> known) {
    if (query.isEmpty()) {
      return NONE;
    }
    Map<String, String> values = new LinkedHashMap<>();
    List<FieldError> errors = new ArrayList<>();
    for (String pair : query.split("&", -1)) {
      if (!pair.isEmpty()) {
        put(pair, known, values, errors);
      }
    }
    if (!errors.isEmpty()) {
      throw Problem.invalid(errors).refusal();
    }
    return new Parameters(values);
  }

  private static void put(
      String pair, List<String> known, Map<String, String> values, List<FieldError> errors) {
    int equals = pair.indexOf('=');
    String name = Target.decode(equals < 0 ? pair : pair.substring(0, equals), true, "query");
    if (!isKnown(name, known)) {
      errors.add(new FieldError(JsonFields.clipped(name), "is no parameter of this call"));
      return;
    }
    String value = equals < 0 ? "" : Target.decode(pair.substring(equals + 1), true, name);
    String whyNot = Rules.whyNotText(name) == null ? Rules.whyNotText(value) : "is no usable name";
    if (whyNot != null) {
      errors.add(new FieldError(JsonFields.clipped(name), whyNot));
    }
    if (values.putIfAbsent(name, value) != null) {
      errors.add(new FieldError(name, "is given more than once"));
    }
  }

  private static boolean isKnown(String name, List<String> known) {
    for (String k : known) {
      boolean prefix = k.endsWith("*");
      if (prefix ? name.startsWith(k.substring(0, k.length() - 1)) : name.equals(k)) {
        return true;
      }
    }
    return false;
  }

  @Nullable String text(String name) {
    return values.get(name);
  }

  /// A number of lists: `limit`, `k`.
  int integer(String name, int min, int max, int otherwise) {
    String value = values.get(name);
    if (value == null) {
      return otherwise;
    }
    if (value.matches("[0-9]{1,9}")) {
      int n = Integer.parseInt(value);
      if (n >= min && n <= max) {
        return n;
      }
    }
    throw Problem.invalid(name, "must be an integer from " + min + " to " + max).refusal();
  }

  boolean flag(String name) {
    String value = values.get(name);
    if (value == null || value.equals("false")) {
      return false;
    }
    if (value.equals("true")) {
      return true;
    }
    throw Problem.invalid(name, "must be true or false").refusal();
  }

  /// The parameters whose names begin with `prefix`, without it.
  Map<String, String> startingWith(String prefix) {
    Map<String, String> found = new LinkedHashMap<>();
    values.forEach(
        (name, value) -> {
          if (name.startsWith(prefix)) {
            found.put(name.substring(prefix.length()), value);
          }
        });
    return found;
  }
}
