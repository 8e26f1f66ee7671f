package dev.purser.database;

import dev.purser.config.Keys;
import dev.purser.faults.Backoff;
import dev.purser.slots.SlotSettings;
import java.time.Duration;

/// The settings of `conf/database.conf`.
///
/// @param readers reading slots of the embedded database
/// @param slots how slots of the embedded database behave
/// @param elastic how connections to a database server come and go
/// @param tick how often deadlines in the queues and overdue work are looked at
/// @param busyRepeats repetitions on the spot while the database is busy
/// @param retryShare retries allowed for each call
/// @param retryFloor retries a second allowed however few calls there are
/// @param watermarkBytes free disk below which writes are refused
/// @param probe how often the free disk is looked at
/// @param sqlite how the embedded database's connections are set up
/// @param postgres how connections to PostgreSQL are set up
public record DatabaseSettings(
    Queues queues,
    Batch batch,
    int readers,
    SlotSettings slots,
    ElasticSettings elastic,
    Duration tick,
    int busyRepeats,
    Backoff busyBackoff,
    double retryShare,
    int retryFloor,
    long watermarkBytes,
    Duration probe,
    SqliteSettings sqlite,
    PostgresSettings postgres) {

  /// How many may wait, each in a queue of its own.
  public record Queues(int loads, int questions, int saves, int bulkSaves) {}

  /// The largest unit of work.
  ///
  /// @param beside rows of bulk writes that may join a transaction of interactive ones; one write
  ///   may, whatever it has
  public record Batch(int loads, int rows, int beside, long bytes) {}

  /// Reads the keys below `purser.database`.
  public static DatabaseSettings read(Keys keys) {
    Keys slots = keys.at("slots");
    Keys retry = keys.at("retry");
    Keys disk = keys.at("disk");
    // Where the database is, is the root's to decide; it opens the folder.
    var _ = keys.text("url");
    // The dispatcher's own keys are Pekko's to read.
    var _ = keys.names("dispatcher");
    DatabaseSettings settings =
        new DatabaseSettings(
            queues(keys.at("queues")),
            batch(keys.at("batch")),
            slots.integer("readers", 1, 64),
            slots(slots),
            ElasticSettings.read(slots.at("elastic")),
            keys.duration("tick", Duration.ofMillis(10), Duration.ofSeconds(5)),
            retry.integer("busy-repeats", 0, 20),
            backoff(retry, "busy-first", "busy-cap"),
            retry.ratio("share", 0, 1),
            retry.integer("floor", 0, 1_000),
            disk.bytes("watermark", 0, Long.MAX_VALUE),
            disk.duration("probe", Duration.ofMillis(50), Duration.ofMinutes(1)),
            SqliteSettings.read(keys.at("sqlite")),
            PostgresSettings.read(keys.at("postgres")));
    if (settings.tick().compareTo(settings.slots().workLimit()) > 0) {
      keys.refuse("tick", "is above slots.work-limit");
    }
    return settings;
  }

  private static Queues queues(Keys keys) {
    return new Queues(
        keys.integer("loads", 1, 1_000_000),
        keys.integer("questions", 1, 1_000_000),
        keys.integer("saves", 1, 1_000_000),
        keys.integer("bulk-saves", 1, 1_000_000));
  }

  private static Batch batch(Keys keys) {
    return new Batch(
        keys.integer("loads", 1, 10_000),
        keys.integer("rows", 1, 100_000),
        keys.integer("beside", 0, 100_000),
        keys.bytes("bytes", 64 << 10, 1L << 30));
  }

  private static SlotSettings slots(Keys keys) {
    return new SlotSettings(
        "purser.database.dispatcher",
        backoff(keys, "backoff-first", "backoff-cap"),
        keys.duration("work-limit", Duration.ofMillis(50), Duration.ofMinutes(10)),
        keys.duration("slow", Duration.ZERO, Duration.ofMinutes(10)),
        keys.duration("max-age", Duration.ZERO, Duration.ofDays(30)),
        keys.integer("failure-limit", 1, 1_000),
        keys.duration("failure-window", Duration.ofSeconds(1), Duration.ofHours(1)),
        keys.duration("look", Duration.ofMillis(10), Duration.ofSeconds(10)));
  }

  private static Backoff backoff(Keys keys, String first, String cap) {
    Backoff backoff =
        new Backoff(
            keys.duration(first, Duration.ofMillis(1), Duration.ofMinutes(1)),
            keys.duration(cap, Duration.ofMillis(1), Duration.ofMinutes(10)));
    if (backoff.first().compareTo(backoff.cap()) > 0) {
      keys.refuse(first, "is above " + cap);
    }
    return backoff;
  }
}
