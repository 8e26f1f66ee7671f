package dev.purser.http;

import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Who may call what. Safe for many threads.
final class Access {
  private static final Pattern LOOPBACK =
      Pattern.compile("(localhost|127\\.[0-9.]+|\\[::1]|::1)(:[0-9]*)?");
  private final Tokens tokens;
  private final boolean trustsLoopback;

  /// The latest host that was found good: nearly always the next one too.
  private volatile String lastHost = "localhost";

  Access(HttpSettings settings) {
    this.tokens = settings.tokens();
    this.trustsLoopback = settings.trustsLoopback();
  }

  /// Refuses a `Host` that is not this machine's loopback, where calls are trusted for coming from
  /// this machine: a web page that has its name resolve to 127.0.0.1 must not reach us.
  void checkHost(@Nullable String host) {
    if (!trustsLoopback || Objects.equals(host, lastHost)) {
      return;
    }
    if (host == null || !LOOPBACK.matcher(host.toLowerCase(Locale.ROOT)).matches()) {
      throw Problem.of(
              403,
              "ERR_FORBIDDEN",
              "Without tokens only calls to localhost are answered; the Host header names another.")
          .refusal();
    }
    lastHost = host;
  }

  /// Refuses a caller without the role; answers the name of its token, or null if it needs none.
  @Nullable String admit(Role needed, @Nullable String authorization) {
    if (tokens.isEmpty() || needed == Role.ANYONE) {
      return null;
    }
    boolean bearer = authorization != null && authorization.regionMatches(true, 0, "Bearer ", 0, 7);
    if (authorization == null || !bearer) {
      throw unauthorized("This call needs a bearer token.", "Bearer realm=\"purser\"");
    }
    Tokens.Token token = tokens.find(authorization.substring(7).strip());
    if (token == null) {
      throw unauthorized(
          "The token is not one of this server's.",
          "Bearer realm=\"purser\", error=\"invalid_token\"");
    }
    if (!token.role().includes(needed)) {
      throw Problem.of(
              403,
              "ERR_FORBIDDEN",
              "This call needs the role " + needed.name().toLowerCase(Locale.ROOT) + ".")
          .refusal();
    }
    return token.name();
  }

  private static Refusal unauthorized(String detail, String challenge) {
    return Problem.of(401, "ERR_UNAUTHORIZED", detail)
        .withHeader("WWW-Authenticate", challenge)
        .refusal();
  }
}
