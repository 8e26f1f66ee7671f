package dev.purser.vectors;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.purser.cluster.Wire;
import dev.purser.faults.ServiceError;
import dev.purser.partitions.Partition;
import java.util.List;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// What is asked of a partition of vectors. A space is named with its generation: one that the
/// partition does not hold has no vectors there.
sealed interface VectorAsk extends Partition.Question {

  /// What a caller asks.
  sealed interface Asked extends VectorAsk {
    ActorRef<Told> replyTo();

    @Override
    default void refuse(ServiceError error) {
      replyTo().tell(new Told.NotTold(error));
    }
  }

  /// One vector.
  record Get(String key, long generation, ActorRef<Told> replyTo) implements Asked {}

  /// The nearest of a space.
  ///
  /// @param vector as [FloatBytes] encodes it, of the space's dimension
  @SuppressWarnings("ArrayRecordComponent") // a hand-over, compared by nobody
  record Find(
      String space,
      long generation,
      Metric metric,
      byte[] vector,
      int k,
      long deadlineMillis,
      ActorRef<Told> replyTo)
      implements Asked {}

  /// How many vectors the partition holds of each space.
  record Sizes(ActorRef<Told> replyTo) implements Asked {}

  /// Some ids of a space, which is being deleted: nothing of its generation is stored from now on.
  record Seal(String space, long generation, int limit, ActorRef<Told> replyTo) implements Asked {}

  /// Which customers' tastes the partition holds, in the order of their ids.
  ///
  /// @param after the id before the first, or null to begin with the first
  /// @param last the last id, or null for no end
  record Covered(@Nullable String after, @Nullable String last, int limit, ActorRef<Told> replyTo)
      implements Asked {}

  /// The version of a customer, or that which its taste covers.
  record Version(String id, long version) {}

  /// The workers have ended a pass.
  record Passed(SpaceShare share, Passes.Pass pass)
      implements VectorAsk, NoSerializationVerificationNeeded {
    @Override
    public void refuse(ServiceError error) {
      // Its searches are refused by whoever holds them.
    }
  }

  /// How many vectors of a space there are.
  record Size(String space, long generation, long count) {}

  /// What is told.
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "told")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Told.One.class, name = "one"),
    @JsonSubTypes.Type(value = Told.Found.class, name = "found"),
    @JsonSubTypes.Type(value = Told.Counted.class, name = "counted"),
    @JsonSubTypes.Type(value = Told.Sealed.class, name = "sealed"),
    @JsonSubTypes.Type(value = Told.Versions.class, name = "versions"),
    @JsonSubTypes.Type(value = Told.NotTold.class, name = "not_told"),
  })
  sealed interface Told extends Wire.Answer {
    @Override
    default Told refusal(ServiceError why) {
      return new NotTold(why);
    }

    /// One vector.
    ///
    /// @param values as [FloatBytes] encodes them, null if there is no such vector
    @SuppressWarnings("ArrayRecordComponent") // a hand-over, compared by nobody
    record One(byte @Nullable [] values) implements Told {}

    /// Best first.
    record Found(List<Neighbour> neighbours) implements Told {
      public Found {
        neighbours = List.copyOf(neighbours);
      }
    }

    record Counted(List<Size> sizes) implements Told {
      public Counted {
        sizes = List.copyOf(sizes);
      }
    }

    record Sealed(List<String> ids) implements Told {
      public Sealed {
        ids = List.copyOf(ids);
      }
    }

    record Versions(List<Version> versions) implements Told {
      public Versions {
        versions = List.copyOf(versions);
      }
    }

    record NotTold(ServiceError error) implements Told {}
  }
}
