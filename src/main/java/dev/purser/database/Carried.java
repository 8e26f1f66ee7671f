package dev.purser.database;

import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// What outlives a restart of the database actor: the saves whose outcome was not known, who
/// watches, and whether the node has served. Confined to that actor, one incarnation after the
/// other, but for [#served], which slots ask.
final class Carried {
  private final List<PendingWrite> unsettled = new ArrayList<>();
  private @Nullable ActorRef<Standing> watcher;
  private volatile boolean served;
  private int incarnations;

  /// Numbers the incarnations of the actor.
  int born() {
    incarnations++;
    return incarnations;
  }

  void keep(List<PendingWrite> writes) {
    unsettled.addAll(writes);
  }

  List<PendingWrite> takeUnsettled() {
    List<PendingWrite> taken = List.copyOf(unsettled);
    unsettled.clear();
    return taken;
  }

  void watch(ActorRef<Standing> by) {
    watcher = by;
  }

  void tell(Standing standing) {
    if (watcher != null) {
      watcher.tell(standing);
    }
  }

  void serve() {
    served = true;
  }

  boolean served() {
    return served;
  }
}
