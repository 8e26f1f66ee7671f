package dev.purser.ingest;

import dev.purser.documents.DocumentChange;
import dev.purser.documents.Documents;
import dev.purser.partitions.Change;
import dev.purser.partitions.Partition;
import dev.purser.vectors.Spaces;
import dev.purser.vectors.VectorChange;
import java.util.List;
import java.util.concurrent.CompletionStage;

/// All that the bulk lane asks of those who own records: lines whose type is no customer's go
/// through this door. Stages never fail.
public interface RecordWrites {

  /// The partition that owns the record `id` of a type: its changes go together.
  int partition(String type, String id);

  /// Applies changes of records of a type that one partition owns, in their order, as bulk.
  CompletionStage<Partition.Reply> apply(
      String type, int partition, List<Change> changes, long deadlineMillis);

  /// The door to `documents`, whose type is `document`, and to `spaces`, whose type is `vector`.
  static RecordWrites of(Documents documents, Spaces spaces) {
    return new RecordWrites() {
      @Override
      public int partition(String type, String id) {
        return switch (type) {
          case "document" -> documents.partition(id);
          case "vector" -> spaces.partition(id);
          default -> throw unknown(type);
        };
      }

      @Override
      public CompletionStage<Partition.Reply> apply(
          String type, int partition, List<Change> changes, long deadlineMillis) {
        return switch (type) {
          case "document" ->
              documents.apply(partition, own(DocumentChange.class, changes), true, deadlineMillis);
          case "vector" ->
              spaces.apply(partition, own(VectorChange.class, changes), true, deadlineMillis);
          default -> throw unknown(type);
        };
      }
    };
  }

  private static <W extends Change> List<W> own(Class<W> type, List<Change> changes) {
    return changes.stream().map(type::cast).toList();
  }

  private static IllegalArgumentException unknown(String type) {
    return new IllegalArgumentException("no records of this type: " + type);
  }
}
