package dev.purser.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/// Finds the key that a misspelt one was meant to be. Pure.
public final class Spelling {
  /// Of so many characters one may be wrong; beyond it the nearest key is no help.
  private static final int ONE_OF = 3;

  private Spelling() {}

  /// The end of a sentence that names the nearest of `keys`, or nothing if none is near.
  public static String hint(String misspelt, Collection<String> keys) {
    return nearest(misspelt, keys).map(k -> "; the nearest is " + k).orElse("");
  }

  static Optional<String> nearest(String misspelt, Collection<String> keys) {
    return keys.stream()
        .map(k -> new Candidate(k, distance(misspelt, k)))
        .filter(c -> c.distance <= Math.max(1, misspelt.length() / ONE_OF))
        .min(Comparator.comparingInt(Candidate::distance).thenComparing(Candidate::key))
        .map(Candidate::key);
  }

  private record Candidate(String key, int distance) {}

  /// Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b` (optimal
  /// string alignment).
  static int distance(String a, String b) {
    int[][] d = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          d[i][j] = i + j;
          continue;
        }
        int replaced = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int least = Math.min(d[i - 1][j], d[i][j - 1]) + 1;
        d[i][j] = Math.min(least, d[i - 1][j - 1] + replaced);
        boolean swapped =
            i > 1
                && j > 1
                && a.charAt(i - 1) == b.charAt(j - 2)
                && a.charAt(i - 2) == b.charAt(j - 1);
        if (swapped) {
          d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
        }
      }
    }
    return d[a.length()][b.length()];
  }
}
