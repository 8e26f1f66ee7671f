package dev.purser.cluster;

import com.typesafe.config.Config;
import java.util.List;
import java.util.Map;
import org.apache.pekko.cluster.ConfigValidation;
import org.apache.pekko.cluster.JoinConfigCompatChecker;
import scala.collection.immutable.Seq;
import scala.jdk.javaapi.CollectionConverters;

/// What nodes of one cluster have in common: the ledger that they keep, how it is divided, and the
/// protocol between them. Pekko compares the keys below [#ROOT] when a node joins, on both sides,
/// and refuses a node that differs or has none. Named in `conf/pekko.conf`.
public final class JoinCheck extends JoinConfigCompatChecker {
  /// The version of the messages between nodes. Raised with each change that an older node would
  /// not understand.
  private static final int PROTOCOL = 1;

  private static final String ROOT = "purser.ledger.";
  private static final List<String> KINDS = List.of("customers", "documents", "vectors", "spaces");

  /// Settings of the actor system for the check.
  ///
  /// @param ledger the identity of the ledger, or any text that is no identity if no node may join
  /// @param parts the number of partitions of each kind
  public static Map<String, Object> keys(String ledger, Map<String, Integer> parts) {
    Map<String, Object> keys = new java.util.HashMap<>();
    keys.put(ROOT + "id", ledger);
    keys.put(ROOT + "protocol", PROTOCOL);
    KINDS.forEach(kind -> keys.put(ROOT + kind, parts.getOrDefault(kind, 0)));
    return keys;
  }

  @Override
  public Seq<String> requiredKeys() {
    List<String> keys = keys("", Map.of()).keySet().stream().sorted().toList();
    return CollectionConverters.asScala(keys).toList();
  }

  @Override
  public ConfigValidation check(Config toCheck, Config actual) {
    return JoinConfigCompatChecker.fullMatch(requiredKeys(), toCheck, actual);
  }
}
