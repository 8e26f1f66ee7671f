package dev.purser.customers;

import dev.purser.cache.Cache;
import dev.purser.customers.Customer.Command;
import dev.purser.customers.Customer.CopyOverdue;
import dev.purser.customers.Customer.LoadAnswered;
import dev.purser.database.Database;
import dev.purser.database.LoadReply;
import dev.purser.faults.Backoff;
import dev.purser.faults.ServiceError;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/// What one customer has asked of database and cache, and heard so far. Confined to one customer.
final class Loading {
  /// How much longer than the database's own deadline a load is waited for.
  static final Duration GRACE = Duration.ofSeconds(1);

  private static final LoadReply NO_ANSWER = new LoadReply.NotLoaded(Refusals.AWAY);

  private final ActorContext<Command> context;
  private final String id;
  private final Neighbours at;
  private final Copies copies;
  private final Backoff pauses;
  private Cache.@Nullable Reply copy;
  private @Nullable ServiceError error;
  private int loads;
  private int failures;
  private long againAtMillis;

  Loading(ActorContext<Command> context, String id, Neighbours at, Copies copies) {
    this.context = context;
    this.id = id;
    this.at = at;
    this.copies = copies;
    pauses = new Backoff(at.settings().reloadMin(), at.settings().reloadMax());
  }

  /// Asks the database, and the cache unless what it said is at hand.
  void start() {
    loads++;
    error = null;
    int load = loads;
    Duration patience = at.settings().loadTimeout();
    long deadline = at.clock().millis() + patience.toMillis();
    context.ask(
        LoadReply.class,
        at.database(),
        patience.plus(GRACE),
        replyTo -> new Database.Load(id, deadline, replyTo),
        (reply, _) -> new LoadAnswered(load, reply == null ? NO_ANSWER : reply));
    if (copy == null) {
      copies.ask();
    }
  }

  /// Whether `load` is the one that is waited for.
  boolean awaits(int load) {
    return load == loads;
  }

  /// Why the database's answer to the latest load is of no use; null if it has not answered.
  @Nullable ServiceError error() {
    return error;
  }

  void copied(Cache.Reply found) {
    copy = found;
  }

  /// The copy that may answer reads, or null.
  @Nullable Aggregate copy() {
    return copy instanceof Cache.Hit(var profile) ? Aggregate.copy(profile) : null;
  }

  /// The database has answered: the copy is mended if need be and forgotten.
  void loaded(Aggregate stored) {
    at.metrics().loadedFromDatabase();
    failures = 0;
    if (copy != null) {
      copies.repair(copy, stored);
      copy = null;
    }
  }

  /// The database has failed. True if the cache has said all it will say; else it is given its
  /// time.
  boolean failed(ServiceError why) {
    error = why;
    if (copy == null) {
      var _ =
          context.scheduleOnce(
              at.settings().cacheTimeout(), context.getSelf(), new CopyOverdue(loads));
    }
    return copy != null;
  }

  /// The load has come to nothing but perhaps a copy; the next one waits.
  void ended() {
    long pause = pauses.ceilingMillis(failures++);
    // Half of it is jitter, so that customers that failed together do not come back together.
    long wait = pause / 2 + ThreadLocalRandom.current().nextLong(pause / 2 + 1);
    againAtMillis = at.clock().millis() + wait;
    if (copy instanceof Cache.Hit) {
      at.metrics().loadedFromCache();
    } else {
      at.metrics().notLoaded();
      copy = null; // asked anew with the next load
    }
  }

  /// Whether it is time to ask again.
  boolean due() {
    return at.clock().millis() >= againAtMillis;
  }
}
