package dev.purser.customers;

import dev.purser.config.Keys;
import java.time.Duration;

/// Limits and patience of customers; all of them have a reason in `conf/customers.conf`.
///
/// @param shards the same on all nodes, for ever
/// @param activeLimit customers in memory on one node
/// @param idle how long an unused customer stays in memory
/// @param bufferChanges changes that may wait for one customer's save in flight
/// @param bufferBytes their size
/// @param bufferReads reads that may wait while one customer is loaded
/// @param saveChanges changes of one save
/// @param loadTimeout how long the database may take to load one
/// @param cacheTimeout how long to wait for a copy once the database has failed
/// @param reloadMin the first pause before the database is asked again for a stale customer
/// @param reloadMax the longest such pause
/// @param movedLimit how often one save is decided again because the customer moved
/// @param settling how long after its deadline a save may go unanswered
public record CustomersSettings(
    int shards,
    int activeLimit,
    Duration idle,
    int bufferChanges,
    long bufferBytes,
    int bufferReads,
    int saveChanges,
    Duration loadTimeout,
    Duration cacheTimeout,
    Duration reloadMin,
    Duration reloadMax,
    int movedLimit,
    Duration settling,
    Settlements settlements,
    Erased erasures) {

  /// How everyone is settled.
  ///
  /// @param inFlight customers at a time
  /// @param page customers found at a time
  /// @param timeout of one attempt
  /// @param patience how long retryable failures of one customer are tried again
  /// @param progress the pause between two reports
  public record Settlements(
      int inFlight, int page, Duration timeout, Duration patience, Duration progress) {}

  /// How erasures are made known to the cache.
  ///
  /// @param interval the pause between two sweeps
  /// @param page erasures swept at a time
  public record Erased(Duration interval, int page) {}

  /// Reads the keys below `purser.customers`.
  public static CustomersSettings read(Keys keys) {
    Duration ms = Duration.ofMillis(1);
    Duration minute = Duration.ofMinutes(1);
    CustomersSettings settings =
        new CustomersSettings(
            keys.integer("shards", 1, 10_000),
            keys.integer("active-limit", 100, 100_000_000),
            keys.duration("idle", Duration.ofSeconds(1), Duration.ofDays(1)),
            keys.integer("buffer-changes", 1, 1_000_000),
            keys.bytes("buffer-bytes", 64 << 10, 1L << 30),
            keys.integer("buffer-reads", 1, 100_000),
            keys.integer("save-changes", 1, 100_000),
            keys.duration("load-timeout", ms, minute),
            keys.duration("cache-timeout", ms, minute),
            keys.duration("reload-min", ms, minute),
            keys.duration("reload-max", ms, minute),
            keys.integer("moved-limit", 1, 100),
            keys.duration("settling", Duration.ofSeconds(1), Duration.ofHours(1)),
            settlements(keys.at("settlements")),
            new Erased(
                keys.duration("erasures.interval", Duration.ofSeconds(1), Duration.ofDays(1)),
                keys.integer("erasures.page", 1, 10_000)));
    if (settings.reloadMin.compareTo(settings.reloadMax) > 0) {
      keys.refuse("reload-min", "must not be above reload-max");
    }
    if (settings.saveChanges > settings.bufferChanges) {
      keys.refuse("save-changes", "must not be above buffer-changes");
    }
    return settings;
  }

  private static Settlements settlements(Keys keys) {
    Duration second = Duration.ofSeconds(1);
    return new Settlements(
        keys.integer("in-flight", 1, 10_000),
        keys.integer("page", 1, 10_000),
        keys.duration("timeout", Duration.ofMillis(100), Duration.ofMinutes(5)),
        keys.duration("patience", second, Duration.ofHours(1)),
        keys.duration("progress", Duration.ofMillis(10), Duration.ofSeconds(5)));
  }
}
