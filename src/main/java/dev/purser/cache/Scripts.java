package dev.purser.cache;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/// What Redis does in one step, so that two nodes cannot come between each other's reading and
/// writing. Each is called by its digest, and sent whole where Redis does not know it (yet, or
/// since its restart). The layout is that of [Encoded].
final class Scripts {
  /// Keeps ARGV[1] for ARGV[2] milliseconds, unless the entry in place has the same version or a
  /// newer one; the one of version ARGV[3] gives way all the same. What has not the shape of an
  /// entry gives way too. Answers what stays in place, or nothing if ARGV[1] was kept: whether what
  /// stays is an entry indeed, only its reader can tell.
  ///
  /// A version is compared as two halves: Lua's numbers are exact to 2^53 only.
  static final Script WRITE =
      Script.of(
          """
          local held = redis.pcall('GET', KEYS[1])
          if type(held) == 'table' and not held.err:find('WRONGTYPE', 1, true) then return held end
          if type(held) == 'string' and #held >= 13 and (held:byte(1) == 1 or held:byte(1) == 2)
              and held:sub(2, 9) ~= ARGV[3] then
            local h1, h2 = struct.unpack('>I4I4', held, 2)
            local n1, n2 = struct.unpack('>I4I4', ARGV[1], 2)
            if h1 > n1 or (h1 == n1 and h2 >= n2) then return held end
          end
          local done = redis.pcall('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
          if done.err then return done end
          return false
          """);

  /// Removes the value ARGV[1] if it still stands there, or whatever is no plain value at all: it
  /// could not be read. Answers nothing.
  static final Script DROP =
      Script.of(
          """
          local held = redis.pcall('GET', KEYS[1])
          if type(held) == 'table' and not held.err:find('WRONGTYPE', 1, true) then return held end
          if type(held) == 'table' or held == ARGV[1] then redis.call('UNLINK', KEYS[1]) end
          return false
          """);

  private Scripts() {}

  /// @param digest SHA-1 in hexadecimal, Redis' name for it
  record Script(String text, String digest) {
    static Script of(String text) {
      try {
        byte[] sha =
            MessageDigest.getInstance("SHA-1").digest(text.getBytes(StandardCharsets.UTF_8));
        return new Script(text, HexFormat.of().formatHex(sha));
      } catch (NoSuchAlgorithmException e) {
        throw new IllegalStateException("Every Java runtime has SHA-1.", e);
      }
    }
  }
}
