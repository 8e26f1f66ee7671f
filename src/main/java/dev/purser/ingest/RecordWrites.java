package dev.purser.ingest;

import dev.purser.documents.DocumentChange;
import dev.purser.documents.Documents;
import dev.purser.partitions.Change;
import dev.purser.partitions.Partition;
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

  /// The door to `documents`, whose type is `document`.
  static RecordWrites of(Documents documents) {
    return new RecordWrites() {
      @Override
      public int partition(String type, String id) {
        return documents.partition(id);
      }

      @Override
      public CompletionStage<Partition.Reply> apply(
          String type, int partition, List<Change> changes, long deadlineMillis) {
        List<DocumentChange> own = changes.stream().map(DocumentChange.class::cast).toList();
        return documents.apply(partition, own, true, deadlineMillis);
      }
    };
  }
}
