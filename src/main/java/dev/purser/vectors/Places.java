package dev.purser.vectors;

import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import java.util.concurrent.atomic.AtomicInteger;

/// The streams that may run at once. A stream takes its place when it begins to run, not when it is
/// asked for: one that never runs, because its client has gone, would keep it for ever. Safe for
/// many threads.
final class Places {
  private final int limit;
  private final AtomicInteger taken = new AtomicInteger();

  Places(int limit) {
    this.limit = limit;
  }

  int taken() {
    return taken.get();
  }

  /// Refuses if no place is left now.
  ///
  /// @throws Fault of the error that the service is overloaded
  void check() {
    if (taken.get() >= limit) {
      throw refusal();
    }
  }

  /// Takes a place, which [#give] gives back; false if none is left.
  boolean take() {
    int before = taken.getAndUpdate(n -> Math.min(limit, n + 1));
    VectorsMetrics.INSTANCE.running.set(taken.get());
    return before < limit;
  }

  void give() {
    VectorsMetrics.INSTANCE.running.set(taken.decrementAndGet());
  }

  /// What a stream fails with that found no place; counted.
  Fault refusal() {
    VectorsMetrics.INSTANCE.streamsHit.increment();
    return new Fault(
        new ServiceError.Overloaded("More than " + limit + " streams of kernels are running."));
  }
}
