package dev.purser.http;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Content negotiation (RFC 9110, section 12.5). Pure.
final class Accepts {
  static final String JSON = "application/json";
  static final String LINES = "application/x-ndjson";
  static final String OCTETS = "application/octet-stream";
  static final String TEXT = "text/plain";
  static final String OPEN_METRICS = "application/openmetrics-text";

  private Accepts() {}

  /// The offer that `accept` likes best: highest weight, then most specifically named, then first.
  /// Null if it likes none.
  static @Nullable String best(@Nullable String accept, List<String> offers) {
    if (accept == null || accept.equals("*/*") || accept.isBlank()) {
      return offers.getFirst();
    }
    String best = null;
    double bestRank = 0;
    for (String offer : offers) {
      double rank = rank(accept, offer);
      if (rank > bestRank) {
        best = offer;
        bestRank = rank;
      }
    }
    return best;
  }

  /// Whether the caller takes gzip.
  static boolean gzip(@Nullable String acceptEncoding) {
    if (acceptEncoding == null) {
      return false;
    }
    double gzip = -1;
    double any = 0;
    for (String part : acceptEncoding.split(",", -1)) {
      String coding = name(part);
      if (coding.equals("gzip") || coding.equals("x-gzip")) {
        gzip = Math.max(gzip, weight(part));
      } else if (coding.equals("*")) {
        any = weight(part);
      }
    }
    return (gzip < 0 ? any : gzip) > 0;
  }

  /// The weight of the most specific range that covers `offer` (0 to 1), with its specificity in
  /// the fourth decimal; 0 if none does or it is refused.
  private static double rank(String accept, String offer) {
    double rank = 0;
    int closest = 0;
    for (String part : accept.split(",", -1)) {
      int specificity = specificity(name(part), offer);
      if (specificity > closest) {
        closest = specificity;
        double weight = weight(part);
        rank = weight > 0 ? weight + specificity * 0.000_1 : 0;
      }
    }
    return rank;
  }

  private static int specificity(String range, String offer) {
    if (range.equals(offer)) {
      return 3;
    }
    if (range.equals(offer.substring(0, offer.indexOf('/')) + "/*")) {
      return 2;
    }
    return range.equals("*/*") ? 1 : 0;
  }

  private static String name(String part) {
    int semicolon = part.indexOf(';');
    return (semicolon < 0 ? part : part.substring(0, semicolon)).strip().toLowerCase(Locale.ROOT);
  }

  private static double weight(String part) {
    String[] parameters = part.split(";", -1);
    for (int i = 1; i < parameters.length; i++) {
      String p = parameters[i].strip().toLowerCase(Locale.ROOT);
      if (p.startsWith("q=")) {
        return p.matches("q=(0(\\.[0-9]{0,3})?|1(\\.0{0,3})?)")
            ? Double.parseDouble(p.substring(2))
            : 0;
      }
    }
    return 1;
  }
}
