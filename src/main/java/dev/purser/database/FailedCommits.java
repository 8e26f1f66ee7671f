package dev.purser.database;

import dev.purser.faults.Decision;
import dev.purser.faults.ServiceError;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BiConsumer;

/// What becomes of the writes of a commit that failed. Confined to the database actor.
///
/// Work that failed before its commit, or whose commit was refused for certain, is known not to be
/// applied: it is tried again as far as its deadline and the retry budget allow, once more and
/// alone if the fault may be its own, or refused. Any other commit that failed may be applied: the
/// same saves are run again, ahead of everything and past their deadlines, until it is known.
final class FailedCommits {
  private final Shared shared;
  private final SaveQueue queue;
  private final BiConsumer<PendingWrite, ServiceError> end;

  /// @param end ends a write that is refused
  FailedCommits(Shared shared, SaveQueue queue, BiConsumer<PendingWrite, ServiceError> end) {
    this.shared = shared;
    this.queue = queue;
    this.end = end;
  }

  /// The commit began and nobody knows how it ended.
  void unknown(CommitWork work) {
    for (PendingWrite write : work.entries().reversed()) {
      write.again = true;
      shared.metrics().runAgain.increment();
      queue.giveBack(write);
    }
  }

  /// Decides about each write of a batch of which nothing was committed.
  void failed(CommitWork work, ServiceError why) {
    boolean inCompany = work.entries().size() > 1;
    for (PendingWrite write : work.entries().reversed()) {
      if (Shared.ofConnection(why)) {
        retryOrRefuse(write, why);
      } else if (inCompany || !work.alone()) {
        shared.metrics().runAlone.increment();
        write.alone = true;
        queue.giveBack(write);
      } else if (write.again) {
        putOff(write, why);
      } else {
        end.accept(write, Shared.told(why));
      }
    }
  }

  private void retryOrRefuse(PendingWrite write, ServiceError why) {
    if (Shared.ofLease(why) && write.again) {
      putOff(write, why);
    } else if (Shared.ofLease(why)) {
      // A lease that is lost does not come back.
      end.accept(write, why);
    } else if (write.again || (!Shared.setup(why) && shared.mayRetry(write.deadlineMillis))) {
      queue.giveBack(write);
    } else {
      end.accept(write, Shared.told(why));
    }
  }

  /// It may be committed, and running it again fails: it can neither be refused nor acknowledged,
  /// so it is tried on, out of the way of others.
  private void putOff(PendingWrite write, ServiceError why) {
    long delay =
        shared.settings().slots().backoff().delayMillis(write.putOff, ThreadLocalRandom.current());
    write.notBeforeMillis = shared.clock().millis() + delay;
    write.putOff++;
    queue.putOff(write);
    shared.log().add("save with unknown outcome", why, Decision.RESUME);
  }
}
