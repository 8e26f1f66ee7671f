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
  /// newer one; the one of version ARGV[3] gives way all the same. Anything else than an entry of
  /// ours gives way too. 1 if it was kept, else 0.
  ///
  /// A version is compared as two halves: Lua's numbers are exact to 2^53 only.
  static final Script WRITE =
      Script.of(
          """
          local held = redis.pcall('GET', KEYS[1])
          if type(held) == 'string' and #held >= 13 and (held:byte(1) == 1 or held:byte(1) == 2)
              and held:sub(2, 9) ~= ARGV[3] then
            local h1, h2 = struct.unpack('>I4I4', held, 2)
            local n1, n2 = struct.unpack('>I4I4', ARGV[1], 2)
            if h1 > n1 or (h1 == n1 and h2 >= n2) then return 0 end
          end
          redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
          return 1
          """);

  /// Removes the value ARGV[1] if it still stands there, or whatever is no plain value at all: it
  /// could not be read. 1 if it was removed, else 0.
  static final Script DROP =
      Script.of(
          """
          local held = redis.pcall('GET', KEYS[1])
          if type(held) == 'table' or held == ARGV[1] then return redis.call('UNLINK', KEYS[1]) end
          return 0
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
