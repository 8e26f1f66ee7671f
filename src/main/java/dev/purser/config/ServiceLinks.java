package dev.purser.config;

import java.util.regex.Pattern;

/// Recognises the environment variables that Kubernetes sets for each Service of the namespace, and
/// Docker for each linked container. A Service named `purser` or `purser-http` makes names that
/// begin like the overrides of our keys, `PURSER_HTTP_PORT=tcp://10.0.0.1:8080` even the name of
/// one. Pure.
public final class ServiceLinks {
  private static final String SERVICE = "PURSER(_[A-Z0-9_]+)?";

  /// Names that no key has.
  private static final Pattern NAMES =
      Pattern.compile(
          SERVICE
              + "(_SERVICE_HOST|_SERVICE_PORT(_[A-Z0-9_]+)?"
              + "|_PORT_[0-9]+_(TCP|UDP|SCTP)(_(ADDR|PORT|PROTO|START|END|PORT_START|PORT_END))?"
              + "|_ENV_.+)");

  /// Names that a key may have too: the value decides.
  private static final Pattern PORT = Pattern.compile(SERVICE + "_PORT");

  private static final Pattern ADDRESS = Pattern.compile("(tcp|udp|sctp)://\\S+");
  private static final Pattern ALIAS = Pattern.compile(SERVICE + "_NAME");
  private static final Pattern CONTAINER = Pattern.compile("/\\S+/\\S+");

  private ServiceLinks() {}

  /// Whether the variable says where a service is, and nothing about this one.
  public static boolean is(String name, String value) {
    return NAMES.matcher(name).matches()
        || (PORT.matcher(name).matches() && ADDRESS.matcher(value).matches())
        || (ALIAS.matcher(name).matches() && CONTAINER.matcher(value).matches());
  }
}
