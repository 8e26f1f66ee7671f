package dev.purser.database;

import dev.purser.slots.Connector;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// One coalesced load: all loads that waited when a session became free.
final class LoadWork extends StoreWork {
  private final List<PendingLoad> entries;
  private final List<String> customers;
  private final boolean alone;
  private Map<String, LoadReply.Loaded> loaded = Map.of();

  /// @param alone whether its single load is run once more after it failed in company
  LoadWork(
      List<PendingLoad> entries, boolean alone, Connector<Store> connector, Retrying retrying) {
    super(connector, retrying);
    this.entries = entries;
    this.alone = alone;
    Set<String> distinct = LinkedHashSet.newLinkedHashSet(entries.size());
    for (PendingLoad entry : entries) {
      distinct.add(entry.customer());
    }
    this.customers = List.copyOf(distinct);
  }

  List<PendingLoad> entries() {
    return entries;
  }

  boolean alone() {
    return alone;
  }

  /// Tells the callers; only in stage `DONE`.
  void reply() {
    for (PendingLoad load : entries) {
      LoadReply.Loaded found = loaded.get(load.customer());
      if (found != null) {
        load.replyTo().tell(found);
      }
    }
  }

  @Override
  public String name() {
    return "load of " + customers.size() + " customers";
  }

  @Override
  void execute(Store store) throws Exception {
    Map<String, LoadReply.Loaded> found = store.load(customers);
    if (!found.keySet().containsAll(customers)) {
      throw new IllegalStateException("a load left out customers that were asked for");
    }
    loaded = found;
  }

  @Override
  void undo(Store store) {
    // A load leaves nothing behind.
  }
}
