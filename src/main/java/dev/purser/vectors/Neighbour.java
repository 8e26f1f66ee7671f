package dev.purser.vectors;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Comparator;

/// A vector found, and how near it is in the terms of the metric.
public record Neighbour(String id, double score) {

  /// Best first, ties by id in the order of UTF-8 bytes.
  public static Comparator<Neighbour> bestFirst(Metric metric) {
    Comparator<Neighbour> byScore = Comparator.comparingDouble(Neighbour::score);
    return (metric == Metric.EUCLIDEAN ? byScore : byScore.reversed())
        .thenComparing(n -> n.id().getBytes(StandardCharsets.UTF_8), Arrays::compareUnsigned);
  }
}
