package dev.purser.ledger;

import com.fasterxml.jackson.annotation.JsonIgnore;

/// A customer's sums in one currency, all in minor units and none above [Money#MAX_MINOR].
///
/// @param refunds how many refunds, pending and settled
/// @param pendingMinor sum of the refunds not settled yet
/// @param settledMinor sum of the refunds settled
public record Totals(
    String currency,
    long purchases,
    long grossMinor,
    long refunds,
    long pendingRefunds,
    long pendingMinor,
    long settledMinor) {

  /// Nothing yet in `currency`.
  public static Totals empty(String currency) {
    return new Totals(currency, 0, 0, 0, 0, 0, 0);
  }

  /// Gross less settled refunds; below zero after credit notes.
  @JsonIgnore
  public long netMinor() {
    return grossMinor - settledMinor;
  }

  public Totals plusPurchase(long amountMinor) {
    return new Totals(
        currency,
        purchases + 1,
        grossMinor + amountMinor,
        refunds,
        pendingRefunds,
        pendingMinor,
        settledMinor);
  }

  public Totals plusRefund(long amountMinor) {
    return new Totals(
        currency,
        purchases,
        grossMinor,
        refunds + 1,
        pendingRefunds + 1,
        pendingMinor + amountMinor,
        settledMinor);
  }

  /// All pending refunds applied.
  public Totals settled() {
    return new Totals(currency, purchases, grossMinor, refunds, 0, 0, settledMinor + pendingMinor);
  }
}
