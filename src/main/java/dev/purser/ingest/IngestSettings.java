package dev.purser.ingest;

import dev.purser.config.Keys;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/// The keys of `purser.ingest`, explained in conf/ingest.conf. Immutable.
public record IngestSettings(
    int runs,
    int lineLimitBytes,
    int quoteLimitBytes,
    int inFlightEvents,
    long inFlightBytes,
    int batchEvents,
    long batchBytes,
    int readers,
    int letterBatch,
    Duration letterDelay,
    Duration saveTimeout,
    Duration patience,
    Duration retryMin,
    Duration retryMax,
    Duration progress,
    Duration rowEvery,
    Duration lostAfter,
    Duration answerTime,
    Duration drain,
    int invoices,
    int trackedChanges,
    Duration letterAge,
    long letters,
    Retention.Limits keptRuns,
    Retention.Limits keptSettlements,
    Duration expireEvery,
    Map<String, CsvProfile> profiles) {

  public IngestSettings {
    profiles = Map.copyOf(profiles);
  }

  public static IngestSettings read(Keys keys) {
    Duration ms = Duration.ofMillis(1);
    Duration day = Duration.ofDays(1);
    Duration minute = Duration.ofMinutes(1);
    var settings =
        new IngestSettings(
            keys.integer("runs", 1, 1_000),
            Math.toIntExact(keys.bytes("line-limit", 1024, 64 << 20)),
            Math.toIntExact(keys.bytes("quote-limit", 1024, 256 << 20)),
            keys.integer("in-flight-events", 1, 1_000_000),
            keys.bytes("in-flight-bytes", 1 << 16, 1L << 32),
            keys.integer("batch-events", 1, 10_000),
            keys.bytes("batch-bytes", 1 << 10, 4 << 20), // half a frame between nodes
            keys.integer("readers", 1, 64),
            keys.integer("letter-batch", 1, 10_000),
            keys.duration("letter-delay", ms, minute),
            keys.duration("save-timeout", Duration.ofMillis(100), minute.multipliedBy(10)),
            keys.duration("patience", Duration.ZERO, day),
            keys.duration("retry-min", ms, minute),
            keys.duration("retry-max", ms, minute),
            keys.duration("progress", ms.multipliedBy(10), Duration.ofSeconds(5)),
            keys.duration("row-every", ms.multipliedBy(100), day),
            keys.duration("lost-after", ms.multipliedBy(300), day),
            keys.duration("answer-time", ms.multipliedBy(100), minute),
            keys.duration("drain", Duration.ZERO, minute),
            keys.integer("profile-invoices", 1, 10_000_000),
            keys.integer("tracked-changes", 1, 10_000_000),
            keys.duration("letter-age", minute, day.multipliedBy(3_650)),
            keys.number("letters", 0, 1_000_000_000),
            new Retention.Limits(
                keys.duration("run-age", minute, day.multipliedBy(36_500)),
                keys.number("run-rows", 1, 100_000_000)),
            new Retention.Limits(
                keys.duration("settlement-age", minute, day.multipliedBy(36_500)),
                keys.number("settlement-rows", 1, 1_000_000_000)),
            keys.duration("expire-every", Duration.ofSeconds(1), day),
            profiles(keys));
    if (settings.retryMin.compareTo(settings.retryMax) > 0) {
      keys.refuse("retry-min", "is above retry-max");
    }
    if (settings.lostAfter.compareTo(settings.rowEvery.multipliedBy(3)) < 0) {
      keys.refuse("lost-after", "is below three times row-every");
    }
    return settings;
  }

  private static Map<String, CsvProfile> profiles(Keys keys) {
    Map<String, CsvProfile> profiles = new LinkedHashMap<>();
    for (String name : keys.names("profiles")) {
      profiles.put(name, CsvProfile.read(name, keys.at("profiles").at(name)));
    }
    return profiles;
  }
}
