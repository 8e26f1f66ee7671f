package dev.purser.customers;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.purser.cache.CacheSettings;
import dev.purser.config.Keys;
import dev.purser.ledger.Change;
import dev.purser.ledger.Preferences;
import dev.purser.ledger.Profile;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import dev.purser.ledger.Totals;
import java.io.File;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.assertj.core.api.Assertions;

/// Values that tests of customers share.
final class Samples {
  private Samples() {}

  /// The configuration as shipped, under `overrides`.
  static Config config(String overrides) {
    return ConfigFactory.parseString(overrides)
        .withFallback(
            ConfigFactory.parseString(
                """
                pekko {
                  loglevel = WARNING
                  log-dead-letters = off
                  actor.provider = cluster
                  actor.serialize-messages = on
                  actor.allow-java-serialization = off
                  actor.serialization-bindings { "dev.purser.cluster.Wire" = jackson-cbor }
                  remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
                  cluster.jmx.multi-mbeans-in-same-jvm = on
                  cluster.sharding.retry-interval = 100 ms
                  cluster.periodic-tasks-initial-delay = 100 ms
                  cluster.leader-actions-interval = 100 ms
                  coordinated-shutdown.exit-jvm = off
                }
                """))
        .withFallback(ConfigFactory.parseFile(new File("conf/customers.conf")))
        .withFallback(ConfigFactory.parseFile(new File("conf/cache.conf")))
        .withFallback(ConfigFactory.parseFile(new File("conf/database.conf")))
        .withFallback(ConfigFactory.load())
        .resolve();
  }

  static CustomersSettings settings(Config config) {
    Keys keys = new Keys(config.getConfig("purser"));
    CustomersSettings settings = CustomersSettings.read(keys.at("customers"));
    Assertions.assertThat(keys.reasons()).isEmpty();
    return settings;
  }

  static CacheSettings cache(Config config) {
    Keys keys = new Keys(config.getConfig("purser"));
    CacheSettings settings = CacheSettings.read(keys.at("cache"));
    Assertions.assertThat(keys.reasons()).isEmpty();
    return settings;
  }

  static Purchase purchase(String id, long amountMinor) {
    return new Purchase(
        id, "sku-1", "a thing", 1, amountMinor, "GBP", 1_300_000_000_000_000L, 0, Map.of());
  }

  static Refund creditNote(String id, long amountMinor) {
    return new Refund(
        id,
        null,
        "sku-1",
        null,
        null,
        amountMinor,
        "GBP",
        "broken",
        1_300_000_000_000_001L,
        0,
        Map.of());
  }

  static Refund refund(String id, String purchase, long amountMinor) {
    return new Refund(
        id,
        purchase,
        null,
        null,
        null,
        amountMinor,
        "GBP",
        null,
        1_300_000_000_000_002L,
        0,
        Map.of());
  }

  static Preferences preferences(String name, String value) {
    return new Preferences(false, true, Map.of(name, value));
  }

  static List<Change> changes(Change... changes) {
    return List.of(changes);
  }

  /// A stored profile of one purchase of a pound.
  static Profile profile(String id, long version) {
    return new Profile(
        id,
        version,
        new TreeMap<>(Map.of("country", "Französisch-Guayana \uD83C\uDDEC\uD83C\uDDEB")),
        List.of(Totals.empty("GBP").plusPurchase(100)),
        1_300_000_000_000_000L,
        1_300_000_000_120_000L);
  }
}
