package dev.purser.cluster;

import dev.purser.config.Keys;
import dev.purser.tls.UnusableTls;
import java.nio.file.Path;
import java.util.Map;

/// Mutual TLS between nodes, by files in PEM; all empty: none. They are read again when they
/// change, so that they can be renewed while the node runs. Immutable.
///
/// A node is trusted if its certificate comes from the authority and shares a name with this one's:
/// certificates of all nodes carry the same, and a host's own besides it if they like.
///
/// @param certificates of this node, and of whoever stands between it and the authority
/// @param key of this node, not encrypted
/// @param authority certificate that those of all nodes come from
public record ClusterTls(String certificates, String key, String authority) {
  private static final String SSL = "pekko.remote.artery.ssl";

  /// Below it Pekko finds the files.
  public static final String ENGINE = SSL + ".rotating-keys-engine";

  static ClusterTls read(Keys keys) {
    ClusterTls tls =
        new ClusterTls(keys.text("certificates"), keys.text("key"), keys.text("authority"));
    boolean whole =
        tls.certificates.isEmpty() == tls.key.isEmpty()
            && tls.key.isEmpty() == tls.authority.isEmpty();
    if (!whole) {
      keys.refuse(
          "certificates",
          "is one of three keys that belong together, with purser.cluster.tls.key and authority:"
              + " set all or none");
    }
    if (whole && tls.enabled()) {
      try {
        var _ =
            NodeTls.Trust.of(Path.of(tls.certificates), Path.of(tls.key), Path.of(tls.authority));
      } catch (UnusableTls e) {
        keys.refuse("certificates", e.clause());
      }
    }
    return tls;
  }

  public boolean enabled() {
    return !certificates.isEmpty();
  }

  /// What Pekko has to be told.
  Map<String, String> pekko() {
    return !enabled()
        ? Map.of()
        : Map.of(
            "pekko.remote.artery.transport",
            "tls-tcp",
            SSL + ".ssl-engine-provider",
            NodeTls.class.getName(),
            ENGINE + ".cert-file",
            certificates,
            ENGINE + ".key-file",
            key,
            ENGINE + ".ca-cert-file",
            authority);
  }
}
