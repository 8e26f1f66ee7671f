package dev.purser.ledger;

import java.math.BigInteger;

/// What the settlements of many customers applied in one currency. The sum of one customer fits
/// [Money#MAX_MINOR], that of a thousand may exceed 64 bits: it is exact all the same. Immutable.
///
/// @param refunds how many refunds
/// @param amountMinor their sum in minor units
public record ExactSum(String currency, long refunds, BigInteger amountMinor) {

  /// The same of one customer.
  public static ExactSum of(Outcome.Sum sum) {
    return new ExactSum(sum.currency(), sum.refunds(), BigInteger.valueOf(sum.amountMinor()));
  }

  /// Both together, of the same currency.
  public ExactSum plus(ExactSum other) {
    return new ExactSum(currency, refunds + other.refunds, amountMinor.add(other.amountMinor));
  }
}
