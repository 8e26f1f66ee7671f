package dev.purser;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueFactory;
import java.util.regex.Pattern;

/// Hides what must not be shown when the configuration is. Pure.
final class Secrets {
  private static final Pattern NAMES =
      Pattern.compile("(?i).*(password|secret|token|sha256|hash|private-key).*");

  /// The user part of a URL, and parameters that carry a password. Whatever stands before the last
  /// `@` may be part of a password that its writer forgot to encode.
  private static final Pattern USER_INFO = Pattern.compile("(?<=://)\\S*@");

  private static final Pattern PARAMETER = Pattern.compile("(?i)((?:password|secret)=)[^&\\s]*");

  private Secrets() {}

  /// `config` with every secret replaced by asterisks.
  static ConfigObject masked(Config config) {
    ConfigObject result = config.root();
    for (String key : config.root().keySet()) {
      result = result.withValue(key, masked(key, config.root().get(key)));
    }
    return result;
  }

  private static ConfigValue masked(String key, ConfigValue value) {
    if (value instanceof ConfigObject section) {
      return masked(section.toConfig());
    }
    if (NAMES.matcher(key).matches()) {
      return ConfigValueFactory.fromAnyRef("***");
    }
    return value.unwrapped() instanceof String text
        ? ConfigValueFactory.fromAnyRef(masked(text))
        : value;
  }

  /// `text` with the secrets of URLs replaced by asterisks.
  static String masked(String text) {
    String bare = USER_INFO.matcher(text).replaceAll("***@");
    return PARAMETER.matcher(bare).replaceAll("$1***");
  }
}
