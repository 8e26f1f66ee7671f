package dev.purser.http;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/// Request ids: the caller's, if it is 1 to 128 visible ASCII characters, or one that is unique to
/// this process (a random prefix and a count). Safe for many threads.
final class RequestIds {
  private static final int LONGEST = 128;
  private final String prefix;
  private final AtomicLong count = new AtomicLong();

  RequestIds() {
    byte[] random = new byte[6];
    new SecureRandom().nextBytes(random);
    this.prefix = HexFormat.of().formatHex(random) + "-";
  }

  String of(@Nullable String sent) {
    return sent != null && isUsable(sent) ? sent : next();
  }

  String next() {
    return prefix + Long.toHexString(count.incrementAndGet());
  }

  private static boolean isUsable(String id) {
    if (id.isEmpty() || id.length() > LONGEST) {
      return false;
    }
    for (int i = 0; i < id.length(); i++) {
      if (id.charAt(i) <= ' ' || id.charAt(i) > '~') {
        return false;
      }
    }
    return true;
  }
}
