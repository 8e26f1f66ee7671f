package dev.purser.partitions;

/// A kind of records: documents, vectors. Immutable, safe for many threads.
///
/// @param <W> its changes
/// @param <D> the content of one record, as it is decided and held
public interface Kind<W extends Change, D> {

  /// The collection's name in the database, and that of its sharding. It cannot be changed.
  String collection();

  /// An empty share.
  Holding<W, D> open();
}
