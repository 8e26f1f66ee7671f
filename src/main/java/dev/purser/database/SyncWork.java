package dev.purser.database;

import dev.purser.slots.Work;
import java.util.List;
import java.util.function.BooleanSupplier;

/// Syncs what was committed. If it fails, it ends the session.
///
/// @param commits those that are on the disk once it is done
record SyncWork(List<CommitWork> commits) implements Work<Store> {

  @Override
  public void run(Store store, BooleanSupplier overran) {
    store.syncLog();
  }

  @Override
  public String name() {
    return "sync";
  }
}
