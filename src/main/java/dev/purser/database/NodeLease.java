package dev.purser.database;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The lease of this node: whether what it holds in memory may be answered as current. Safe for
/// many threads; [LeaseKeeper] alone renews and ends it.
///
/// ## What a lease promises
///
/// A node owns the state of customers and partitions, which it has loaded into memory, while its
/// row stands in the table `nodes` of the database. Membership of the cluster only decides which
/// node *should* own something; the row decides which node *does*:
///
/// - *Writes.* Each transaction that writes locks the row of its node first ([NodeRows#holdOwn]),
///   so that the row cannot be deleted before the transaction has ended. No row, no write.
/// - *Takeover.* The row of a node that is no member any more is deleted by another node once its
///   lease has run out: once it has not been renewed for the length of the lease, by the monotonic
///   clock of the node that looks. Neither the clock of the database nor its steps take part.
/// - *Loads.* What a node loads in order to own it, it loads only while no other row stands but
///   those of members ([NodeRows#checkOthers]). So all writes of former owners have ended and are
///   seen by the load, and their leases have run out.
/// - *Reads from memory* are current while the lease is [#fresh()]: counted from the moment at
///   which the renewal was *sent*, and ended a tenth early, for clocks that run at different
///   speeds. After that they may be answered as stale while the database is known not to answer
///   ([#outage()]). A node that has been suspended knows no such thing: others may have erased what
///   it holds.
///
/// ## Why the view of the members is late enough
///
/// A shard moves from a live member only after that has stopped its entities. It moves from a node
/// that was given up only after the leader has removed that member. The leader removes a member
/// that is down only after convergence: every member that is not down itself, this node too, has
/// seen it as down. So when sharding gives the shard to this node, its own view shows the former
/// owner as down or not at all, and the row of that node, if it still stands, holds up the load.
///
/// A node that suspends its machine as a whole may find its monotonic clock stopped: the wall clock
/// is asked too, and the one that shows more time counts.
public final class NodeLease {
  private static final NodeLease UNSHARED =
      new NodeLease(0, Duration.ZERO, Set::of, System::nanoTime, System::currentTimeMillis);

  private final long uid;
  private final Duration length;
  private final long trustedNanos;
  private final Supplier<Set<Long>> members;
  private final LongSupplier nanoClock;
  private final LongSupplier wallMillis;
  private final CountDownLatch entered = new CountDownLatch(1);
  private volatile @Nullable Renewal renewal;
  private volatile @Nullable Renewal unanswered;
  private volatile boolean ended;

  /// When a renewal was sent, or has failed.
  private record Renewal(long nanos, long wallMillis) {}

  /// @param members the incarnations of nodes that are members, as this node sees them at that
  ///   moment; one that is down is none
  NodeLease(
      long uid,
      Duration length,
      Supplier<Set<Long>> members,
      LongSupplier nanoClock,
      LongSupplier wallMillis) {
    this.uid = uid;
    this.length = length;
    this.trustedNanos = length.toNanos() / 10 * 9;
    this.members = members;
    this.nanoClock = nanoClock;
    this.wallMillis = wallMillis;
  }

  /// The lease of the node `uid` in a database that several nodes may use.
  public static NodeLease of(long uid, Duration length, Supplier<Set<Long>> members) {
    return new NodeLease(uid, length, members, System::nanoTime, System::currentTimeMillis);
  }

  /// The lease of a process that no other can take anything from: the lock of its folder holds.
  public static NodeLease unshared() {
    return UNSHARED;
  }

  /// Whether other processes may use the database.
  boolean shared() {
    return this != UNSHARED;
  }

  /// Whether what this node has in memory is current, as far as it is committed.
  public boolean fresh() {
    if (!shared()) {
      return true;
    }
    return isRecent(renewal);
  }

  /// Whether the database does not answer, as a renewal has found out within the length of the
  /// lease.
  public boolean outage() {
    return isRecent(unanswered);
  }

  private boolean isRecent(@Nullable Renewal moment) {
    return moment != null
        && nanoClock.getAsLong() - moment.nanos < trustedNanos
        && wallMillis.getAsLong() - moment.wallMillis < trustedNanos / 1_000_000;
  }

  /// Whether the lease has been given up or taken away: this node never owns anything again.
  public boolean ended() {
    return ended;
  }

  long uid() {
    return uid;
  }

  Duration length() {
    return length;
  }

  boolean member(long other) {
    return members.get().contains(other);
  }

  Set<Long> members() {
    return members.get();
  }

  /// The row of this node stands.
  void entered() {
    entered.countDown();
  }

  /// Waits until the row of this node stands; false if that takes longer than `patience`.
  boolean awaitEntered(Duration patience) throws InterruptedException {
    return !shared() || entered.await(patience.toMillis(), TimeUnit.MILLISECONDS);
  }

  /// A renewal that was sent at that time has been confirmed.
  void renewed(long sentNanos, long sentWallMillis) {
    if (!ended) {
      renewal = new Renewal(sentNanos, sentWallMillis);
      unanswered = null;
    }
  }

  /// A renewal has failed just now, since the database did not answer.
  void unanswered() {
    if (!ended) {
      unanswered = new Renewal(nanoClock.getAsLong(), wallMillis.getAsLong());
    }
  }

  /// This node owns nothing any more.
  void end() {
    ended = true;
    renewal = null;
    unanswered = null;
  }
}
