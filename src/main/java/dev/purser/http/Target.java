package dev.purser.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/// A request target as it was sent: still percent-encoded segments of its path, and its query.
///
/// Pekko's own `Uri` has dot segments collapsed and escapes decoded, so that the id `..` or one
/// that holds a slash would be lost; the raw target keeps them. Immutable.
record Target(List<String> segments, String query) {

  /// Splits an origin-form (`/a/b?c`) or absolute-form (`http://host/a/b?c`) target.
  static Target parse(String raw) {
    int start = raw.startsWith("/") ? 0 : pathOfAbsolute(raw);
    int question = raw.indexOf('?', start);
    int end = question < 0 ? raw.length() : question;
    List<String> segments = new ArrayList<>(6);
    for (int at = start + 1; at <= end; ) {
      int slash = raw.indexOf('/', at);
      int stop = slash < 0 || slash > end ? end : slash;
      segments.add(raw.substring(at, stop));
      at = stop + 1;
    }
    return new Target(segments, question < 0 ? "" : raw.substring(question + 1));
  }

  private static int pathOfAbsolute(String raw) {
    int scheme = raw.indexOf("://");
    int slash = scheme < 0 ? -1 : raw.indexOf('/', scheme + 3);
    return slash < 0 ? raw.length() : slash;
  }

  /// Percent-decodes `text` as UTF-8; `field` names it in the refusal.
  ///
  /// @param form whether `+` is a blank, as in queries
  static String decode(String text, boolean form, String field) {
    if (text.indexOf('%') < 0 && (!form || text.indexOf('+') < 0)) {
      return text;
    }
    ByteBuffer bytes = ByteBuffer.allocate(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c == '%') {
        bytes.put((byte) hexByte(text, i, field));
        i += 2;
      } else {
        bytes.put((byte) (form && c == '+' ? ' ' : c)); // the parser lets only ASCII through
      }
    }
    try {
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (CharacterCodingException _) {
      throw Problem.invalid(field, "is not UTF-8 when percent-decoded").refusal();
    }
  }

  private static int hexByte(String text, int percent, String field) {
    int high = percent + 2 < text.length() ? Character.digit(text.charAt(percent + 1), 16) : -1;
    int low = percent + 2 < text.length() ? Character.digit(text.charAt(percent + 2), 16) : -1;
    if (high < 0 || low < 0) {
      throw Problem.invalid(field, "has a % that two hexadecimal digits do not follow").refusal();
    }
    return high << 4 | low;
  }
}
