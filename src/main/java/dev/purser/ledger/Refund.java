package dev.purser.ledger;

import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A refund of a named purchase or, without `purchaseId`, a credit note. Its id is an idempotency
/// key within its customer, in a namespace of its own.
///
/// @param purchaseId the purchase it refunds, or null for a credit note
/// @param quantity at least 1, or null if none was named
/// @param amountMinor minor units, 1 to 2^53-1
/// @param atMicros microseconds since 1970-01-01T00:00Z
/// @param given which optional fields the caller sent, a union of the constants of [Given]
/// @param preferences merged into the customer's preferences when, and only when, this refund is
///   accepted
public record Refund(
    String id,
    @Nullable String purchaseId,
    @Nullable String sku,
    @Nullable String description,
    @Nullable Long quantity,
    long amountMinor,
    String currency,
    @Nullable String reason,
    long atMicros,
    int given,
    Map<String, String> preferences)
    implements Change {

  public Refund {
    preferences = Map.copyOf(preferences);
  }

  /// Whether this repeats `stored`: equal in every field that the caller sent.
  public boolean repeats(Refund stored) {
    return id.equals(stored.id)
        && amountMinor == stored.amountMinor
        && same(Given.PURCHASE, purchaseId, stored.purchaseId)
        && same(Given.SKU, sku, stored.sku)
        && same(Given.DESCRIPTION, description, stored.description)
        && same(Given.QUANTITY, quantity, stored.quantity)
        && same(Given.CURRENCY, currency, stored.currency)
        && same(Given.REASON, reason, stored.reason)
        && same(Given.AT, atMicros, stored.atMicros);
  }

  private boolean same(int field, @Nullable Object mine, @Nullable Object theirs) {
    return !Given.has(given, field) || Objects.equals(mine, theirs);
  }
}
