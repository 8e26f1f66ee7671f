package dev.purser.cache;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.purser.ledger.Profile;
import java.time.Duration;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// Copies of profiles by customer id, for answers while the database is away. A copy is never the
/// base of a write, and the customer alone decides what becomes of it.
///
/// An entry is a copy or the mark that a customer was erased, both with a version. What is put
/// applies only if it is newer than the entry in place, so that neither a late put nor an erased
/// customer's copy outdates it; a repair replaces whatever is there.
///
/// ## Limits
///
/// Bounded by the weight of all entries in bytes and by time to live; the least valuable leave
/// first.
///
/// ## Failure
///
/// Restarted by whoever spawned it: empty at worst, and what was asked goes unanswered, which a
/// customer takes for a miss.
public final class Cache {
  /// What an entry costs beyond its bytes and its key: nodes of the map, array header.
  private static final int OVERHEAD_BYTES = 128;

  private final com.github.benmanes.caffeine.cache.Cache<String, byte[]> entries;
  private final CacheMetrics metrics = new CacheMetrics();

  /// What may be asked of the cache. Local to the node.
  public sealed interface Command extends NoSerializationVerificationNeeded {}

  public record Get(String id, ActorRef<Reply> replyTo) implements Command {}

  /// Keeps a copy unless the entry in place has the same version or a newer one.
  public record Put(Profile profile) implements Command {}

  /// Keeps a copy, whatever is in place: the database said so.
  public record Repair(Profile profile) implements Command {}

  /// Marks a customer as erased, unless the entry in place is newer.
  public record PutAbsent(String id, long version, ActorRef<Confirmed> replyTo)
      implements Command {}

  /// Forgets everything.
  public record Clear(ActorRef<Cleared> replyTo) implements Command {}

  /// The answer to [Get].
  public sealed interface Reply extends NoSerializationVerificationNeeded {}

  public record Hit(Profile profile) implements Reply {}

  /// The customer was erased at `version`.
  public record Absent(long version) implements Reply {}

  public record Miss() implements Reply {}

  /// No copy up to `version` can come back.
  public record Confirmed(String id, long version) implements NoSerializationVerificationNeeded {}

  /// `copies` were forgotten.
  public record Cleared(long copies) implements NoSerializationVerificationNeeded {}

  /// A cache in this process, by the system's clock.
  public static Behavior<Command> create(CacheSettings settings) {
    return create(settings, Ticker.systemTicker());
  }

  /// A cache in this process.
  public static Behavior<Command> create(CacheSettings settings, Ticker ticker) {
    return Behaviors.setup(_ -> new Cache(settings, ticker).serving());
  }

  private Cache(CacheSettings settings, Ticker ticker) {
    // Maintenance and listeners run on the actor's own thread: nothing is shared.
    entries =
        Caffeine.newBuilder()
            .executor(Runnable::run)
            .ticker(ticker)
            .maximumWeight(settings.maxWeightBytes())
            .weigher((String id, byte[] entry) -> OVERHEAD_BYTES + 2 * id.length() + entry.length)
            .expireAfter(Expiry.<String, byte[]>writing((_, entry) -> timeToLive(settings, entry)))
            .evictionListener((_, _, cause) -> metrics.evicted(cause == RemovalCause.SIZE))
            .build();
  }

  private static Duration timeToLive(CacheSettings settings, byte[] entry) {
    return Encoded.isAbsent(entry) ? settings.absentTimeToLive() : settings.timeToLive();
  }

  private Behavior<Command> serving() {
    return Behaviors.receiveMessage(
        command -> {
          switch (command) {
            case Get get -> get.replyTo().tell(get(get.id()));
            case Put put -> put(put.profile());
            case Repair repair -> keep(repair.profile().id(), Encoded.profile(repair.profile()));
            case PutAbsent absent -> putAbsent(absent);
            case Clear clear -> clear.replyTo().tell(clear());
          }
          return Behaviors.same();
        });
  }

  private Reply get(String id) {
    byte[] entry = entries.getIfPresent(id);
    if (entry == null) {
      metrics.miss();
      return new Miss();
    }
    if (Encoded.isAbsent(entry)) {
      metrics.absent();
      return new Absent(Encoded.version(entry));
    }
    Profile profile = Encoded.profile(id, entry);
    if (profile == null) {
      metrics.unreadable();
      return new Miss();
    }
    metrics.hit();
    return new Hit(profile);
  }

  private void put(Profile profile) {
    if (profile.version() > version(profile.id())) {
      keep(profile.id(), Encoded.profile(profile));
    }
  }

  private void putAbsent(PutAbsent absent) {
    if (absent.version() >= version(absent.id())) {
      keep(absent.id(), Encoded.absent(absent.version()));
    }
    absent.replyTo().tell(new Confirmed(absent.id(), absent.version()));
  }

  private Cleared clear() {
    entries.cleanUp();
    long copies = entries.estimatedSize();
    entries.invalidateAll();
    metrics.held(0);
    return new Cleared(copies);
  }

  /// The version of the entry in place, -1 if there is none.
  private long version(String id) {
    byte[] entry = entries.getIfPresent(id);
    return entry == null ? -1 : Encoded.version(entry);
  }

  private void keep(String id, byte[] entry) {
    entries.put(id, entry);
    metrics.held(entries.estimatedSize());
  }
}
