package dev.purser.ledger;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.OptionalLong;

/// RFC 3339 timestamps as microseconds since 1970-01-01T00:00Z, in the years 1970 to 9999 of UTC.
/// Pure.
///
/// Written out because `java.time` takes more than the RFC allows (missing seconds, offsets with
/// seconds, years of five digits) and less (a leap second, a lower-case `z`). A leap second is read
/// as the instant after it, as POSIX clocks do; digits beyond microseconds are cut off.
public final class Timestamps {
  /// What a refused timestamp should have been; the end of a sentence.
  public static final String WANTED =
      "must be an RFC 3339 time such as 2010-12-01T08:26:00Z, of the years 1970 to 9999";

  /// The first microsecond that is no longer in year 9999.
  private static final long END_MICROS = 253_402_300_800L * 1_000_000;

  private static final int FRACTION = 19; // yyyy-mm-ddThh:mm:ss is before it

  private Timestamps() {}

  /// Microseconds since 1970, or empty if `text` is not an RFC 3339 time of those years.
  public static OptionalLong parse(String text) {
    try {
      long micros = micros(text);
      return micros >= 0 && micros < END_MICROS ? OptionalLong.of(micros) : OptionalLong.empty();
    } catch (DateTimeException | IndexOutOfBoundsException _) {
      return OptionalLong.empty();
    }
  }

  /// UTC with `Z` and six digits of fraction.
  public static String format(long micros) {
    Instant at = Instant.ofEpochSecond(Math.floorDiv(micros, 1_000_000L));
    String seconds = at.toString(); // without a fraction, as there is none
    String fraction = Long.toString(1_000_000 + Math.floorMod(micros, 1_000_000L));
    return seconds.substring(0, seconds.length() - 1) + "." + fraction.substring(1) + "Z";
  }

  private static long micros(String t) {
    expect(t.charAt(4) == '-' && t.charAt(7) == '-' && t.charAt(13) == ':' && t.charAt(16) == ':');
    expect(t.charAt(10) == 'T' || t.charAt(10) == 't');
    int year = digits(t, 0, 4);
    int month = digits(t, 5, 2);
    int day = digits(t, 8, 2);
    int hour = digits(t, 11, 2);
    int minute = digits(t, 14, 2);
    int second = digits(t, 17, 2);
    expect(hour <= 23 && minute <= 59 && second <= 60);
    expect(YearMonth.of(year, month).isValidDay(day));
    int zone = afterFraction(t);
    long days = LocalDate.of(year, month, day).toEpochDay();
    long seconds = days * 86_400 + hour * 3_600L + minute * 60L + second - offsetSeconds(t, zone);
    expect(second < 60 || endsMonth(seconds));
    return seconds * 1_000_000 + (second < 60 ? fractionMicros(t, zone) : 0);
  }

  /// Leap seconds are inserted at the end of a month of UTC and nowhere else.
  private static boolean endsMonth(long seconds) {
    return Math.floorMod(seconds, 86_400L) == 0
        && LocalDate.ofEpochDay(Math.floorDiv(seconds, 86_400L)).getDayOfMonth() == 1;
  }

  /// Where the zone begins: after a fraction of at least one digit, or where one would begin.
  private static int afterFraction(String t) {
    if (t.charAt(FRACTION) != '.') {
      return FRACTION;
    }
    int i = FRACTION + 1;
    while (isDigit(t.charAt(i))) {
      i++;
    }
    expect(i > FRACTION + 1);
    return i;
  }

  private static int fractionMicros(String t, int end) {
    int micros = 0;
    for (int i = FRACTION + 1; i <= FRACTION + 6; i++) {
      micros = micros * 10 + (i < end ? t.charAt(i) - '0' : 0);
    }
    return micros;
  }

  private static int offsetSeconds(String t, int zone) {
    char sign = t.charAt(zone);
    if (sign == 'Z' || sign == 'z') {
      expect(t.length() == zone + 1);
      return ZoneOffset.UTC.getTotalSeconds();
    }
    expect((sign == '+' || sign == '-') && t.length() == zone + 6 && t.charAt(zone + 3) == ':');
    int hours = digits(t, zone + 1, 2);
    int minutes = digits(t, zone + 4, 2);
    expect(hours <= 23 && minutes <= 59);
    return (sign == '-' ? -1 : 1) * (hours * 3_600 + minutes * 60);
  }

  private static int digits(String t, int from, int count) {
    int value = 0;
    for (int i = from; i < from + count; i++) {
      expect(isDigit(t.charAt(i)));
      value = value * 10 + (t.charAt(i) - '0');
    }
    return value;
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  private static void expect(boolean holds) {
    if (!holds) {
      throw new DateTimeException("not a time of RFC 3339");
    }
  }
}
