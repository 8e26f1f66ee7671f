package dev.purser.cache;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import org.jspecify.annotations.Nullable;

/// Which Redis: `redis://[[USER]:PASSWORD@]HOST[:PORT][/DATABASE]`, or `rediss://` with TLS. User
/// and password are percent-encoded (RFC 3986). Immutable; its text shows no secret.
///
/// @param host a name or an address, an IPv6 address without its brackets
/// @param user null: Redis' default user
/// @param password null: none
record RedisUrl(
    boolean tls,
    String host,
    int port,
    @Nullable String user,
    @Nullable String password,
    int database) {
  private static final String PLAIN = "redis://";
  private static final String TLS = "rediss://";
  private static final int DEFAULT_PORT = 6379;
  private static final String ENCODE =
      "; in user and password write %40 for @, %3A for :, %2F for /, %3F for ?, %23 for # and %25"
          + " for %";

  /// The URL cannot be used; the reason says what to mend and never quotes the URL.
  static final class Refused extends Exception {
    private static final long serialVersionUID = 1L;

    Refused(String reason) {
      super(reason);
    }

    String reason() {
      return String.valueOf(getMessage());
    }
  }

  /// Who is asked for, user and password in one.
  private record Credentials(@Nullable String user, @Nullable String password) {}

  private record Address(String host, int port) {}

  static RedisUrl parse(String url) throws Refused {
    boolean tls = url.startsWith(TLS);
    if (!tls && !url.startsWith(PLAIN)) {
      throw new Refused("must be memory, redis://HOST:PORT or rediss://HOST:PORT");
    }
    String rest = url.substring(tls ? TLS.length() : PLAIN.length());
    if (rest.indexOf('?') >= 0 || rest.indexOf('#') >= 0) {
      throw new Refused("has parameters after ? or #, and there are none to set" + ENCODE);
    }
    int slash = rest.indexOf('/');
    String authority = slash < 0 ? rest : rest.substring(0, slash);
    int database = slash < 0 ? 0 : database(rest.substring(slash + 1));
    int at = authority.indexOf('@');
    if (at != authority.lastIndexOf('@')) {
      throw new Refused("has more than one @" + ENCODE);
    }
    Credentials who = at < 0 ? new Credentials(null, null) : who(authority.substring(0, at));
    Address where = where(authority.substring(at + 1));
    return new RedisUrl(tls, where.host, where.port, who.user, who.password, database);
  }

  /// Host and port, as an operator would write them.
  String where() {
    return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
  }

  @Override
  public String toString() {
    return (tls ? TLS : PLAIN) + (password == null ? "" : "***@") + where() + "/" + database;
  }

  private static Credentials who(String info) throws Refused {
    int colon = info.indexOf(':');
    if (colon < 0) {
      throw new Refused(
          "has no : before its @; write USER:PASSWORD@ or, without a user, :PASSWORD@");
    }
    String user = decoded(info.substring(0, colon));
    String password = decoded(info.substring(colon + 1));
    if (password.isEmpty()) {
      throw new Refused("has an empty password; write USER:PASSWORD@, or leave both and the @ out");
    }
    return new Credentials(user.isEmpty() ? null : user, password);
  }

  private static Address where(String text) throws Refused {
    int end = text.startsWith("[") ? text.indexOf(']') : -1;
    int colon = text.indexOf(':', end + 1);
    String host =
        end > 0 ? text.substring(1, end) : text.substring(0, colon < 0 ? text.length() : colon);
    boolean strange = end > 0 && text.length() > end + 1 && colon != end + 1;
    if (host.isEmpty() || strange || !host.matches("[A-Za-z0-9._:%-]+")) {
      throw new Refused("names no host that could be reached" + ENCODE);
    }
    if (colon < 0) {
      return new Address(host, DEFAULT_PORT);
    }
    int port = number(text.substring(colon + 1));
    if (port < 1 || port > 65_535) {
      throw new Refused("has a port that is not between 1 and 65535" + ENCODE);
    }
    return new Address(host, port);
  }

  private static int database(String text) throws Refused {
    int database = text.isEmpty() ? 0 : number(text);
    if (database < 0) {
      throw new Refused("must end with the number of a database, such as /0" + ENCODE);
    }
    return database;
  }

  /// A number of at most seven digits, or -1.
  private static int number(String text) {
    return text.matches("[0-9]{1,7}") ? Integer.parseInt(text) : -1;
  }

  /// `text` without its percent signs.
  private static String decoded(String text) throws Refused {
    ByteBuffer bytes = ByteBuffer.allocate(3 * text.length() + 3);
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c != '%') {
        int end = Character.isHighSurrogate(c) ? Math.min(i + 2, text.length()) : i + 1;
        bytes.put(text.substring(i, end).getBytes(UTF_8));
        i = end - 1;
      } else {
        String hex = text.substring(i + 1, Math.min(i + 3, text.length()));
        if (!hex.matches("[0-9A-Fa-f]{2}")) {
          throw new Refused("has a % that two hexadecimal digits do not follow" + ENCODE);
        }
        bytes.put((byte) Integer.parseInt(hex, 16));
        i += 2;
      }
    }
    try {
      return UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (CharacterCodingException _) {
      throw new Refused("has a percent-encoded user or password that is not UTF-8");
    }
  }
}
