package dev.purser.ledger;

import org.jspecify.annotations.Nullable;

/// The value rules of the HTTP contract, one method a rule. Each answers null if the value may be
/// used, or else the end of a sentence that begins with the field's name. Pure.
public final class Rules {
  /// The longest id, in code points.
  public static final int ID_CODE_POINTS = 128;

  /// The longest string, in bytes of UTF-8.
  public static final int TEXT_BYTES = 4096;

  private Rules() {}

  /// Ids: 1 to 128 code points, no control characters, and not a dot segment, because ids stand in
  /// paths.
  public static @Nullable String whyNotId(String id) {
    if (id.isEmpty()) {
      return "must not be empty";
    }
    if (id.equals(".") || id.equals("..")) {
      return "must not be . or ..";
    }
    if (id.length() <= ID_CODE_POINTS && printableAscii(id)) {
      return null;
    }
    int codePoints = 0;
    for (int i = 0; i < id.length(); codePoints++) {
      int c = id.codePointAt(i);
      if (Character.getType(c) == Character.CONTROL) {
        return "must not hold control characters";
      }
      if (isSurrogate(c)) {
        return "must not hold an unpaired surrogate";
      }
      i += Character.charCount(c);
    }
    return codePoints > ID_CODE_POINTS
        ? "must have at most " + ID_CODE_POINTS + " characters"
        : null;
  }

  /// Strings: no U+0000, no unpaired surrogate, at most 4 KiB of UTF-8; empty is allowed.
  public static @Nullable String whyNotText(String text) {
    if (text.length() <= TEXT_BYTES && printableAscii(text)) {
      return null;
    }
    for (int i = 0; i < text.length(); ) {
      int c = text.codePointAt(i);
      if (c == 0) {
        return "must not hold U+0000";
      }
      if (isSurrogate(c)) {
        return "must not hold an unpaired surrogate";
      }
      i += Character.charCount(c);
    }
    boolean certainlyFits = text.length() <= TEXT_BYTES / 3;
    return certainlyFits || Utf8.length(text) <= TEXT_BYTES
        ? null
        : "must have at most " + TEXT_BYTES + " bytes of UTF-8";
  }

  public static @Nullable String whyNotCurrency(String currency) {
    return Currencies.known(currency) ? null : "must be a currency code of ISO 4217";
  }

  /// Amounts in minor units: 1 to [Money#MAX_MINOR].
  public static @Nullable String whyNotAmount(long amountMinor) {
    return amountMinor >= 1 && amountMinor <= Money.MAX_MINOR
        ? null
        : "must be an integer from 1 to " + Money.MAX_MINOR;
  }

  public static @Nullable String whyNotQuantity(long quantity) {
    return quantity >= 1 ? null : "must be an integer of at least 1";
  }

  /// Nearly every value of a bulk upload; the rules in full are for the others.
  private static boolean printableAscii(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < 0x20 || text.charAt(i) > 0x7e) {
        return false;
      }
    }
    return true;
  }

  private static boolean isSurrogate(int codePoint) {
    return codePoint >= Character.MIN_SURROGATE && codePoint <= Character.MAX_SURROGATE;
  }
}
