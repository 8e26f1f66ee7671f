package dev.purser.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Function;

/// Reads the keys below one path of the configuration and collects every reason to refuse them, so
/// that an operator is told all of them at once and nothing is silently repaired. A key that cannot
/// be used reads as its smallest allowed value; the caller must not use any before [#reasons()] was
/// found empty.
///
/// Confined to the thread that starts the process.
public final class Keys {
  private final Config config;
  private final String path;
  private final List<String> reasons;
  private final Set<String> read;

  /// All keys below `purser`.
  public Keys(Config purser) {
    this(purser, "", new ArrayList<>(), new TreeSet<>());
  }

  private Keys(Config config, String path, List<String> reasons, Set<String> read) {
    this.config = config;
    this.path = path;
    this.reasons = reasons;
    this.read = read;
  }

  /// The keys below `path`, sharing the list of reasons.
  public Keys at(String below) {
    return new Keys(config, path + below + ".", reasons, read);
  }

  public int integer(String key, int min, int max) {
    return Math.toIntExact(number(key, min, max));
  }

  public long number(String key, long min, long max) {
    return bounded(key, this::whole, min, max, Object::toString);
  }

  /// A duration such as `150 ms`.
  public Duration duration(String key, Duration min, Duration max) {
    return bounded(
        key,
        withUnit(config::getDuration, min.toDays() > 0 ? "30 d" : "150 ms"),
        min,
        max,
        Keys::words);
  }

  /// A size such as `64 KiB`, in bytes.
  public long bytes(String key, long min, long max) {
    return bounded(key, withUnit(config::getBytes, "64 KiB"), min, max, b -> b + " bytes");
  }

  public double ratio(String key, double min, double max) {
    return bounded(key, config::getDouble, min, max, Object::toString);
  }

  public boolean flag(String key) {
    return get(key, config::getBoolean, false);
  }

  /// A text, which may be empty.
  public String text(String key) {
    return get(key, config::getString, "");
  }

  /// A text that need not be there.
  public String text(String key, String otherwise) {
    return config.hasPath(path + key) ? text(key) : otherwise;
  }

  public List<String> texts(String key) {
    return get(key, config::getStringList, List.of());
  }

  /// The keys directly below `key`, for sections whose names are the operator's.
  public List<String> names(String key) {
    return get(key, k -> config.getObject(k).keySet().stream().sorted().toList(), List.of());
  }

  /// Refuses the configuration because of `key`.
  public void refuse(String key, String reason) {
    reasons.add("purser." + path + key + ": " + reason);
  }

  /// Every reason found so far, in the order of reading.
  public List<String> reasons() {
    return List.copyOf(reasons);
  }

  /// Refuses every key that nobody has read: a misspelt one must not be lost silently.
  public void refuseUnread() {
    config.entrySet().stream()
        .map(e -> e.getKey())
        .filter(k -> !read.contains(k) && read.stream().noneMatch(r -> k.startsWith(r + ".")))
        .sorted()
        .forEach(
            k ->
                reasons.add(
                    "purser."
                        + k
                        + ": there is no such key"
                        + Spelling.hint("purser." + k, all())));
  }

  /// The full names of all keys that were read.
  private List<String> all() {
    return read.stream().map(k -> "purser." + k).toList();
  }

  /// The library would cut off the digits after the point.
  private long whole(String at) {
    double value = config.getDouble(at);
    if (value != Math.rint(value)) {
      throw new ConfigException.BadValue(
          config.getValue(at).origin(), at, value + " is not a whole number");
    }
    return config.getLong(at);
  }

  /// Reads with `get` unless the unit is missing: `5` would read as 5 ms.
  private <T> Function<String, T> withUnit(Function<String, T> get, String example) {
    return at -> {
      ConfigValue value = config.getValue(at);
      if (Units.isBare(value)) {
        throw new ConfigException.BadValue(value.origin(), at, Units.missing(value, example));
      }
      return get.apply(at);
    };
  }

  private <T extends Comparable<T>> T bounded(
      String key, Function<String, T> get, T min, T max, Function<T, String> words) {
    T value = get(key, get, min);
    if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
      refuse(
          key,
          words.apply(value) + " is not between " + words.apply(min) + " and " + words.apply(max));
      return min;
    }
    return value;
  }

  private <T> T get(String key, Function<String, T> get, T otherwise) {
    read.add(path + key);
    try {
      return get.apply(path + key);
    } catch (ConfigException.Missing _) {
      refuse(key, "is missing");
    } catch (ConfigException.WrongType | ConfigException.BadValue e) {
      refuse(key, "cannot be read: " + e.getMessage());
    }
    return otherwise;
  }

  private static String words(Duration d) {
    return d.toMillis() < 10_000 ? d.toMillis() + " ms" : d.toSeconds() + " s";
  }
}
