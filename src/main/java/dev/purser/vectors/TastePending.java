package dev.purser.vectors;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// Customers with news of their taste: of each what is on its way, and what waits until that has
/// ended, folded into one. Bounded; confined to the feed.
final class TastePending {
  /// Questions that wait for news of one customer; others are answered from what there is.
  private static final int MOST_WAITING = 1_000;

  private final int most;
  private final Map<String, Entry> entries = new HashMap<>();

  /// One customer's news.
  static final class Entry {
    private @Nullable TasteNews busy;
    private @Nullable TasteNews waiting;
    private final List<ActorRef<Done>> awaiting = new ArrayList<>(0);

    private Entry() {}
  }

  TastePending(int most) {
    this.most = most;
  }

  int size() {
    return entries.size();
  }

  /// Whether there is room for news of a customer.
  boolean admits(String id) {
    return entries.size() < most || entries.containsKey(id);
  }

  /// Takes news; answers what is to wait for its turn, or null if something is on its way.
  @Nullable TasteNews add(String id, TasteNews news) {
    Entry entry = entries.computeIfAbsent(id, _ -> new Entry());
    entry.waiting = entry.waiting == null ? news : entry.waiting.then(news);
    return entry.busy == null ? entry.waiting : null;
  }

  /// What waits for its turn, or null if nothing does.
  @Nullable TasteNews waiting(String id) {
    Entry entry = entries.get(id);
    return entry == null || entry.busy != null ? null : entry.waiting;
  }

  /// What waits is on its way from now on.
  Entry begin(String id) {
    Entry entry = entry(id);
    entry.busy = entry.waiting;
    entry.waiting = null;
    return entry;
  }

  /// Whether `entry` is still that of the customer.
  boolean holds(String id, Entry entry) {
    return entries.get(id) == entry;
  }

  /// What was on its way, or `instead` of it, waits again and before what came later; answers both.
  TasteNews again(String id, @Nullable TasteNews instead) {
    Entry entry = entry(id);
    TasteNews first = instead == null ? Objects.requireNonNull(entry.busy, id) : instead;
    TasteNews both = entry.waiting == null ? first : first.then(entry.waiting);
    entry.busy = null;
    entry.waiting = both;
    return both;
  }

  /// What was on its way has arrived; answers what came later and waits for its turn, or null.
  @Nullable TasteNews arrived(String id) {
    Entry entry = entry(id);
    entry.busy = null;
    if (entry.waiting == null) {
      entries.remove(id);
      entry.awaiting.forEach(a -> a.tell(Done.done()));
    }
    return entry.waiting;
  }

  /// Tells `replyTo` when there are no news of a customer; false if that is so already.
  boolean await(String id, ActorRef<Done> replyTo) {
    Entry entry = entries.get(id);
    if (entry == null) {
      replyTo.tell(Done.done());
      return false;
    }
    if (entry.awaiting.size() < MOST_WAITING) {
      entry.awaiting.add(replyTo);
    }
    return true;
  }

  private Entry entry(String id) {
    return Objects.requireNonNull(entries.get(id), id);
  }
}
