package dev.purser.ledger;

/// Bits that say which optional fields of an event its caller sent. Omitted fields take no part
/// when a repeated id is compared with what is stored.
public final class Given {
  public static final int DESCRIPTION = 1;
  public static final int CURRENCY = 1 << 1;
  public static final int AT = 1 << 2;
  public static final int PURCHASE = 1 << 3;
  public static final int SKU = 1 << 4;
  public static final int QUANTITY = 1 << 5;
  public static final int REASON = 1 << 6;

  private Given() {}

  public static boolean has(int given, int field) {
    return (given & field) != 0;
  }
}
