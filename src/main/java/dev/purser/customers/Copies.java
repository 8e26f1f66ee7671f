package dev.purser.customers;

import dev.purser.cache.Cache;
import org.apache.pekko.actor.typed.ActorRef;

/// One customer's dealings with the cache. Confined to one customer.
final class Copies {
  private final String id;
  private final Neighbours at;
  private final ActorRef<Cache.Reply> replies;

  Copies(String id, Neighbours at, ActorRef<Cache.Reply> replies) {
    this.id = id;
    this.at = at;
    this.replies = replies;
  }

  void ask() {
    at.cache().tell(new Cache.Get(id, replies));
  }

  /// Tells the cache what was committed.
  void put(Aggregate committed) {
    at.cache().tell(new Cache.Put(committed.profile()));
  }

  /// Makes the cache hold what the database holds; does nothing if it does already.
  void repair(Cache.Reply found, Aggregate stored) {
    switch (found) {
      case Cache.Hit(var profile) when !stored.profile().stored() -> {
        at.metrics().cacheRepaired();
        forget(Math.max(profile.version(), stored.floor()));
      }
      case Cache.Hit(var profile) -> {
        if (!profile.equals(stored.profile())) {
          replace(stored);
        }
      }
      case Cache.Absent _ when stored.profile().stored() -> replace(stored);
      case Cache.Miss _ when stored.profile().stored() -> put(stored);
      case Cache.Absent _, Cache.Miss _ -> {}
    }
  }

  private void replace(Aggregate stored) {
    at.metrics().cacheRepaired();
    at.cache().tell(new Cache.Repair(stored.profile()));
  }

  /// Tells the cache, through those who see to it, that the customer was erased at `version`.
  void forget(long version) {
    at.erasures().tell(new Erasures.Announce(id, version));
  }
}
