package dev.purser.partitions;

/// A change of one record, as a kind of records words it. It may travel between nodes: a kind's
/// sealed type of changes names its subtypes with annotations.
public interface Change {

  /// The record that it changes.
  String id();

  /// About how many bytes it takes while it waits.
  int weight();
}
