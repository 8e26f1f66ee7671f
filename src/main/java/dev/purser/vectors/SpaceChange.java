package dev.purser.vectors;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.purser.partitions.Change;
import dev.purser.partitions.Partition;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/// Something that shall happen to a space itself; its id is its name.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "change")
@JsonSubTypes({
  @JsonSubTypes.Type(value = SpaceChange.Claim.class, name = "claim"),
  @JsonSubTypes.Type(value = SpaceChange.Close.class, name = "close"),
  @JsonSubTypes.Type(value = SpaceChange.Forget.class, name = "forget"),
})
sealed interface SpaceChange extends Change {

  @Override
  default int weight() {
    return id().length();
  }

  /// The space is made, unless it is there.
  ///
  /// @param dimension that of its first vector
  /// @param generation above that of any earlier space of the name
  record Claim(String id, int dimension, long generation) implements SpaceChange {}

  /// Nothing more is stored in the space.
  record Close(String id) implements SpaceChange {}

  /// The space goes, once it is closed.
  record Forget(String id, long generation) implements SpaceChange {}

  /// Changes on their way to the partition that owns the names.
  record Apply(
      List<SpaceChange> changes,
      boolean bulk,
      long deadlineMillis,
      ActorRef<Partition.Reply> replyTo)
      implements Partition.Apply<SpaceChange> {
    public Apply {
      changes = List.copyOf(changes);
    }
  }
}
