package dev.purser.partitions;

import org.apache.pekko.actor.typed.ActorRef;

/// A kind of records: documents, vectors. Immutable, safe for many threads.
///
/// @param <W> its changes
/// @param <D> the content of one record, as it is decided and held
public interface Kind<W extends Change, D> {

  /// The collection's name in the database, and that of its sharding. It cannot be changed.
  String collection();

  /// An empty share.
  ///
  /// @param self the partition that holds it; questions of this kind may be sent to it
  Holding<W, D> open(ActorRef<Partition.Command> self);
}
