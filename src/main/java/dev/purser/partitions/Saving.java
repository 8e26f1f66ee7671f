package dev.purser.partitions;

import dev.purser.database.NodeLease;
import dev.purser.database.Query;
import dev.purser.database.RecordReply.Fate;
import dev.purser.database.RecordSave;
import dev.purser.database.Share;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Replaced;
import dev.purser.partitions.Pending.Item;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One save: the drafts of its records and the changes that made them. Changes of one record are
/// folded into one draft, each decided on top of the one before. Confined to the partition.
///
/// @param <W> the kind's changes
/// @param <D> the content of one record
final class Saving<W extends Change, D> {
  private final Holding<W, D> holding;
  private final NodeLease lease;
  private final Map<String, Draft<W, D>> drafts = new LinkedHashMap<>();
  final long changeId;
  final long version;
  private long deadlineMillis = Long.MIN_VALUE;
  private boolean bulk = true;

  /// One record on its way: `current` is a draft once it is `changed`, and what is held before.
  private static final class Draft<W extends Change, D> {
    final String id;
    final long base;
    final List<Item<W>> items = new ArrayList<>(1);
    final List<Outcome> outcomes = new ArrayList<>(1);
    @Nullable D current;
    byte @Nullable [] encoded;
    boolean changed;

    Draft(String id, long base, @Nullable D current) {
      this.id = id;
      this.base = base;
      this.current = current;
    }
  }

  /// @param changeId random and unique
  /// @param version of every record that it writes
  Saving(Holding<W, D> holding, NodeLease lease, long changeId, long version) {
    this.holding = holding;
    this.lease = lease;
    this.changeId = changeId;
    this.version = version;
  }

  /// Decides a change; it is answered at once unless its outcome hangs on this save.
  void decide(Item<W> item) {
    W change = item.change();
    Draft<W, D> draft =
        drafts.computeIfAbsent(
            change.id(), id -> new Draft<>(id, holding.version(id), holding.content(id)));
    Outcome outcome = outcome(draft, item, change);
    if (draft.changed) {
      draft.items.add(item);
      draft.outcomes.add(outcome);
      deadlineMillis = Math.max(deadlineMillis, item.deadlineMillis());
      bulk &= item.bulk();
    } else if (lease.fresh()) {
      drafts.remove(draft.id);
      item.end(outcome);
    } else {
      // What is held may be out of date, and the database is not asked about this change.
      drafts.remove(draft.id);
      item.fail(Refusals.OUTDATED, false);
    }
  }

  private Outcome outcome(Draft<W, D> draft, Item<W> item, W change) {
    long at = draft.current == null ? 0 : draft.changed ? version : draft.base;
    return switch (holding.decide(change, draft.current, at)) {
      case Holding.Decided.Put<D>(D content) -> {
        boolean digested = item.bulk() && draft.current != null;
        byte @Nullable [] was = digested ? encoded(draft) : null;
        replace(draft, content);
        byte @Nullable [] now = digested ? encoded(draft) : null;
        Replaced replaced = was == null || now == null ? null : Replaced.of(was, now);
        yield new Outcome.Stored(version, at == 0, content(draft, item), replaced);
      }
      case Holding.Decided.Remove<D> _ -> {
        replace(draft, null);
        yield new Outcome.Removed();
      }
      case Holding.Decided.Same<D> _ -> new Outcome.Same(at, content(draft, item));
      case Holding.Decided.Refuse<D>(ServiceError error) -> new Outcome.Refused(error);
    };
  }

  private void replace(Draft<W, D> draft, @Nullable D content) {
    discard(draft);
    draft.current = content;
    draft.encoded = null;
    draft.changed = true;
  }

  private byte @Nullable [] content(Draft<W, D> draft, Item<W> item) {
    return item.bulk() ? null : encoded(draft);
  }

  private byte @Nullable [] encoded(Draft<W, D> draft) {
    if (draft.encoded == null && draft.current != null) {
      draft.encoded = holding.encode(draft.current);
    }
    return draft.encoded;
  }

  boolean isEmpty() {
    return drafts.isEmpty();
  }

  int size() {
    return drafts.size();
  }

  /// The latest of its changes'.
  long deadlineMillis() {
    return deadlineMillis;
  }

  /// Whether all of its changes are bulk ones.
  boolean bulk() {
    return bulk;
  }

  /// What the database is to do.
  RecordSave records(Share share) {
    List<RecordSave.Change> changes = new ArrayList<>(drafts.size());
    for (Draft<W, D> draft : drafts.values()) {
      changes.add(
          new RecordSave.Change(
              Slices.slice(draft.id), draft.id, draft.base, version, encoded(draft)));
    }
    return new RecordSave(share, changeId, changes);
  }

  /// It is committed: what was saved is held and answered; answers the changes of those that have
  /// moved, whose drafts are given up.
  List<Item<W>> committed(List<Fate> fates) {
    List<Item<W>> moved = new ArrayList<>(0);
    int i = 0;
    for (Draft<W, D> draft : drafts.values()) {
      switch (fates.get(i++)) {
        case SAVED -> hold(draft);
        case MOVED -> {
          discard(draft);
          moved.addAll(draft.items);
        }
      }
    }
    drafts.clear();
    return moved;
  }

  private void hold(Draft<W, D> draft) {
    if (draft.current == null) {
      holding.remove(draft.id);
    } else {
      holding.put(draft.id, version, draft.current);
      draft.changed = false; // it is held now, and no draft any more
    }
    for (int k = 0; k < draft.items.size(); k++) {
      draft.items.get(k).end(draft.outcomes.get(k));
    }
  }

  /// Where the records of `items` stand.
  static <W extends Change> List<Query.RecordPlace> places(List<Item<W>> items) {
    return items.stream()
        .map(item -> item.change().id())
        .distinct()
        .map(id -> new Query.RecordPlace(Slices.slice(id), id))
        .toList();
  }

  /// Gives up every draft; answers the changes.
  List<Item<W>> abandon() {
    List<Item<W>> items = new ArrayList<>();
    for (Draft<W, D> draft : drafts.values()) {
      discard(draft);
      items.addAll(draft.items);
    }
    drafts.clear();
    return items;
  }

  private void discard(Draft<W, D> draft) {
    if (draft.changed && draft.current != null) {
      holding.discard(draft.current);
    }
  }
}
