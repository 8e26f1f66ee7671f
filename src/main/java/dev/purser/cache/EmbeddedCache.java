package dev.purser.cache;

import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Expiry;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Ticker;
import dev.purser.cache.Cache.Clear;
import dev.purser.cache.Cache.Cleared;
import dev.purser.cache.Cache.Command;
import dev.purser.cache.Cache.Confirmed;
import dev.purser.cache.Cache.Get;
import dev.purser.cache.Cache.Miss;
import dev.purser.cache.Cache.Put;
import dev.purser.cache.Cache.PutAbsent;
import dev.purser.cache.Cache.Repair;
import dev.purser.cache.Cache.Reply;
import dev.purser.ledger.Profile;
import java.time.Duration;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// The cache in this process.
///
/// ## Limits
///
/// Bounded by the weight of all entries in bytes and by time to live; the least valuable leave
/// first.
///
/// Confined to its actor.
final class EmbeddedCache {
  /// What an entry costs beyond its bytes and its key: nodes of the map, array header.
  private static final int OVERHEAD_BYTES = 128;

  private final com.github.benmanes.caffeine.cache.Cache<String, byte[]> entries;
  private final CacheMetrics metrics = new CacheMetrics();

  /// @param maxWeightBytes how much it holds at most; 0: nothing
  static Behavior<Command> create(CacheSettings settings, long maxWeightBytes, Ticker ticker) {
    return Behaviors.setup(_ -> new EmbeddedCache(settings, maxWeightBytes, ticker).serving());
  }

  private EmbeddedCache(CacheSettings settings, long maxWeightBytes, Ticker ticker) {
    // Maintenance and listeners run on the actor's own thread: nothing is shared.
    entries =
        Caffeine.newBuilder()
            .executor(Runnable::run)
            .ticker(ticker)
            .maximumWeight(maxWeightBytes)
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
            case Put(Profile profile) -> put(profile, Encoded.UNREADABLE);
            case Repair(Profile profile, long seen) -> put(profile, seen);
            case PutAbsent absent -> putAbsent(absent);
            case Clear clear -> clear.replyTo().tell(clear());
            case RedisCache.Event _ -> {
              // Said by nobody here: there is no connection.
            }
          }
          return Behaviors.same();
        });
  }

  private Reply get(String id) {
    byte[] entry = entries.getIfPresent(id);
    Reply reply = entry == null ? new Miss() : Encoded.read(id, entry);
    if (reply == null) {
      metrics.unreadable();
      reply = new Miss();
    }
    return metrics.counted(reply);
  }

  private void put(Profile profile, long seen) {
    long held = version(profile.id());
    if (profile.version() > held || held == seen) {
      keep(profile.id(), Encoded.profile(profile));
    }
  }

  private void putAbsent(PutAbsent absent) {
    if (absent.version() >= version(absent.id())) {
      keep(absent.id(), Encoded.absent(absent.id(), absent.version()));
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

  /// The version of the entry in place, [Encoded#UNREADABLE] if there is none.
  private long version(String id) {
    byte[] entry = entries.getIfPresent(id);
    return entry == null ? Encoded.UNREADABLE : Encoded.version(entry);
  }

  private void keep(String id, byte[] entry) {
    entries.put(id, entry);
    metrics.held(entries.estimatedSize());
  }
}
