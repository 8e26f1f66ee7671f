package dev.purser.documents;

import dev.purser.partitions.Partition;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/// Changes on their way to the partition that owns their documents.
record Apply(
    List<DocumentChange> changes,
    boolean bulk,
    long deadlineMillis,
    ActorRef<Partition.Reply> replyTo)
    implements Partition.Apply<DocumentChange> {
  Apply {
    changes = List.copyOf(changes);
  }
}
