package dev.purser.ledger;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;

/// Ids of runs of all kinds: sorted as text they are sorted by when the runs began. Pure but for
/// chance.
public final class RunIds {
  private static final DateTimeFormatter TIME =
      DateTimeFormatter.ofPattern("uuuuMMdd'T'HHmmssSSS", Locale.ROOT).withZone(ZoneOffset.UTC);

  private RunIds() {}

  /// Sorts before the ids of all runs that begin at `millis` or later, and after all others.
  public static String before(long millis) {
    return TIME.format(Instant.ofEpochMilli(millis));
  }

  /// The id of a run that begins at `millis`: the time in UTC, then six hexadecimal digits of
  /// chance.
  public static String at(long millis) {
    return "%s-%06x"
        .formatted(
            TIME.format(Instant.ofEpochMilli(millis)),
            ThreadLocalRandom.current().nextInt(1 << 24));
  }
}
