package dev.purser.http;

import java.util.List;
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
  private final List<String> origins;
  private final String scheme;
  private final String defaultPort;

  /// The latest host that was found good: nearly always the next one too.
  private volatile String lastHost = "localhost";

  Access(HttpSettings settings) {
    this.tokens = settings.tokens();
    this.trustsLoopback = settings.trustsLoopback();
    this.origins = settings.origins();
    this.scheme = settings.tls().enabled() ? "https://" : "http://";
    this.defaultPort = settings.tls().enabled() ? ":443" : ":80";
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

  /// Refuses, where no token proves what a caller may do, a request that a web page of another
  /// origin had a browser send: a browser sends requests that need no preflight (GET, forms) to any
  /// address, and no page may read or operate a node by the mere fact that its reader can.
  ///
  /// A page of a configured origin may read: GET, HEAD and OPTIONS. With tokens nothing is refused
  /// here, since no browser adds a bearer token by itself.
  void checkOrigin(Head head, String method) {
    if (!tokens.isEmpty() || (head.origin == null && head.fetchSite == null)) {
      return;
    }
    if (head.origin != null && origins.contains(head.origin)) {
      if (!method.equals("GET") && !method.equals("HEAD") && !method.equals("OPTIONS")) {
        throw crossSite("Without tokens pages of other origins may only read.");
      }
      return;
    }
    boolean foreignSite =
        head.fetchSite != null
            && !head.fetchSite.equals("same-origin")
            && !head.fetchSite.equals("none");
    if (foreignSite || (head.origin != null && !isOwn(head.origin, head.host))) {
      throw crossSite(
          "Without tokens no web page of another origin may call; to open an address of this"
              + " server type it in.");
    }
  }

  private static Refusal crossSite(String detail) {
    return Problem.of(403, "ERR_FORBIDDEN", detail).refusal();
  }

  /// Whether `origin` is this server as the caller addressed it: same scheme, host and port.
  private boolean isOwn(String origin, @Nullable String host) {
    return host != null
        && origin.regionMatches(true, 0, scheme, 0, scheme.length())
        && withPort(origin.substring(scheme.length())).equals(withPort(host));
  }

  /// A host in lower case with its port, which may be left out if it is the scheme's own.
  private String withPort(String host) {
    String lower = host.toLowerCase(Locale.ROOT);
    boolean hasPort = lower.lastIndexOf(':') > lower.lastIndexOf(']');
    return hasPort ? lower : lower + defaultPort;
  }

  /// Refuses a caller without a token of ours; answers the token, or null if it needs none.
  Tokens.@Nullable Token identify(Role needed, @Nullable String authorization) {
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
    return token;
  }

  /// Refuses a caller whose token has not the role.
  void checkRole(Tokens.@Nullable Token token, Role needed) {
    if (token != null && !token.role().includes(needed)) {
      throw Problem.of(
              403,
              "ERR_FORBIDDEN",
              "This call needs the role " + needed.name().toLowerCase(Locale.ROOT) + ".")
          .refusal();
    }
  }

  private static Refusal unauthorized(String detail, String challenge) {
    return Problem.of(401, "ERR_UNAUTHORIZED", detail)
        .withHeader("WWW-Authenticate", challenge)
        .refusal();
  }
}
