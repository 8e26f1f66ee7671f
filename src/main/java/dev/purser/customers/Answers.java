package dev.purser.customers;

import dev.purser.customers.Customer.Reply;
import dev.purser.database.NodeLease;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/// What the active customers of this node would answer to a read, so that readers of this node need
/// not ask them. Safe for many threads.
///
/// ## Ownership
///
/// Each entry is an immutable answer, put here and taken away by its customer alone. A customer
/// withdraws its answer before anybody is told of a later state, and when it leaves memory: whoever
/// was told of a save never finds an answer from before it.
///
/// ## Limits
///
/// There is at most one entry for each active customer, whose number is bounded. A customer that is
/// only read here would look idle to its shard, so an answer counts for a while only; then its
/// reader asks the customer itself, which answers and publishes anew.
final class Answers {
  private final ConcurrentMap<String, Published> published = new ConcurrentHashMap<>();
  private final long freshNanos;
  private final LongSupplier nanoClock;
  private final NodeLease lease;

  private record Published(Reply.Read answer, long nanos) {}

  /// @param fresh how long an answer counts; well below the idle time after which customers leave
  /// @param lease of this node; without a fresh one nothing in memory is current
  Answers(Duration fresh, LongSupplier nanoClock, NodeLease lease) {
    this.freshNanos = fresh.toNanos();
    this.nanoClock = nanoClock;
    this.lease = lease;
  }

  /// The answers of customers that leave after the idle time of `settings`.
  static Answers of(CustomersSettings settings, NodeLease lease) {
    return new Answers(settings.idle().dividedBy(4), System::nanoTime, lease);
  }

  /// The answer of `held`, which others may give from now on. Called by its customer alone.
  Reply of(Aggregate held) {
    if (!lease.fresh()) {
      return lease.outage() ? held.outdated() : new Reply.Refused(Refusals.NO_LEASE, false);
    }
    Reply answer = held.read();
    Reply.Read shared = held.shared();
    if (shared != null) {
      publish(shared);
    }
    return answer;
  }

  void publish(Reply.Read answer) {
    var _ = published.put(answer.id(), new Published(answer, nanoClock.getAsLong()));
  }

  /// Takes the customer's answer away. Called by that customer alone.
  void withdraw(String id) {
    var _ = published.remove(id);
  }

  /// The answer of `id`, or null if the customer has to be asked.
  Reply.@Nullable Read find(String id) {
    Published found = lease.fresh() ? published.get(id) : null;
    return found != null && nanoClock.getAsLong() - found.nanos < freshNanos ? found.answer : null;
  }
}
