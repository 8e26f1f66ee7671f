package dev.purser.customers;

import dev.purser.database.LoadReply;
import dev.purser.database.SaveReply.Saved;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Profile;
import org.jspecify.annotations.Nullable;

/// What a customer holds in memory: its profile as last committed, or a copy of it, and the answer
/// encoded from it once. Confined to one customer.
final class Aggregate {
  private final Profile profile;
  private final long floor;
  private final boolean suppressed;
  private final Customer.Source source;
  private Customer.@Nullable Reply answer;

  /// @param source where the first read finds it; later ones find it in memory
  Aggregate(Profile profile, long floor, boolean suppressed, Customer.Source source) {
    this.profile = profile;
    this.floor = floor;
    this.suppressed = suppressed;
    this.source = source;
  }

  /// What the database holds.
  static Aggregate of(LoadReply.Loaded loaded) {
    return new Aggregate(
        loaded.profile(), loaded.floor(), loaded.suppressed(), Customer.Source.DATABASE);
  }

  /// What the cache holds, for reads while the database is away.
  static Aggregate copy(Profile profile) {
    return new Aggregate(profile, 0, false, Customer.Source.CACHE);
  }

  Profile profile() {
    return profile;
  }

  long floor() {
    return floor;
  }

  boolean suppressed() {
    return suppressed;
  }

  boolean stale() {
    return source == Customer.Source.CACHE;
  }

  /// The answer to a read.
  Customer.Reply read() {
    Customer.Reply known = answer;
    if (known != null) {
      return known;
    }
    Customer.Reply first = encode();
    answer =
        source == Customer.Source.DATABASE && first instanceof Customer.Reply.Read read
            ? new Customer.Reply.Read(
                read.id(), read.version(), read.stale(), Customer.Source.MEMORY, read.json())
            : first;
    return first;
  }

  /// The answer that others may give in the customer's name: encoded already, of what is stored,
  /// and not stale. Null if there is none.
  Customer.Reply.@Nullable Read shared() {
    return answer instanceof Customer.Reply.Read read && !read.stale() ? read : null;
  }

  private Customer.Reply encode() {
    return profile.stored()
        ? new Customer.Reply.Read(
            profile.id(), profile.version(), stale(), source, ProfileJson.encode(profile, stale()))
        : new Customer.Reply.Refused(notFound(profile.id()), false);
  }

  /// The answer to a read while this node's lease is not fresh: another node may have changed the
  /// customer meanwhile, or made one that is absent here.
  Customer.Reply outdated() {
    return profile.stored()
        ? new Customer.Reply.Read(
            profile.id(), profile.version(), true, source, ProfileJson.encode(profile, true))
        : new Customer.Reply.Refused(Refusals.AWAY, false);
  }

  /// What is held once `save` has ended so; this, with its encoded answer, if nothing changed.
  Aggregate after(Saving save, Saved saved) {
    if (save.erased(saved)) {
      return new Aggregate(
          saved.profile(), save.save().nextVersion(), save.suppresses(), Customer.Source.MEMORY);
    }
    return saved.profile().version() == profile.version()
        ? this
        : new Aggregate(saved.profile(), floor, suppressed, Customer.Source.MEMORY);
  }

  static ServiceError notFound(String id) {
    return new ServiceError.NotFound("There is no customer '" + id + "'.");
  }
}
