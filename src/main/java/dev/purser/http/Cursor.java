package dev.purser.http;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/// Places in lists as opaque, URL-safe texts: base64url of 8 bytes of a SHA-256 over the list's
/// name and the place, then the place in UTF-8. The sum keeps out what no answer ever gave: a
/// damaged cursor, or one of another list. It guards no secret, so that it needs no key and every
/// node understands every cursor.
final class Cursor {
  private static final int SUM = 8;
  private static final int LONGEST = 2_048;

  private Cursor() {}

  static String of(String list, String place) {
    byte[] text = place.getBytes(StandardCharsets.UTF_8);
    ByteBuffer all = ByteBuffer.allocate(SUM + text.length).put(sum(list, text)).put(text);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(all.array());
  }

  static String open(String list, String cursor) {
    if (cursor.length() <= LONGEST) {
      try {
        byte[] all = Base64.getUrlDecoder().decode(cursor);
        byte[] text = Arrays.copyOfRange(all, Math.min(SUM, all.length), all.length);
        if (all.length > SUM && Arrays.equals(sum(list, text), 0, SUM, all, 0, SUM)) {
          return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(text)).toString();
        }
      } catch (IllegalArgumentException | CharacterCodingException _) {
        // not base64url, or not ours: refused below
      }
    }
    throw Problem.invalid("after", "is no cursor of this list").refusal();
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
