package dev.purser.database;

import dev.purser.slots.Connector;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/// One group commit: the writes of one transaction and one sync.
///
/// The writes are fixed when it is made, so that the session never looks at the entries, which stay
/// with the queue.
final class CommitWork extends StoreWork {
  private final List<PendingWrite> entries;
  private final List<Store.Write> writes;
  private final boolean alone;
  private List<Store.Result> results = List.of();

  /// @param alone whether its single write is run once more after it failed in company
  CommitWork(
      List<PendingWrite> entries, boolean alone, Connector<Store> connector, Retrying retrying) {
    super(connector, retrying);
    this.entries = entries;
    this.alone = alone;
    this.writes = new ArrayList<>(entries.size());
    for (PendingWrite entry : entries) {
      writes.add(entry.write());
    }
  }

  List<PendingWrite> entries() {
    return entries;
  }

  boolean alone() {
    return alone;
  }

  /// One for each entry, in their order; only in stage `DONE`.
  List<Store.Result> results() {
    return results;
  }

  @Override
  public String name() {
    return "commit of " + writes.size() + " writes";
  }

  @Override
  void execute(Store store) throws Exception {
    List<Store.Result> applied = store.apply(writes);
    if (applied.size() != writes.size()) {
      throw new IllegalStateException(applied.size() + " results for " + writes.size() + " writes");
    }
    committing();
    commit(store);
    results = applied;
  }

  private void commit(Store store) throws SQLException {
    try {
      store.commit();
    } catch (SQLException e) {
      if (store.uncommitted(e)) {
        uncommitted();
      }
      throw e;
    }
  }

  @Override
  void undo(Store store) throws Exception {
    store.rollback();
  }
}
