package dev.purser.ingest;

import dev.purser.config.Keys;
import java.time.DateTimeException;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.ResolverStyle;
import java.time.temporal.ChronoField;
import java.time.temporal.TemporalAccessor;
import java.time.temporal.TemporalQueries;
import java.time.zone.ZoneOffsetTransition;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// How the dates of a CSV profile become instants. Immutable.
///
/// An offset in the text decides, then a zone in the text, then the profile's zone. A text without
/// a time is the beginning of its day there. Names of zones (`z`, `v`: EST, Pacific Time) are
/// refused in patterns: several zones share one, and `java.time` does not see from it which of two
/// repeated hours is meant.
///
/// A local time that a clock change leaves out (02:30 on a night that goes from 02:00 to 03:00) or
/// repeats is read with the offset before or after the change, or refused, as the profile says. The
/// offset before it makes of a time that is left out one that is as much later as the clocks were
/// put forward, and of a repeated one the first: what `java.time` and most calendars do.
///
/// @param formats tried in their order
record Dates(List<DateTimeFormatter> formats, ZoneId zone, ClockChange rule) {
  /// A time at which every part of a pattern shows, in the afternoon of a day above 12.
  private static final LocalDateTime SAMPLE = LocalDateTime.of(2024, 7, 15, 23, 31, 47);

  private static final String NAMES_ZONE =
      "names a time zone by an abbreviation or a name (z, v), which is ambiguous: the letters"
          + " understood are x, X, Z and O for an offset and VV for a zone such as"
          + " America/New_York";

  private static final Map<String, ClockChange> RULES =
      Map.of(
          "before", ClockChange.BEFORE, "after", ClockChange.AFTER, "refuse", ClockChange.REFUSE);

  /// What becomes of a local time that a clock change leaves out or repeats.
  enum ClockChange {
    BEFORE,
    AFTER,
    REFUSE
  }

  /// An instant.
  ///
  /// @param clockChange whether a clock change leaves its local time out or repeats it
  record At(long micros, boolean clockChange) {}

  /// The dates of the profile whose keys are `keys`.
  static Dates read(Keys keys) {
    ZoneId zone = zone(keys);
    List<DateTimeFormatter> formats = new ArrayList<>();
    for (String pattern : keys.texts("date-formats")) {
      try {
        DateTimeFormatter format = format(pattern);
        String whyNot = namesZone(pattern) ? NAMES_ZONE : whyNot(format, zone);
        if (whyNot == null) {
          formats.add(format);
        } else {
          keys.refuse("date-formats", pattern + " " + whyNot);
        }
      } catch (IllegalArgumentException e) {
        keys.refuse("date-formats", pattern + " is not a pattern: " + e.getMessage());
      }
    }
    if (formats.isEmpty()) {
      keys.refuse("date-formats", "has no usable pattern");
    }
    return new Dates(List.copyOf(formats), zone, rule(keys));
  }

  /// The era is implied, so that `yyyy` is a year as `uuuu` is.
  private static DateTimeFormatter format(String pattern) {
    return new DateTimeFormatterBuilder()
        .appendPattern(pattern)
        .parseDefaulting(ChronoField.ERA, 1)
        .toFormatter(Locale.ROOT)
        .withResolverStyle(ResolverStyle.STRICT);
  }

  private static boolean namesZone(String pattern) {
    boolean literal = false;
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      literal ^= c == '\'';
      if (!literal && (c == 'z' || c == 'v')) {
        return true;
      }
    }
    return false;
  }

  /// Why no text of this format says a date, or the time that it shows; null if it does.
  private static @Nullable String whyNot(DateTimeFormatter format, ZoneId zone) {
    try {
      ZonedDateTime sample = SAMPLE.atZone(zone);
      String text = format.format(sample);
      boolean timed = !text.equals(format.format(sample.with(LocalTime.of(10, 2, 3))));
      TemporalAccessor parsed = format.parse(text);
      if (!SAMPLE.toLocalDate().equals(parsed.query(TemporalQueries.localDate()))) {
        return "does not say a date: it needs a year, a month and a day";
      }
      return timed && parsed.query(TemporalQueries.localTime()) == null
          ? "does not say the time that it shows: hh needs a (am or pm), or write HH"
          : null;
    } catch (DateTimeException e) {
      return "does not read what it writes: " + e.getMessage();
    }
  }

  private static ZoneId zone(Keys keys) {
    String zone = keys.text("zone");
    try {
      return ZoneId.of(zone);
    } catch (DateTimeException _) {
      keys.refuse("zone", zone + " is not a time zone");
      return ZoneOffset.UTC;
    }
  }

  private static ClockChange rule(Keys keys) {
    String name = keys.text("clock-change", "before");
    ClockChange rule = RULES.get(name);
    if (rule == null) {
      keys.refuse("clock-change", name + " is neither before nor after nor refuse");
      return ClockChange.BEFORE;
    }
    return rule;
  }

  /// The instant that a text says, or null if it is of no format.
  @Nullable At parse(String text) {
    for (DateTimeFormatter format : formats) {
      try {
        return at(format.parse(text));
      } catch (DateTimeException | ArithmeticException _) {
        // not of this format: the next one may fit
      }
    }
    return null;
  }

  private At at(TemporalAccessor parsed) {
    LocalDate date = LocalDate.from(parsed);
    LocalTime time = parsed.query(TemporalQueries.localTime());
    ZoneId named = parsed.query(TemporalQueries.zone());
    ZoneId in =
        parsed.isSupported(ChronoField.OFFSET_SECONDS)
            ? ZoneOffset.ofTotalSeconds(parsed.get(ChronoField.OFFSET_SECONDS))
            : named == null ? zone : named;
    if (time == null) {
      return new At(micros(date.atStartOfDay(in)), false);
    }
    LocalDateTime local = date.atTime(time);
    ZoneOffsetTransition change = in.getRules().getTransition(local);
    if (change == null) {
      return new At(micros(local.atZone(in)), false);
    }
    ZoneOffset offset =
        rule == ClockChange.AFTER ? change.getOffsetAfter() : change.getOffsetBefore();
    return new At(micros(local.atZone(offset)), true);
  }

  private static long micros(ZonedDateTime at) {
    return Math.addExact(Math.multiplyExact(at.toEpochSecond(), 1_000_000L), at.getNano() / 1_000);
  }
}
