package dev.purser.database;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A PostgreSQL database as its URL names it:
/// `postgresql://user:password@host:port/db?sslmode=...`, as libpq writes it. Immutable; `toString`
/// names no secret.
///
/// Several hosts, `host1:port1,host2:port2`, are the members of one cluster: whichever of them
/// takes writes is used. What is odd in a user, password or name is percent-encoded, `+` is itself.
public final class PostgresUrl {
  private static final int PORT = 5432;
  private static final Pattern FORM =
      Pattern.compile(
          "postgres(?:ql)?://(?:(?<user>[^@/?#]*)@)?(?<hosts>[^@/?#]*)/(?<db>[^/?#]*)(?:\\?(?<q>[^#]*))?");
  private static final Pattern HOST =
      Pattern.compile("(?<host>\\[[0-9A-Fa-f:.%]+]|[^:\\[\\]]+)(?::(?<port>[0-9]{1,5}))?");

  /// The parameters that are understood, libpq's names, and what the driver calls them.
  private static final Map<String, String> PARAMETERS =
      Map.of(
          "sslmode", "sslmode",
          "sslrootcert", "sslrootcert",
          "sslcert", "sslcert",
          "sslkey", "sslkey",
          "sslpassword", "sslpassword",
          "sslnegotiation", "sslNegotiation",
          "channel_binding", "channelBinding",
          "application_name", "ApplicationName");

  private static final Map<String, Set<String>> VALUES =
      Map.of(
          "sslmode", Set.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
          "sslnegotiation", Set.of("postgres", "direct"),
          "channel_binding", Set.of("disable", "prefer", "require"));

  /// Parameters of libpq that have a key of the configuration instead.
  private static final Map<String, String> KEYS =
      Map.of(
          "connect_timeout", "purser.database.postgres.connect-timeout",
          "options", "purser.database.postgres.schema",
          "currentSchema", "purser.database.postgres.schema",
          "target_session_attrs", "the list of hosts: whichever takes writes is used");

  private final List<String> hosts;
  private final List<Integer> ports;
  private final String database;
  private final String user;
  private final @Nullable String password;
  private final Map<String, String> properties;

  private PostgresUrl(
      List<String> hosts,
      List<Integer> ports,
      String database,
      String user,
      @Nullable String password,
      Map<String, String> properties) {
    this.hosts = List.copyOf(hosts);
    this.ports = List.copyOf(ports);
    this.database = database;
    this.user = user;
    this.password = password;
    this.properties = Map.copyOf(properties);
  }

  /// Whether `text` is meant for PostgreSQL at all.
  public static boolean meant(String text) {
    return text.startsWith("postgres://")
        || text.startsWith("postgresql://")
        || text.startsWith("jdbc:postgresql:");
  }

  /// Reads a URL.
  ///
  /// @throws IllegalArgumentException with the end of a sentence that says what to mend, without
  ///   any secret
  public static PostgresUrl parse(String text) {
    Matcher form = FORM.matcher(text);
    if (!form.matches()) {
      throw new IllegalArgumentException(
          "is not postgresql://user:password@host:port/database?parameters; percent-encode"
              + " @ / : ? # % in the user, the password and the names");
    }
    List<String> hosts = new ArrayList<>();
    List<Integer> ports = new ArrayList<>();
    for (String host : form.group("hosts").split(",", -1)) {
      addHost(host, hosts, ports);
    }
    String who = form.group("user") == null ? "" : form.group("user");
    int colon = who.indexOf(':');
    String user = decoded("the user", colon < 0 ? who : who.substring(0, colon));
    if (user.isEmpty()) {
      throw new IllegalArgumentException("names no user");
    }
    String database = decoded("the database", form.group("db"));
    if (database.isEmpty()) {
      throw new IllegalArgumentException("names no database after the host");
    }
    return new PostgresUrl(
        hosts,
        ports,
        database,
        user,
        colon < 0 ? null : decoded("the password", who.substring(colon + 1)),
        parameters(form.group("q")));
  }

  private static void addHost(String text, List<String> hosts, List<Integer> ports) {
    Matcher host = HOST.matcher(text);
    int port = PORT;
    if (!host.matches()
        || (host.group("port") != null
            && ((port = Integer.parseInt(host.group("port"))) < 1 || port > 65_535))) {
      throw new IllegalArgumentException(
          "has \"" + text + "\" where a host or host:port must be (IPv6 in brackets)");
    }
    hosts.add(decoded("the host", host.group("host")));
    ports.add(port);
  }

  private static Map<String, String> parameters(@Nullable String query) {
    Map<String, String> properties = new LinkedHashMap<>();
    for (String pair : query == null || query.isEmpty() ? new String[0] : query.split("&", -1)) {
      int equals = pair.indexOf('=');
      String name = equals < 0 ? pair : pair.substring(0, equals);
      String key = PARAMETERS.get(name);
      if (key == null) {
        throw new IllegalArgumentException("has the parameter \"" + name + "\": " + instead(name));
      }
      String value = decoded(name, equals < 0 ? "" : pair.substring(equals + 1));
      Set<String> allowed = VALUES.get(name);
      if (value.isEmpty() || (allowed != null && !allowed.contains(value))) {
        throw new IllegalArgumentException(
            "needs for "
                + name
                + (allowed == null ? " a value" : " one of " + new TreeSet<>(allowed)));
      }
      if (properties.put(key, value) != null) {
        throw new IllegalArgumentException("has the parameter " + name + " twice");
      }
    }
    return properties;
  }

  private static String instead(String name) {
    String key = KEYS.get(name);
    return key == null ? "known are " + new TreeSet<>(PARAMETERS.keySet()) : "use instead " + key;
  }

  private static String decoded(String what, String text) {
    byte[] from = text.getBytes(StandardCharsets.UTF_8);
    ByteBuffer to = ByteBuffer.allocate(from.length);
    for (int i = 0; i < from.length; i++) {
      if (from[i] != '%' || text.startsWith("[")) {
        to.put(from[i]);
        continue;
      }
      int high = i + 2 < from.length ? Character.digit(from[i + 1], 16) : -1;
      int low = i + 2 < from.length ? Character.digit(from[i + 2], 16) : -1;
      if (high < 0 || low < 0) {
        throw new IllegalArgumentException(
            "has in " + what + " a % that is not followed by two hex digits; write it as %25");
      }
      to.put((byte) (high << 4 | low));
      i += 2;
    }
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(to.flip())
          .toString();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException("is, decoded, not UTF-8 in " + what, e);
    }
  }

  List<String> hosts() {
    return hosts;
  }

  List<Integer> ports() {
    return ports;
  }

  String database() {
    return database;
  }

  String user() {
    return user;
  }

  /// A secret.
  @Nullable String password() {
    return password;
  }

  /// By the driver's names; some are secrets.
  Map<String, String> properties() {
    return properties;
  }

  /// `postgresql://host:port/database`, for operators.
  public String shown() {
    List<String> members = new ArrayList<>();
    for (int i = 0; i < hosts.size(); i++) {
      members.add(hosts.get(i) + ":" + ports.get(i));
    }
    return "postgresql://" + String.join(",", members) + "/" + database;
  }

  @Override
  public String toString() {
    return shown();
  }
}
