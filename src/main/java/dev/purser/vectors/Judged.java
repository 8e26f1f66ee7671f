package dev.purser.vectors;

import dev.purser.partitions.Outcome;
import dev.purser.partitions.Partition;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Changes of vectors after their spaces have been asked: those that are sent on, and what became
/// of the others. Immutable.
///
/// @param good in the order of the changes
/// @param outcomes one for each change, null where it is good
record Judged(List<VectorChange> good, List<@Nullable Outcome> outcomes) {

  /// The answer to all changes, given what became of the good ones.
  Partition.Reply with(List<Outcome> ofGood) {
    Iterator<Outcome> next = ofGood.iterator();
    List<Outcome> all = new ArrayList<>(outcomes.size());
    for (Outcome outcome : outcomes) {
      all.add(outcome == null ? next.next() : outcome);
    }
    return new Partition.Reply.Applied(all);
  }
}
