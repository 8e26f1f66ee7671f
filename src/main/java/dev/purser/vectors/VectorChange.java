package dev.purser.vectors;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.purser.partitions.Change;
import dev.purser.partitions.Partition;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/// Something that a caller wants to happen to one vector. The id of its record is a [VectorKey].
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "change")
@JsonSubTypes({
  @JsonSubTypes.Type(value = VectorChange.Put.class, name = "put"),
  @JsonSubTypes.Type(value = VectorChange.Delete.class, name = "delete"),
})
public sealed interface VectorChange extends Change {

  /// The generation of the space that is meant; 0 before the space has been asked.
  long generation();

  /// The same change, meant for `generation` of the space.
  VectorChange of(long generation);

  /// Puts a vector, whatever stood under its id.
  ///
  /// @param values as [FloatBytes] encodes them, all finite, 1 to [FloatBytes#MOST]; handed over
  @SuppressWarnings("ArrayRecordComponent") // a documented hand-over, compared by nobody
  record Put(String id, long generation, byte[] values) implements VectorChange {
    @Override
    public int weight() {
      return id.length() + values.length;
    }

    @Override
    public Put of(long of) {
      return new Put(id, of, values);
    }

    int dimension() {
      return values.length / Float.BYTES;
    }
  }

  record Delete(String id, long generation) implements VectorChange {
    @Override
    public int weight() {
      return id.length();
    }

    @Override
    public Delete of(long of) {
      return new Delete(id, of);
    }
  }

  /// `values` under `id` in `space`.
  static VectorChange put(String space, String id, float[] values) {
    return new Put(VectorKey.of(space, id), 0, FloatBytes.encoded(values));
  }

  static VectorChange delete(String space, String id) {
    return new Delete(VectorKey.of(space, id), 0);
  }

  /// Changes on their way to the partition that owns their vectors.
  record Apply(
      List<VectorChange> changes,
      boolean bulk,
      long deadlineMillis,
      ActorRef<Partition.Reply> replyTo)
      implements Partition.Apply<VectorChange> {
    public Apply {
      changes = List.copyOf(changes);
    }
  }
}
