package dev.purser.ledger;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A change of a customer's preferences.
///
/// @param replace true: `values` become all preferences; false: they are merged, null removes a
///   name
/// @param createIfAbsent whether an unknown customer is made; otherwise it is refused as not found
public record Preferences(
    boolean replace, boolean createIfAbsent, Map<String, @Nullable String> values)
    implements Change {

  /// The most preferences one customer may have.
  public static final int LIMIT = 64;

  public Preferences {
    values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }
}
