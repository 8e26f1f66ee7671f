package dev.purser.ingest;

import dev.purser.partitions.Change;
import dev.purser.partitions.Outcome;
import dev.purser.partitions.Partition;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

/// Owners of records: two partitions, which store all that they are sent.
final class StubRecords implements RecordWrites {
  final List<List<String>> batches = new CopyOnWriteArrayList<>();

  @Override
  public int partition(String type, String id) {
    return id.hashCode() & 1;
  }

  @Override
  public CompletionStage<Partition.Reply> apply(
      String type, int partition, List<Change> changes, long deadlineMillis) {
    batches.add(changes.stream().map(Change::id).toList());
    List<Outcome> outcomes =
        changes.stream().<Outcome>map(_ -> new Outcome.Stored(1, true, null, null)).toList();
    return CompletableFuture.completedFuture(new Partition.Reply.Applied(outcomes));
  }
}
