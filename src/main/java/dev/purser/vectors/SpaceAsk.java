package dev.purser.vectors;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.purser.cluster.Wire;
import dev.purser.faults.ServiceError;
import dev.purser.partitions.Partition;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/// What is asked of a partition of spaces' names.
sealed interface SpaceAsk extends Partition.Question {

  ActorRef<Told> replyTo();

  @Override
  default void refuse(ServiceError error) {
    replyTo().tell(new Told.NotTold(error));
  }

  /// One space.
  record One(String name, ActorRef<Told> replyTo) implements SpaceAsk {}

  /// All spaces of the partition.
  record All(ActorRef<Told> replyTo) implements SpaceAsk {}

  /// A space as its partition knows it.
  record Named(String name, SpaceRecord space) {}

  /// What is told.
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "told")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Told.Known.class, name = "known"),
    @JsonSubTypes.Type(value = Told.NotTold.class, name = "not_told"),
  })
  sealed interface Told extends Wire.Answer {
    @Override
    default Told refusal(ServiceError why) {
      return new NotTold(why);
    }

    /// The spaces asked for, as far as there are any.
    record Known(List<Named> spaces) implements Told {
      public Known {
        spaces = List.copyOf(spaces);
      }
    }

    record NotTold(ServiceError error) implements Told {}
  }
}
