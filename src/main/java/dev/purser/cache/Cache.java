package dev.purser.cache;

import com.github.benmanes.caffeine.cache.Ticker;
import dev.purser.faults.ServiceError;
import dev.purser.faults.SupervisionLog;
import dev.purser.ledger.Profile;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.jspecify.annotations.Nullable;

/// Copies of profiles by customer id, for answers while the database is away: the protocol, and the
/// door to its two implementations, one in this process and one in a Redis that nodes share. A copy
/// is never the base of a write, and the customer alone decides what becomes of it.
///
/// An entry is a copy or the mark that a customer was erased, both with a version. What is put
/// applies only if it is newer than the entry in place, so that neither a late put nor an erased
/// customer's copy outdates it; a repair also replaces the one entry that it names.
///
/// ## Failure
///
/// Restarted by whoever spawned it: empty at worst, and what was asked goes unanswered, which a
/// customer takes for a miss. A cache that cannot be reached answers misses at once, and says so to
/// its watcher.
public final class Cache {

  private Cache() {}

  /// What may be asked of the cache. Local to the node.
  public sealed interface Command extends NoSerializationVerificationNeeded
      permits Get, Put, Repair, PutAbsent, Clear, RedisCache.Event {}

  /// Always answered, if only with a miss.
  public record Get(String id, ActorRef<Reply> replyTo) implements Command {}

  /// Keeps a copy unless the entry in place has the same version or a newer one.
  public record Put(Profile profile) implements Command {}

  /// Keeps a copy like [Put], and also in the place of the entry of version `seen`: the database
  /// was asked after that entry had been seen. An entry that came since then stays.
  public record Repair(Profile profile, long seen) implements Command {}

  /// Marks a customer as erased, unless the entry in place is newer. Answered only once the mark
  /// holds; whoever hears nothing asks again.
  public record PutAbsent(String id, long version, ActorRef<Confirmed> replyTo)
      implements Command {}

  /// Forgets everything.
  public record Clear(ActorRef<ClearReply> replyTo) implements Command {}

  /// The answer to [Get].
  public sealed interface Reply extends NoSerializationVerificationNeeded {}

  public record Hit(Profile profile) implements Reply {}

  /// The customer was erased at `version`.
  public record Absent(long version) implements Reply {}

  public record Miss() implements Reply {}

  /// No copy up to `version` can come back.
  public record Confirmed(String id, long version) implements NoSerializationVerificationNeeded {}

  /// The answer to [Clear].
  public sealed interface ClearReply extends NoSerializationVerificationNeeded {}

  /// `copies` were forgotten, marks included.
  public record Cleared(long copies) implements ClearReply {}

  /// Not everything was forgotten.
  public record NotCleared(ServiceError error) implements ClearReply {}

  /// How the cache stands, told to its watcher when that changes.
  ///
  /// @param trouble one sentence that says what is wrong and what to mend, or null
  public record Standing(@Nullable String trouble) implements NoSerializationVerificationNeeded {
    /// Whether the node serves without its cache, or without all of it.
    public boolean degraded() {
      return trouble != null;
    }
  }

  /// The cache that `settings` choose.
  ///
  /// @param clustered whether other nodes may change what this one holds copies of. The memory of
  ///   one node then keeps no copies: it hears of no erasure on another node
  public static Behavior<Command> create(
      CacheSettings settings, boolean clustered, SupervisionLog log, ActorRef<Standing> watcher) {
    RedisSettings redis = settings.redis();
    return redis == null
        ? EmbeddedCache.create(
            settings, clustered ? 0 : settings.maxWeightBytes(), Ticker.systemTicker())
        : RedisCache.create(settings, redis, log, watcher);
  }
}
