package dev.purser.documents;

import dev.purser.partitions.Holding;
import dev.purser.partitions.Kind;
import dev.purser.partitions.Partition;
import dev.purser.strings.StringPool;
import org.apache.pekko.actor.typed.ActorRef;

/// Documents as a kind of records. Immutable but for the pool that its shares have in common.
///
/// @param most documents of one partition
record DocumentKind(StringPool pool, int most, DocumentsMetrics metrics)
    implements Kind<DocumentChange, DocumentDraft> {

  @Override
  public String collection() {
    return "documents";
  }

  @Override
  public Holding<DocumentChange, DocumentDraft> open(ActorRef<Partition.Command> self) {
    return new DocumentHolding(new Shelf(pool), this);
  }
}
