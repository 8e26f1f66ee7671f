package dev.purser.ledger;

/// Tells whether bytes are well-formed UTF-8 as RFC 3629 defines it: nothing overlong, no
/// surrogates, nothing above U+10FFFF. Pure.
///
/// Written out because decoders either replace what is malformed or, as JSON parsers do, let
/// overlong forms and surrogates pass.
public final class Utf8 {

  private Utf8() {}

  /// Whether `bytes[from, to)` is well-formed.
  public static boolean valid(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to) {
      if (bytes[i] >= 0) {
        i++;
      } else {
        int length = sequence(bytes, i, to);
        if (length == 0) {
          return false;
        }
        i += length;
      }
    }
    return true;
  }

  /// How many bytes `text` takes; an unpaired surrogate counts as three.
  public static int length(String text) {
    int length = text.length();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 0x80) {
        length += c < 0x800 ? 1 : 2;
        if (Character.isHighSurrogate(c)
            && i + 1 < text.length()
            && Character.isLowSurrogate(text.charAt(i + 1))) {
          i++; // a pair is two chars and four bytes: the two extra are counted
        }
      }
    }
    return length;
  }

  /// The order of the texts' UTF-8 bytes, which is that of their code points. In UTF-16 it differs
  /// where surrogates meet characters above them: those are moved past each other.
  public static int compare(String a, String b) {
    int shorter = Math.min(a.length(), b.length());
    for (int i = 0; i < shorter; i++) {
      char c = a.charAt(i);
      char d = b.charAt(i);
      if (c != d) {
        return Character.compare(ordered(c), ordered(d));
      }
    }
    return Integer.compare(a.length(), b.length());
  }

  private static char ordered(char c) {
    if (c < Character.MIN_SURROGATE) {
      return c;
    }
    return (char) (Character.isSurrogate(c) ? c + 0x2000 : c - 0x800);
  }

  /// The length of the well-formed sequence of two to four bytes at `i`, or 0 if there is none. The
  /// bounds of the second byte are those of table 3-7 of the Unicode standard.
  private static int sequence(byte[] bytes, int i, int to) {
    int first = bytes[i] & 0xff;
    if (first >= 0xc2 && first <= 0xdf) {
      return continued(bytes, i, to, 2, 0x80, 0xbf);
    }
    if (first >= 0xe0 && first <= 0xef) {
      return continued(bytes, i, to, 3, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf);
    }
    if (first >= 0xf0 && first <= 0xf4) {
      return continued(bytes, i, to, 4, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf);
    }
    return 0;
  }

  private static int continued(byte[] bytes, int i, int to, int length, int min, int max) {
    if (i + length > to || (bytes[i + 1] & 0xff) < min || (bytes[i + 1] & 0xff) > max) {
      return 0;
    }
    for (int k = i + 2; k < i + length; k++) {
      if ((bytes[k] & 0xc0) != 0x80) {
        return 0;
      }
    }
    return length;
  }
}
