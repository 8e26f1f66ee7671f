package dev.purser.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/// Places in lists as opaque, URL-safe texts: base64url of 8 bytes of a SHA-256 over the list's
/// name and the place, then the place in UTF-8. The sum keeps out what no answer ever gave by
/// accident: a damaged cursor, or one of another list. It guards no secret and has no key, so that
/// every node understands every cursor, also after it was started anew.
///
/// So a client that knows this can make a cursor of any text. The list judges whether that is one
/// of its places ([Listing#isPlace]): then it is a position like any other, which shows nothing
/// that the list without a cursor would not; else it is refused like a damaged one.
final class Cursor {
  private static final int SUM = 8;
  private static final int LONGEST = 2_048;

  private Cursor() {}

  static String of(String list, String place) {
    byte[] text = place.getBytes(StandardCharsets.UTF_8);
    ByteBuffer all = ByteBuffer.allocate(SUM + text.length).put(sum(list, text)).put(text);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(all.array());
  }

  /// The place of a cursor that this list could have given, or null.
  static @Nullable String open(String list, String cursor) {
    if (cursor.length() > LONGEST) {
      return null;
    }
    try {
      byte[] all = Base64.getUrlDecoder().decode(cursor);
      ByteBuffer text =
          ByteBuffer.wrap(all, Math.min(SUM, all.length), Math.max(0, all.length - SUM));
      String place = StandardCharsets.UTF_8.newDecoder().decode(text).toString();
      return of(list, place).equals(cursor) ? place : null; // one text of each place, no other
    } catch (IllegalArgumentException | CharacterCodingException _) {
      return null; // not base64url, or not ours
    }
  }

  private static byte[] sum(String list, byte[] place) {
    try {
      MessageDigest digest = MessageDigest.getInstance("SHA-256");
      digest.update(list.getBytes(StandardCharsets.UTF_8));
      digest.update((byte) 0);
      return Arrays.copyOf(digest.digest(place), SUM);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every Java platform has SHA-256
    }
  }
}
