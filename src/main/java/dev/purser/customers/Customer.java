package dev.purser.customers;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.typesafe.config.ConfigFactory;
import dev.purser.cache.Cache;
import dev.purser.cluster.Wire;
import dev.purser.database.Database;
import dev.purser.database.LoadReply;
import dev.purser.database.SaveReply;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Change;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Profile;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.jspecify.annotations.Nullable;

/// One customer, a sharded entity: what may be asked of it, what it answers and how it is started.
/// Its states are those of [CustomerStates].
public final class Customer {

  /// The name of the kind of entity, the same on all nodes.
  static final EntityTypeKey<Command> TYPE = EntityTypeKey.create(Command.class, "customer");

  /// So many failures within [#RESTART_WINDOW] stop a customer; the next message makes it anew.
  private static final int RESTARTS = 3;

  private static final Duration RESTART_WINDOW = Duration.ofSeconds(10);

  private Customer() {}

  /// What may be asked of a customer. Deadlines are absolute, in the clock's milliseconds since
  /// 1970.
  public sealed interface Command extends Wire.Request {
    @Override
    default void refuse(ServiceError why) {
      switch (this) {
        case Read(_, var replyTo) -> replyTo.tell(new Reply.Refused(why, false));
        case Apply apply -> apply.replyTo().tell(new Reply.Refused(why, false));
        case Look(String id, _, var replyTo) ->
            replyTo.tell(new Seen(id, new Reply.Refused(why, false)));
        case Stop _, Private _ -> {} // never sent to another node
      }
    }
  }

  /// Reads the aggregate; answered with [Reply.Read], or [Reply.Refused] with not found.
  public record Read(long deadlineMillis, ActorRef<Reply> replyTo) implements Command {}

  /// Applies changes in their order; answered with [Reply.Applied] after the durable commit.
  ///
  /// @param bulk whether they come from a bulk run and may wait behind interactive saves
  public record Apply(
      List<Change> changes,
      @Nullable Condition condition,
      boolean bulk,
      long deadlineMillis,
      ActorRef<Reply> replyTo)
      implements Command {
    public Apply {
      changes = List.copyOf(changes);
    }
  }

  /// Reads as one of many: the answer names its customer.
  ///
  /// @param id the customer's own
  public record Look(String id, long deadlineMillis, ActorRef<Seen> replyTo) implements Command {}

  /// Finishes the save in flight and what waits for it, then leaves. Sent by sharding alone.
  record Stop() implements Command {}

  /// What only a customer itself and its adapters say.
  sealed interface Private extends Command, NoSerializationVerificationNeeded {}

  record LoadAnswered(int load, LoadReply reply) implements Private {}

  record CopyAnswered(Cache.Reply reply) implements Private {}

  /// The database has failed and the cache has been given its time.
  record CopyOverdue(int load) implements Private {}

  record SaveAnswered(SaveReply reply) implements Private {}

  /// What the erasure had left is gone, or the database has failed.
  record Purged(Database.Answer<Long> answer) implements Private {}

  /// The answer to [Look].
  public record Seen(String id, Reply reply) implements Wire.Answer {
    @Override
    public Seen refusal(ServiceError why) {
      return new Seen(id, reply.refusal(why));
    }
  }

  /// What must hold of the version before changes are applied; else they are refused
  /// ([ServiceError.Precondition]).
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "condition")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Condition.VersionIs.class, name = "version_is"),
    @JsonSubTypes.Type(value = Condition.Present.class, name = "present"),
    @JsonSubTypes.Type(value = Condition.Absent.class, name = "absent"),
  })
  public sealed interface Condition {

    /// Whether it holds of `current`.
    default boolean holds(Profile current) {
      return switch (this) {
        case VersionIs v -> current.stored() && v.versions().contains(current.version());
        case Present _ -> current.stored();
        case Absent _ -> !current.stored();
      };
    }

    /// The current version is one of these.
    record VersionIs(List<Long> versions) implements Condition {
      public VersionIs {
        versions = List.copyOf(versions);
      }
    }

    /// The customer exists.
    record Present() implements Condition {}

    /// The customer does not exist.
    record Absent() implements Condition {}
  }

  /// Answers of a customer.
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "reply")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Reply.Read.class, name = "read"),
    @JsonSubTypes.Type(value = Reply.Applied.class, name = "applied"),
    @JsonSubTypes.Type(value = Reply.Refused.class, name = "refused"),
  })
  public sealed interface Reply extends Wire.Answer {
    @Override
    default Reply refusal(ServiceError why) {
      return new Refused(why, this instanceof Applied);
    }

    /// The aggregate. `json` is the encoded `data` object of the HTTP answer, handed over: never
    /// changed by anyone.
    @SuppressWarnings("ArrayRecordComponent") // a documented hand-over, compared by nobody
    record Read(String id, long version, boolean stale, Source source, byte[] json)
        implements Reply {}

    /// Committed. `outcomes` has one entry for each change. `profile` is the aggregate afterwards,
    /// version 0 if the customer is absent (erased, or every change refused).
    ///
    /// @param created whether this save made the customer
    record Applied(List<Outcome> outcomes, Profile profile, boolean created) implements Reply {
      public Applied {
        outcomes = List.copyOf(outcomes);
      }
    }

    /// Refused as a whole.
    ///
    /// @param outcomeUnknown true if a write may have been applied; false if it was not, or nothing
    ///   was to be written
    record Refused(ServiceError error, boolean outcomeUnknown) implements Reply {}
  }

  /// Where an answer was read from.
  public enum Source {
    MEMORY,
    DATABASE,
    CACHE
  }

  /// Starts the sharding of customers on this node; what it returns takes their messages.
  static ActorRef<ShardingEnvelope<Command>> init(ActorSystem<?> system, Neighbours neighbours) {
    return ClusterSharding.get(system)
        .init(
            Entity.of(TYPE, e -> create(e.getEntityId(), e.getShard(), neighbours))
                .withSettings(sharding(system, neighbours.settings()))
                .withStopMessage(new Stop()));
  }

  /// Customers leave when they have been idle or when too many are active, the least recently used
  /// first; nothing wakes them but a message.
  private static ClusterShardingSettings sharding(
      ActorSystem<?> system, CustomersSettings settings) {
    Map<String, Object> ours =
        Map.of(
            "number-of-shards",
            settings.shards(),
            "remember-entities",
            "off",
            "passivation.strategy",
            "customers",
            "passivation.customers.active-entity-limit",
            settings.activeLimit(),
            "passivation.customers.replacement.policy",
            "least-recently-used",
            "passivation.customers.idle-entity.timeout",
            settings.idle());
    return ClusterShardingSettings.fromConfig(
        ConfigFactory.parseMap(ours)
            .withFallback(system.settings().config().getConfig("pekko.cluster.sharding")));
  }

  /// The customer `id`; `shard` lets it leave.
  static Behavior<Command> create(
      String id, ActorRef<ClusterSharding.ShardCommand> shard, Neighbours neighbours) {
    return Behaviors.supervise(
            Behaviors.<Command>setup(
                context -> new CustomerStates(context, id, shard, neighbours).load()))
        .onFailure(SupervisorStrategy.restart().withLimit(RESTARTS, RESTART_WINDOW));
  }
}
