package dev.purser.database;

import dev.purser.slots.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// Syncs the commits of an embedded database while the next transaction runs: the writing
/// connection computes instead of waiting for the disk. What has been committed when a sync begins
/// shares it. Nobody is told of a commit before its sync has ended. Confined to the database actor.
///
/// ## Limits
///
/// Few commits are ahead of their sync; then the writer waits, and what comes meanwhile makes one
/// larger commit.
///
/// ## Failure
///
/// Without its connection nothing more is committed until the next one has synced what was. A disk
/// that fails ends the node: see [Store#syncLog].
final class Syncer {
  /// Beyond some, a disk that is so slow gains more by larger commits.
  private static final int MOST_AHEAD = 8;

  private final Shared shared;
  private final boolean needed;
  private final Consumer<CommitWork> synced;
  private List<CommitWork> waiting = new ArrayList<>();
  private List<CommitWork> inHand = List.of();
  private @Nullable ActorRef<Session.Command<Store>> session;
  private long handedNanos;

  /// @param synced takes the commits that are on the disk, in their order
  Syncer(Shared shared, Consumer<CommitWork> synced) {
    this.shared = shared;
    this.needed = shared.product().syncer() != null;
    this.synced = synced;
  }

  /// Whether one more commit may begin.
  boolean admits() {
    return !needed || (session != null && waiting.size() + inHand.size() < MOST_AHEAD);
  }

  /// Whether all that was committed is on the disk.
  boolean idle() {
    return waiting.isEmpty() && inHand.isEmpty();
  }

  /// Commits that nobody was told of.
  List<CommitWork> unsynced() {
    List<CommitWork> all = new ArrayList<>(inHand);
    all.addAll(waiting);
    return all;
  }

  void ready(ActorRef<Session.Command<Store>> opened) {
    session = opened;
    next();
  }

  void lost() {
    session = null;
    waiting = unsynced();
    inHand = List.of();
  }

  /// Something was committed.
  void add(CommitWork commit) {
    if (needed) {
      waiting.add(commit);
      next();
    } else {
      synced.accept(commit);
    }
  }

  private void next() {
    if (session != null && inHand.isEmpty() && !waiting.isEmpty()) {
      inHand = waiting;
      waiting = new ArrayList<>();
      handedNanos = System.nanoTime();
      session.tell(new Session.Run<>(new SyncWork(inHand)));
    }
  }

  /// A sync came back.
  ///
  /// @param more whether the session goes on
  void done(SyncWork work, boolean more) {
    shared.metrics().syncUse.recordNanos(System.nanoTime() - handedNanos);
    shared.metrics().syncBatch.record(work.commits().size());
    inHand = List.of();
    if (!more) {
      session = null;
    }
    next();
    work.commits().forEach(synced);
  }
}
