package dev.purser.ledger;

import com.fasterxml.jackson.annotation.JsonIgnore;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// One customer's aggregate: constant in size however many purchases there are. Immutable.
///
/// @param version grows with every save that changed something and never repeats, not even across
///   an erasure
/// @param preferences sorted by name
/// @param totals one entry a currency, sorted by currency
/// @param firstPurchaseAtMicros microseconds since 1970, or null before the first purchase
public record Profile(
    String id,
    long version,
    SortedMap<String, String> preferences,
    List<Totals> totals,
    @Nullable Long firstPurchaseAtMicros,
    @Nullable Long lastPurchaseAtMicros) {

  public Profile {
    preferences = familiar(preferences);
    totals = List.copyOf(totals);
  }

  /// Profiles stay in memory by the ten thousand, and most of their preferences are the same.
  private static SortedMap<String, String> familiar(SortedMap<String, String> preferences) {
    SortedMap<String, String> copy = new TreeMap<>();
    preferences.forEach((name, value) -> copy.put(Familiar.copy(name), Familiar.copy(value)));
    return Collections.unmodifiableSortedMap(copy);
  }

  /// A customer of whom nothing is known yet; version 0 marks it as not stored.
  public static Profile absent(String id) {
    return new Profile(id, 0, new TreeMap<>(Map.of()), List.of(), null, null);
  }

  @JsonIgnore
  public boolean stored() {
    return version > 0;
  }

  /// The sums in `currency`, empty ones if there are none.
  public Totals totals(String currency) {
    for (Totals t : totals) {
      if (t.currency().equals(currency)) {
        return t;
      }
    }
    return Totals.empty(currency);
  }

  /// How many purchases there are, in all currencies.
  @JsonIgnore
  public long purchases() {
    long sum = 0;
    for (Totals t : totals) {
      sum += t.purchases();
    }
    return sum;
  }

  @JsonIgnore
  public boolean hasPendingRefunds() {
    return totals.stream().anyMatch(t -> t.pendingRefunds() > 0);
  }
}
