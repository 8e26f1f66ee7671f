package dev.purser.ingest;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The events of one run that wait for whom they are sent to: in order, and at most one batch of a
/// destination in flight, so that no event overtakes another of the same customer or record,
/// retries included. Confined to the run that owns it, which bounds how many events wait.
final class Batches {
  private final int limit;
  private final long bytesLimit;
  private final Map<Destination, Waiting> waitings = new HashMap<>();
  private final LinkedHashSet<Destination> ready = new LinkedHashSet<>();

  /// @param limit events of one batch
  /// @param bytesLimit their weight; an event that is heavier goes alone
  Batches(int limit, long bytesLimit) {
    this.limit = limit;
    this.bytesLimit = bytesLimit;
  }

  /// A line in its place among the records of the upload.
  record Item(long place, Line line) {
    /// About how many bytes its change takes on its way to another node.
    private long weight() {
      return switch (line.verdict()) {
        case Verdict.RecordChange(_, var change) -> change.weight();
        case Verdict.Event _, Verdict.Rejected _, Verdict.Skipped _ -> line.bytes();
      };
    }
  }

  /// What is sent at once.
  ///
  /// @param attempt 1 for the first
  /// @param sinceMillis when the first attempt was made
  record Batch(Destination to, List<Item> items, int attempt, long sinceMillis) {
    Batch again() {
      return new Batch(to, items, attempt + 1, sinceMillis);
    }
  }

  private static final class Waiting {
    private final ArrayDeque<Item> items = new ArrayDeque<>(4);
    private boolean inFlight;
    private int singly; // how many more items go one by one
  }

  void add(Destination to, Item item) {
    Waiting waiting = waitings.computeIfAbsent(to, _ -> new Waiting());
    waiting.items.add(item);
    if (!waiting.inFlight) {
      ready.add(to);
    }
  }

  /// One batch for each destination that has events and none in flight; they are in flight from
  /// now.
  List<Batch> takeReady(long nowMillis) {
    List<Batch> batches = new ArrayList<>(ready.size());
    for (Destination to : ready) {
      Waiting waiting = waitings.get(to);
      if (waiting != null) {
        batches.add(take(to, waiting, nowMillis));
      }
    }
    ready.clear();
    return batches;
  }

  /// The destination's batch is no longer in flight; answers its next one, or null.
  @Nullable Batch next(Destination to, long nowMillis) {
    Waiting waiting = waitings.get(to);
    if (waiting == null || waiting.items.isEmpty()) {
      waitings.remove(to);
      return null;
    }
    return take(to, waiting, nowMillis);
  }

  /// Puts a batch back in front, to be sent event by event: one of them spoils the others.
  void split(Batch batch) {
    Waiting waiting = waitings.computeIfAbsent(batch.to(), _ -> new Waiting());
    batch.items().reversed().forEach(waiting.items::addFirst);
    waiting.singly = Math.max(waiting.singly, batch.items().size());
  }

  /// Forgets everything that is not in flight.
  void clear() {
    ready.clear();
    waitings.clear();
  }

  private Batch take(Destination to, Waiting waiting, long nowMillis) {
    int most = Math.min(waiting.singly > 0 ? 1 : limit, waiting.items.size());
    List<Item> items = new ArrayList<>(most);
    long bytes = 0;
    while (items.size() < most) {
      bytes += waiting.items.element().weight();
      if (bytes > bytesLimit && !items.isEmpty()) {
        break;
      }
      items.add(waiting.items.remove());
    }
    waiting.singly = Math.max(0, waiting.singly - 1);
    waiting.inFlight = true;
    return new Batch(to, items, 1, nowMillis);
  }
}
