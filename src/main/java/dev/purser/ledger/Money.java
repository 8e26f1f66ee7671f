package dev.purser.ledger;

/// Limits of money: exact `long` minor units that every JSON client can hold.
public final class Money {
  /// The largest amount and the largest total, 2^53-1.
  public static final long MAX_MINOR = (1L << 53) - 1;

  private Money() {}
}
