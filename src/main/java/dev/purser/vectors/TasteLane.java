package dev.purser.vectors;

import dev.purser.faults.Backoff;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/// Customers of one partition whose news wait to be sent, and those of the one batch that is on its
/// way. Confined to the feed; bounded by what the feed lets in.
final class TasteLane {
  private final Set<String> ready = new LinkedHashSet<>();
  private List<String> sent = List.of();
  private long notBefore;
  private int failures;

  void add(String id) {
    ready.add(id);
  }

  /// How long the next batch has to wait; 0 if it may go, negative if there is none to go.
  long waitMillis(long now) {
    return ready.isEmpty() || !sent.isEmpty() ? -1 : Math.max(0, notBefore - now);
  }

  /// Somebody waits for it.
  void hurry() {
    if (failures == 0) {
      notBefore = 0;
    }
  }

  /// Takes the next batch.
  List<String> take(int most) {
    List<String> batch = new ArrayList<>(Math.min(most, ready.size()));
    for (Iterator<String> it = ready.iterator(); it.hasNext() && batch.size() < most; ) {
      batch.add(it.next());
      it.remove();
    }
    return batch;
  }

  /// The batch is on its way.
  void sent(List<String> batch) {
    sent = batch;
  }

  @SuppressWarnings("ReferenceEquality") // the very same one, not one like it
  boolean awaits(List<String> batch) {
    return sent == batch;
  }

  void acknowledged(long nextMillis) {
    sent = List.of();
    failures = 0;
    notBefore = nextMillis;
  }

  void failed(long now, Backoff retry) {
    sent = List.of();
    notBefore = now + retry.delayMillis(failures++, ThreadLocalRandom.current());
  }
}
