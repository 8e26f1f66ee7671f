package dev.purser.cache;

import dev.purser.cache.Cache.ClearReply;
import dev.purser.cache.Cache.Cleared;
import dev.purser.cache.Cache.NotCleared;
import dev.purser.faults.ServiceError;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.ScanCursor;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// Removes our keys from a Redis that others may use too, a bounded step at a time. Confined to one
/// actor.
final class Clearing {
  /// Who asks while it runs is answered with it, up to so many.
  private static final int ASKERS = 16;

  static final ClearReply AWAY =
      new NotCleared(
          new ServiceError.Overloaded("The cache cannot be reached; not all of it was cleared."));
  private static final ClearReply BUSY =
      new NotCleared(new ServiceError.Overloaded("The cache is being cleared already."));

  private final Traffic traffic;
  private final RedisMetrics metrics;
  private final int step;
  private final @Nullable String spared;
  private final List<ActorRef<ClearReply>> askers = new ArrayList<>();
  private long removed;
  private boolean ended;

  /// @param spared keys that begin with this stay, or null
  Clearing(Traffic traffic, RedisMetrics metrics, int step, @Nullable String spared) {
    this.traffic = traffic;
    this.metrics = metrics;
    this.step = step;
    this.spared = spared;
  }

  /// Whether it runs and removes everything of ours.
  boolean running() {
    return !ended && spared == null;
  }

  void start() {
    scan(ScanCursor.INITIAL);
  }

  void join(ActorRef<ClearReply> asker) {
    if (ended) {
      asker.tell(AWAY);
    } else if (askers.size() < ASKERS) {
      askers.add(asker);
    } else {
      asker.tell(BUSY);
    }
  }

  /// Somebody else does its work too.
  void cancel() {
    ended = true;
  }

  private void scan(ScanCursor from) {
    if (!traffic.step(new Flight.Scan(from, step, this::found, this::fail))) {
      fail();
    }
  }

  private void found(KeyScanCursor<String> page) {
    if (ended) {
      return;
    }
    List<String> keys =
        page.getKeys().stream().filter(k -> spared == null || !k.startsWith(spared)).toList();
    if (keys.isEmpty()) {
      next(page);
    } else if (!traffic.step(new Flight.Unlink(keys, n -> unlinked(n, page), this::fail))) {
      fail();
    }
  }

  private void unlinked(long keys, ScanCursor page) {
    removed += keys;
    metrics.cleared(keys);
    next(page);
  }

  private void next(ScanCursor page) {
    if (page.isFinished()) {
      end(new Cleared(removed));
    } else if (!ended) {
      scan(page);
    }
  }

  private void fail() {
    end(AWAY);
  }

  private void end(ClearReply reply) {
    ended = true;
    askers.forEach(a -> a.tell(reply));
    askers.clear();
  }
}
