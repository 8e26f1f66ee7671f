package dev.purser.customers;

import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.Predicate;
import org.apache.pekko.NotUsed;
import org.apache.pekko.stream.javadsl.Source;

/// Which keys are held by a run of this node: one run a key at a time, as many keys as runs.
///
/// Safe for many threads.
final class HeldKeys {
  private final ConcurrentMap<String, Hold> holds = new ConcurrentHashMap<>();

  /// Takes `key`, if nobody holds it.
  Optional<Hold> hold(String key) {
    Hold hold = new Hold(key);
    return holds.putIfAbsent(key, hold) == null ? Optional.of(hold) : Optional.empty();
  }

  /// One run's claim to a key.
  final class Hold {
    private final String key;

    private Hold(String key) {
      this.key = key;
    }

    /// Lets the next run have the key. To release again, late, takes it from no successor.
    void release() {
      holds.remove(key, this);
    }

    /// Releases the key before the last event of `run` is told: who has read that may begin the
    /// next one at once, and the end of a stream is known later, by another thread. A run that is
    /// not read to its last event releases the key at its end.
    <E> Source<E, NotUsed> until(Predicate<E> last, Source<E, NotUsed> run) {
      return run.map(
              event -> {
                if (last.test(event)) {
                  release();
                }
                return event;
              })
          .watchTermination(
              (mat, done) -> {
                var _ = done.whenComplete((_, _) -> release());
                return mat;
              });
    }
  }
}
