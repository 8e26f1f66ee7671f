package dev.purser.config;

import com.typesafe.config.ConfigValue;
import java.util.regex.Pattern;

/// Durations and sizes are written with their unit: `5` would be read as 5 ms, which is hardly what
/// its writer means. Pure.
final class Units {
  private static final Pattern BARE = Pattern.compile("[-+]?[0-9.]+");

  private Units() {}

  /// Whether `value` is a number alone.
  static boolean isBare(ConfigValue value) {
    return value.unwrapped() instanceof Number
        || (value.unwrapped() instanceof String text && BARE.matcher(text.strip()).matches());
  }

  /// Why such a value is refused.
  static String missing(ConfigValue value, String example) {
    return value.unwrapped() + " has no unit; write it like " + example;
  }
}
