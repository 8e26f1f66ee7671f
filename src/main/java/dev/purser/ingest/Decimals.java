package dev.purser.ingest;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;

/// Exact products of decimals, rounded once. Pure.
///
/// Nearly all numbers of real files fit a `long` as unscaled value; the others take the way over
/// `BigDecimal`, and both ways are proved to agree.
final class Decimals {
  /// More digits than any price has, few enough that no number is costly.
  private static final int MOST_CHARACTERS = 40;

  private static final long[] POWERS = powers();

  private Decimals() {}

  /// Reads digits with an optional sign and an optional fraction.
  ///
  /// @throws NumberFormatException if `text` is anything else or too long
  static BigDecimal parse(String text, char point) {
    check(text, point);
    return new BigDecimal(point == '.' ? text : text.replace(point, '.'));
  }

  /// `a` x `b` in units of 10^-digits, rounded half-even.
  ///
  /// @throws ArithmeticException if that exceeds 64 bits
  static long product(BigDecimal a, BigDecimal b, int digits) {
    int scale = a.scale() + b.scale() - digits;
    if (a.precision() + b.precision() <= 18 && scale >= 0 && scale < POWERS.length) {
      long exact = a.unscaledValue().longValue() * b.unscaledValue().longValue();
      return halfEven(exact, POWERS[scale]);
    }
    return a.multiply(b)
        .setScale(digits, RoundingMode.HALF_EVEN)
        .movePointRight(digits)
        .toBigInteger()
        .longValueExact();
  }

  static long halfEven(long value, long divisor) {
    long quotient = value / divisor;
    long twice = 2 * Math.abs(value % divisor); // below 2 x 10^18: no overflow
    boolean away = twice > divisor || (twice == divisor && (quotient & 1) != 0);
    return away ? quotient + Long.signum(value) : quotient;
  }

  private static void check(String text, char point) {
    int digits = 0;
    int points = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean sign = i == 0 && (c == '-' || c == '+');
      digits += c >= '0' && c <= '9' ? 1 : 0;
      points += c == point ? 1 : 0;
      if (!sign && c != point && (c < '0' || c > '9')) {
        throw new NumberFormatException("not a decimal number");
      }
    }
    if (digits == 0 || points > 1 || text.length() > MOST_CHARACTERS) {
      throw new NumberFormatException("not a decimal number");
    }
  }

  private static long[] powers() {
    long[] powers = new long[19];
    BigInteger power = BigInteger.ONE;
    for (int i = 0; i < powers.length; i++, power = power.multiply(BigInteger.TEN)) {
      powers[i] = power.longValueExact();
    }
    return powers;
  }
}
