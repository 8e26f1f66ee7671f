package dev.purser.database;

import dev.purser.faults.ServiceError;
import dev.purser.metrics.Metrics;
import dev.purser.metrics.Metrics.Counter;
import dev.purser.metrics.Metrics.Gauge;
import dev.purser.metrics.Metrics.Histogram;
import dev.purser.metrics.Metrics.Timer;
import dev.purser.slots.SlotView;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.Map;

/// What the database actor measures. Its instruments may be used from many threads.
final class DatabaseMetrics {
  final Gauge loadsWaiting = waiting("loads");
  final Gauge questionsWaiting = waiting("questions");
  final Gauge savesWaiting = waiting("saves");
  final Gauge bulkSavesWaiting = waiting("bulk_saves");

  final Timer loadWait = wait("loads");
  final Timer questionWait = wait("questions");
  final Timer saveWait = wait("saves");

  final Timer loadUse = use("load");
  final Timer questionUse = use("question");
  final Timer commitUse = use("commit");
  final Timer syncUse = use("sync");
  final Timer checkpointUse = use("checkpoint");
  final Timer checkpointPause =
      Metrics.timer(
          "database_checkpoint_pause", "Time that commits were held for the end of a checkpoint");

  final Histogram loadBatch =
      Metrics.histogram("database_load_batch", "Loads answered by one query");
  final Histogram saveBatch =
      Metrics.histogram("database_save_batch", "Saves committed by one transaction");
  final Histogram saveBatchRows =
      Metrics.histogram("database_save_batch_rows", "Changes committed by one transaction");

  final Histogram syncBatch =
      Metrics.histogram("database_sync_batch", "Commits that shared a sync");

  final Counter loadsFull = Metrics.limitHit("database_loads");
  final Counter questionsFull = Metrics.limitHit("database_questions");
  final Counter savesFull = Metrics.limitHit("database_saves");
  final Counter bulkSavesFull = Metrics.limitHit("database_bulk_saves");
  final Counter diskLow = Metrics.limitHit("disk_free");
  final Counter retriesSpent = Metrics.limitHit("database_retries");

  final Counter runAgain =
      Metrics.counter(
          "database_unknown", "Saves whose outcome was unknown and that were run again");
  final Counter runAlone =
      Metrics.counter("database_alone", "Requests that failed in company and were run once more");

  final Counter checksFailed =
      Metrics.counter("slot_checks_failed", "Idle connections that were found to be dead");

  final Gauge diskFree = Metrics.gauge("disk_free_bytes", "Free bytes where the data is");
  final Gauge logSize = Metrics.gauge("database_log_bytes", "Bytes of the write-ahead log");

  private final Map<String, Counter> refused = new HashMap<>();
  private final Map<String, Map<SlotView.State, Gauge>> slots = new HashMap<>();

  /// Counts a request that was refused. Called by the database actor only.
  void refused(ServiceError error) {
    refused
        .computeIfAbsent(
            error.code(),
            code ->
                Metrics.counter(
                    "database_refused", "Requests refused by the database", "code", code))
        .increment();
  }

  /// Shows how many slots of each kind are in each state. Called by the database actor only.
  void slots(Iterable<SlotView> views) {
    Map<String, Map<SlotView.State, Integer>> count = new HashMap<>();
    for (SlotView view : views) {
      count
          .computeIfAbsent(view.kind(), _ -> new EnumMap<>(SlotView.State.class))
          .merge(view.state(), 1, Integer::sum);
    }
    count.forEach(
        (kind, states) ->
            slots
                .computeIfAbsent(kind, DatabaseMetrics::gauges)
                .forEach((state, gauge) -> gauge.set(states.getOrDefault(state, 0))));
  }

  private static Map<SlotView.State, Gauge> gauges(String kind) {
    Map<SlotView.State, Gauge> gauges = new EnumMap<>(SlotView.State.class);
    for (SlotView.State state : SlotView.State.values()) {
      gauges.put(
          state, Metrics.gauge("slots", "Slots by state", "kind", kind, "state", state.word()));
    }
    return gauges;
  }

  private static Gauge waiting(String queue) {
    return Metrics.gauge("database_waiting", "Requests waiting for a slot", "queue", queue);
  }

  private static Timer wait(String queue) {
    return Metrics.timer("database_wait", "Time from asking to starting", "queue", queue);
  }

  private static Timer use(String work) {
    return Metrics.timer("database_use", "Time from starting to the result", "work", work);
  }
}
