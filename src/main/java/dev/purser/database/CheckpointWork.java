package dev.purser.database;

import dev.purser.slots.Work;
import java.util.function.BooleanSupplier;

/// Copies the write-ahead log back if it is long enough. If it fails, it ends the session.
final class CheckpointWork implements Work<Store> {
  /// So few pages (1 MiB) that another pass is worth nothing.
  private static final long FEW = 256;

  /// So many pages (8 MiB) at most that commits may wait for them: under a bulk load it does not
  /// become fewer, since each commit adds a few hundred.
  private static final long HELD_FOR = 2_048;

  /// While one pass copies, commits add a tenth of what it copies, and more than half of it under a
  /// bulk load: then it takes some to leave few.
  private static final int PASSES = 16;

  private final long fromPages;
  private Store.Backlog backlog = new Store.Backlog(0, 0);

  /// @param fromPages how long the log must be, in pages
  CheckpointWork(long fromPages) {
    this.fromPages = fromPages;
  }

  /// Whether commits would have to pause for the few pages that are left.
  boolean nearly() {
    return backlog.pages() >= fromPages && backlog.left() > 0 && backlog.left() <= HELD_FOR;
  }

  @Override
  public void run(Store store, BooleanSupplier overran) throws Exception {
    backlog = store.backlog();
    long before = Long.MAX_VALUE;
    for (int i = 0; i < PASSES && backlog.pages() >= fromPages && backlog.left() > FEW; i++) {
      if (backlog.left() >= before) {
        return; // somebody reads an old state, or commits are faster
      }
      before = backlog.left();
      store.copyLog();
      backlog = store.backlog();
    }
  }

  @Override
  public String name() {
    return "checkpoint";
  }

  /// A log may be large, and each of its passes is worth nothing before it is finished.
  @Override
  public long limitMillis(long usual) {
    return Math.max(usual, 60_000);
  }

  /// The last pass, while nobody commits: after it, the next commit begins the log anew.
  static final class Last implements Work<Store> {

    @Override
    public void run(Store store, BooleanSupplier overran) throws Exception {
      store.copyLog();
    }

    @Override
    public String name() {
      return "last pass of a checkpoint";
    }
  }
}
