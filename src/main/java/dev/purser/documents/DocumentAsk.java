package dev.purser.documents;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.purser.cluster.Wire;
import dev.purser.faults.ServiceError;
import dev.purser.partitions.Partition;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// What is asked of a partition of documents.
sealed interface DocumentAsk extends Partition.Question {

  ActorRef<Told> replyTo();

  @Override
  default void refuse(ServiceError error) {
    replyTo().tell(new Told.NotTold(error));
  }

  /// One document.
  record Get(String id, ActorRef<Told> replyTo) implements DocumentAsk {}

  /// Those that match all of `filter`: how many, and the ids of the first `limit` of them after
  /// `after`, of which there may be none if only the number is wanted.
  record Find(
      List<Match> filter,
      boolean counted,
      int limit,
      @Nullable String after,
      ActorRef<Told> replyTo)
      implements DocumentAsk {
    public Find {
      filter = List.copyOf(filter);
    }
  }

  /// What is told.
  @JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "told")
  @JsonSubTypes({
    @JsonSubTypes.Type(value = Told.One.class, name = "one"),
    @JsonSubTypes.Type(value = Told.Found.class, name = "found"),
    @JsonSubTypes.Type(value = Told.NotTold.class, name = "not_told"),
  })
  sealed interface Told extends Wire.Answer {
    @Override
    default Told refusal(ServiceError why) {
      return new NotTold(why);
    }

    /// A document's fields in their compact form, null if there is none.
    @SuppressWarnings("ArrayRecordComponent") // a hand-over, compared by nobody
    record One(long version, byte @Nullable [] fields) implements Told {}

    /// The documents that match.
    ///
    /// @param count -1 if it was not asked for
    /// @param more whether other ids follow
    record Found(long count, List<String> ids, boolean more) implements Told {
      public Found {
        ids = List.copyOf(ids);
      }
    }

    record NotTold(ServiceError error) implements Told {}
  }
}
