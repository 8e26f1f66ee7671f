package dev.purser.ledger;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A purchase, as sent or as stored. Its id is an idempotency key within its customer.
///
/// @param id 1 to 128 code points
/// @param quantity at least 1
/// @param amountMinor the whole amount in minor units of the currency, 1 to 2^53-1
/// @param currency ISO 4217 code
/// @param atMicros microseconds since 1970-01-01T00:00Z
/// @param given which optional fields the caller sent, a union of the constants of [Given]
/// @param preferences merged into the customer's preferences when, and only when, this purchase is
///   accepted; not part of its content
public record Purchase(
    String id,
    String sku,
    @Nullable String description,
    long quantity,
    long amountMinor,
    String currency,
    long atMicros,
    int given,
    Map<String, String> preferences)
    implements Change {

  public Purchase {
    preferences = Map.copyOf(preferences);
  }

  /// Whether this repeats `stored`: equal in every field that the caller sent.
  public boolean repeats(Purchase stored) {
    return id.equals(stored.id)
        && sku.equals(stored.sku)
        && quantity == stored.quantity
        && amountMinor == stored.amountMinor
        && (!Given.has(given, Given.DESCRIPTION) || Objects.equals(description, stored.description))
        && (!Given.has(given, Given.CURRENCY) || currency.equals(stored.currency))
        && (!Given.has(given, Given.AT) || atMicros == stored.atMicros);
  }
}
