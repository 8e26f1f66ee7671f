package dev.purser.vectors;

import java.util.Locale;
import java.util.Optional;

/// What "near" means in a search.
public enum Metric {
  /// The cosine of the angle, best is 1; 0 with a vector of zeros.
  COSINE,
  /// The scalar product, best is the largest.
  DOT,
  /// The Euclidean distance, best is the smallest.
  EUCLIDEAN;

  /// The metric of that name, in lower case as a caller writes it.
  public static Optional<Metric> named(String name) {
    for (Metric metric : values()) {
      if (metric.word().equals(name)) {
        return Optional.of(metric);
      }
    }
    return Optional.empty();
  }

  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}
