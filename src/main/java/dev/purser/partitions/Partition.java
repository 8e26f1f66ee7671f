package dev.purser.partitions;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.purser.cluster.Wire;
import dev.purser.database.Database;
import dev.purser.database.NodeLease;
import dev.purser.database.Query;
import dev.purser.database.RecordReply;
import dev.purser.faults.ServiceError;
import java.time.InstantSource;
import java.util.List;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.ClusterShardingSettings;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.cluster.sharding.typed.ShardingMessageExtractor;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.Entity;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;

/// One partition: the only owner of its share of an index, loaded from the database when it starts
/// and written through. Sharded, a shard each, and never passivated.
public final class Partition {

  /// What is told to a partition. A kind adds its changes ([Apply]) and questions ([Question]).
  public interface Command extends Wire.Request {}

  /// Applies changes, in their order as far as they are of one record. A kind's record of it has
  /// exactly these components.
  ///
  /// @param <W> the kind's changes
  public interface Apply<W extends Change> extends Command {
    /// All of ids that this partition owns; at least one.
    List<W> changes();

    /// Whether it comes from a bulk run: it may wait behind interactive ones, and its outcomes
    /// carry no contents.
    boolean bulk();

    /// After this nothing of it is begun.
    long deadlineMillis();

    ActorRef<Reply> replyTo();

    @Override
    default void refuse(ServiceError why) {
      replyTo().tell(new Reply.Refused(why, false));
    }
  }

  /// Asks something that memory answers. A kind's questions name whom to tell.
  public interface Question extends Command {
    /// Tells whoever asked that it is not answered.
    @Override
    void refuse(ServiceError error);
  }

  /// Asks to be told when the partition is loaded, and keeps it awake.
  record Wake(ActorRef<Awake> replyTo) implements Command {
    @Override
    public void refuse(ServiceError why) {
      // Sent again at a steady rate.
    }
  }

  /// Finishes its save and what waits, then leaves. Sent by sharding alone.
  record Stop() implements Command {
    @Override
    public void refuse(ServiceError why) {
      // Never sent to another node.
    }
  }

  /// What only a partition itself and its adapters say.
  sealed interface Private extends Command, NoSerializationVerificationNeeded {
    @Override
    default void refuse(ServiceError why) {
      // Never sent to another node.
    }
  }

  record PageAnswered(long load, Database.Answer<Query.RecordPage> page) implements Private {}

  /// Time to ask for a page again.
  record Again(long load) implements Private {}

  record SaveAnswered(long changeId, RecordReply reply) implements Private {}

  /// The save has gone unanswered for too long.
  record Overdue(long changeId) implements Private {}

  record Reloaded(long changeId, Database.Answer<Query.RecordPage> records) implements Private {}

  /// Time to ask for records that have moved again.
  record ReloadAgain(long changeId) implements Private {}

  /// The answer to [Wake].
  record Awake(int partition) implements Wire.Answer {
    @Override
    public Awake refusal(ServiceError why) {
      return this;
    }
  }

  /// The answer to [Apply].
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "reply")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Reply.Applied.class, name = "applied"),
    @JsonSubTypes.Type(value = Reply.Refused.class, name = "refused"),
  })
  public sealed interface Reply extends Wire.Answer {
    @Override
    default Reply refusal(ServiceError why) {
      return new Refused(why, this instanceof Applied);
    }

    /// One outcome for each change, in their order.
    record Applied(List<Outcome> outcomes) implements Reply {
      public Applied {
        outcomes = List.copyOf(outcomes);
      }
    }

    /// Not all of the changes have a known outcome; the first error of them.
    ///
    /// @param outcomeUnknown whether any of them may have been applied
    record Refused(ServiceError error, boolean outcomeUnknown) implements Reply {}
  }

  /// What a partition works with.
  record Setup<W extends Change, D>(
      Kind<W, D> kind,
      Slices slices,
      PartitionSettings settings,
      ActorRef<Database.Command> database,
      InstantSource clock,
      PartitionMetrics metrics,
      NodeLease lease) {}

  private Partition() {}

  /// Starts the sharding of a kind on this node; what it returns takes the partitions' messages.
  static <W extends Change, D> ActorRef<ShardingEnvelope<Command>> init(
      ActorSystem<?> system, Setup<W, D> setup) {
    EntityTypeKey<Command> type = EntityTypeKey.create(Command.class, setup.kind().collection());
    ClusterShardingSettings sharding =
        ClusterShardingSettings.create(system).withNoPassivationStrategy();
    return ClusterSharding.get(system)
        .init(
            Entity.of(type, e -> create(Integer.parseInt(e.getEntityId()), setup))
                .withSettings(sharding)
                .withMessageExtractor(new ShardEach())
                .withStopMessage(new Stop()));
  }

  /// The partition `n`. Whatever it fails of, it restarts with its mailbox and loads anew, after a
  /// pause that grows while it fails again.
  static <W extends Change, D> Behavior<Command> create(int n, Setup<W, D> setup) {
    Stumbles stumbles = new Stumbles(setup.settings().retry(), setup.clock());
    return Behaviors.supervise(
            Behaviors.<Command>setup(
                context ->
                    Behaviors.withTimers(
                        timers ->
                            new PartitionStates<>(context, timers, n, setup, stumbles).load())))
        .onFailure(SupervisorStrategy.restart());
  }

  /// A shard for each partition, so that they spread evenly over the nodes.
  private static final class ShardEach
      extends ShardingMessageExtractor<ShardingEnvelope<Command>, Command> {
    @Override
    public String entityId(ShardingEnvelope<Command> envelope) {
      return envelope.entityId();
    }

    @Override
    public String shardId(String entityId) {
      return entityId;
    }

    @Override
    public Command unwrapMessage(ShardingEnvelope<Command> envelope) {
      return envelope.message();
    }
  }
}
