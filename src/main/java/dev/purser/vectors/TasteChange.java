package dev.purser.vectors;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.purser.partitions.Change;
import dev.purser.partitions.Partition;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/// A change of one customer's taste. The id of its record is the customer's. Each may be sent
/// again: the versions tell what has been applied.
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "change")
@JsonSubTypes({
  @JsonSubTypes.Type(value = TasteChange.Add.class, name = "add"),
  @JsonSubTypes.Type(value = TasteChange.Replace.class, name = "replace"),
  @JsonSubTypes.Type(value = TasteChange.Remove.class, name = "remove"),
})
sealed interface TasteChange extends Change {

  /// Adds to sums that cover exactly `from`; to others it is refused as a conflict.
  ///
  /// @param from 0 if the customer was absent
  /// @param sums as [TasteSums] has them; handed over
  @SuppressWarnings("ArrayRecordComponent") // a documented hand-over, compared by nobody
  record Add(String id, long from, long to, byte[] sums) implements TasteChange {
    @Override
    public int weight() {
      return id.length() + sums.length;
    }
  }

  /// Replaces sums that cover no later version.
  ///
  /// @param sums as [TasteSums] has them; handed over
  @SuppressWarnings("ArrayRecordComponent") // a documented hand-over, compared by nobody
  record Replace(String id, long version, byte[] sums) implements TasteChange {
    @Override
    public int weight() {
      return id.length() + sums.length;
    }
  }

  /// Removes sums that cover no later version.
  record Remove(String id, long upTo) implements TasteChange {
    @Override
    public int weight() {
      return id.length();
    }
  }

  /// Changes on their way to the partition that owns their customers.
  record Apply(
      List<TasteChange> changes,
      boolean bulk,
      long deadlineMillis,
      ActorRef<Partition.Reply> replyTo)
      implements Partition.Apply<TasteChange> {
    public Apply {
      changes = List.copyOf(changes);
    }
  }
}
