package dev.purser.customers;

import dev.purser.cache.Cache;
import dev.purser.database.Database;
import dev.purser.database.LoadReply;
import dev.purser.ledger.Profile;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/// One customer's dealings with the cache. Confined to one customer.
final class Copies {
  private final String id;
  private final Neighbours at;
  private final ActorRef<Cache.Reply> replies;

  private final ActorSystem<?> system;

  Copies(ActorContext<Customer.Command> context, String id, Neighbours at) {
    this.id = id;
    this.at = at;
    replies = context.messageAdapter(Cache.Reply.class, Customer.CopyAnswered::new);
    system = context.getSystem();
  }

  void ask() {
    at.cache().tell(new Cache.Get(id, replies));
  }

  /// Tells the cache what was committed.
  void put(Aggregate committed) {
    at.cache().tell(new Cache.Put(committed.profile()));
  }

  /// Makes the cache hold what the database holds; does nothing if it does already.
  ///
  /// Both were asked at once, and nodes share a cache: an entry newer than the database's answer
  /// may be the truth, told by another node in between, or the mark of an erasure. It is judged by
  /// a second answer, asked for after the entry was seen.
  void repair(Cache.Reply found, Aggregate stored) {
    if (newer(found, stored.profile())) {
      verify(found);
    } else {
      mend(found, stored.profile(), stored.floor());
    }
  }

  private static boolean newer(Cache.Reply found, Profile stored) {
    return switch (found) {
      case Cache.Hit(var copy) -> copy.version() > stored.version();
      case Cache.Absent(long version) -> stored.stored() && version >= stored.version();
      case Cache.Miss _ -> false;
    };
  }

  private void verify(Cache.Reply found) {
    at.metrics().copyVerified();
    Duration patience = at.settings().loadTimeout();
    long deadline = at.clock().millis() + patience.toMillis();
    CompletionStage<LoadReply> answer =
        AskPattern.ask(
            at.database(),
            replyTo -> new Database.Load(id, deadline, replyTo),
            patience.plus(Loading.GRACE),
            system.scheduler());
    // Touches nothing of the customer's; without an answer the next load finds the same.
    var _ =
        answer.thenAccept(
            reply -> {
              if (reply instanceof LoadReply.Loaded loaded) {
                mend(found, loaded.profile(), loaded.floor());
              }
            });
  }

  private void mend(Cache.Reply found, Profile stored, long floor) {
    switch (found) {
      case Cache.Hit(var copy) when !stored.stored() -> {
        at.metrics().cacheRepaired();
        forget(Math.max(copy.version(), floor));
      }
      case Cache.Hit(var copy) -> {
        if (!copy.equals(stored)) {
          replace(stored, copy.version());
        }
      }
      case Cache.Absent(long version) when stored.stored() -> replace(stored, version);
      case Cache.Miss _ when stored.stored() -> at.cache().tell(new Cache.Put(stored));
      case Cache.Absent _, Cache.Miss _ -> {}
    }
  }

  /// What came into the cache since it was asked stays: it is newer than what was seen.
  private void replace(Profile stored, long seen) {
    at.metrics().cacheRepaired();
    at.cache().tell(new Cache.Repair(stored, seen));
  }

  /// Tells the cache, through those who see to it, that the customer was erased at `version`.
  void forget(long version) {
    at.erasures().tell(new Erasures.Announce(id, version));
  }
}
