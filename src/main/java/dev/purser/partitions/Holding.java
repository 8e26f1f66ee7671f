package dev.purser.partitions;

import org.jspecify.annotations.Nullable;

/// What one partition holds in memory: its records, and the index over them. Confined to the
/// partition's actor. What is held is committed, always.
///
/// A draft is made by [#decide] and ends in exactly one of [#put] and [#discard]. What it needs
/// that is bounded (room in a pool) it takes when it is made, so that putting it cannot fail.
///
/// @param <W> changes
/// @param <D> the content of one record
public interface Holding<W extends Change, D> {

  /// The version of a record, 0 if it is absent.
  long version(String id);

  /// The content of a record, or null if it is absent. Not a draft.
  @Nullable D content(String id);

  /// Decides a change on top of `current`, which is held or a draft of the same save.
  ///
  /// @param version of `current`, 0 if that is null
  Decided<D> decide(W change, @Nullable D current, long version);

  /// The content's form in the database: self-contained, its first byte names the format.
  byte[] encode(D content);

  /// Holds a draft that is committed.
  void put(String id, long version, D draft);

  /// Gives up a draft.
  void discard(D draft);

  /// Holds a record read from the database, in place of what was held.
  ///
  /// @throws RuntimeException if the content cannot be read or does not fit; the partition fails
  void load(String id, long version, byte[] content);

  /// Forgets a record; does nothing if it is absent.
  void remove(String id);

  /// Answers a question of this kind.
  void answer(Partition.Question question);

  /// Gives back whatever it shares with others. Called once, and last.
  void close();

  /// What a change comes to.
  sealed interface Decided<D> {
    /// The record gets this content.
    record Put<D>(D draft) implements Decided<D> {}

    /// The record is deleted. Only if there is one.
    record Remove<D>() implements Decided<D> {}

    /// Nothing changes.
    record Same<D>() implements Decided<D> {}

    /// The change is refused by itself.
    record Refuse<D>(dev.purser.faults.ServiceError error) implements Decided<D> {}
  }
}
