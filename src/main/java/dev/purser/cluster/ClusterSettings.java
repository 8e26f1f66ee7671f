package dev.purser.cluster;

import dev.purser.config.Keys;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/// Where this node speaks to others, and whom it joins. Immutable.
///
/// @param host address that other nodes reach this one at
/// @param port port of the cluster's own protocol; 0 takes a free one
/// @param seeds first nodes as `host:port`; empty: the node joins itself
/// @param lease how long a node owns what it has in memory after its last sign of life
public record ClusterSettings(
    String host, int port, List<String> seeds, ClusterTls tls, boolean insecure, Duration lease) {

  public ClusterSettings {
    seeds = List.copyOf(seeds);
  }

  public static ClusterSettings read(Keys keys) {
    ClusterSettings settings =
        new ClusterSettings(
            keys.text("host"),
            keys.integer("port", 0, 65_535),
            keys.texts("seeds"),
            ClusterTls.read(keys.at("tls")),
            keys.flag("insecure"),
            keys.duration("lease", Duration.ofSeconds(2), Duration.ofMinutes(1)));
    if (!settings.tls.enabled() && !settings.insecure && !loopback(settings.host)) {
      keys.refuse(
          "host",
          settings.host
              + " is not loopback, and the protocol between nodes is not encrypted; set"
              + " purser.cluster.tls, or insecure = on to bind it all the same");
    }
    for (String seed : settings.seeds) {
      if (!seed.matches(".+:\\d{1,5}")) {
        keys.refuse("seeds", "\"" + seed + "\" is not host:port");
      }
    }
    if (!settings.seeds.isEmpty() && settings.port == 0) {
      keys.refuse("port", "must be named when there are seeds: the others have to find this node");
    }
    return settings;
  }

  /// What the actor system has to be told, by its own keys.
  public Map<String, Object> pekko() {
    Map<String, Object> values = new HashMap<>(tls.pekko());
    values.put("pekko.remote.artery.canonical.hostname", host);
    values.put("pekko.remote.artery.canonical.port", port);
    return values;
  }

  /// Whether the node at `address` may form a cluster: there are no others, or it is the first
  /// seed.
  public boolean forms(String address) {
    return seeds.isEmpty() || seeds.getFirst().equals(address);
  }

  private static boolean loopback(String host) {
    try {
      return InetAddress.getByName(host).isLoopbackAddress();
    } catch (UnknownHostException _) {
      return false;
    }
  }
}
