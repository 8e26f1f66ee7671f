package dev.purser.vectors;

import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.partitions.Outcome;
import dev.purser.partitions.Partition;
import dev.purser.partitions.Partitions;
import dev.purser.vectors.VectorAsk.Told;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/// The deletion of one space: it is closed, so that nothing more is claimed; its partitions are
/// sealed, so that nothing on its way is stored; its vectors are deleted page by page; and when
/// none is left its name is free. Each step may be repeated: a deletion that was cut off is
/// finished by the next one.
///
/// Safe for many threads; used once.
final class Dropping {
  private static final int PAGE = 500;

  private final String space;
  private final Names names;
  private final Partitions vectors;
  private final long deadlineMillis;

  Dropping(String space, Names names, Partitions vectors, long deadlineMillis) {
    this.space = space;
    this.names = names;
    this.vectors = vectors;
    this.deadlineMillis = deadlineMillis;
  }

  /// False if there is no such space.
  CompletionStage<Boolean> run() {
    return names
        .change(new SpaceChange.Close(space), deadlineMillis)
        .thenCompose(
            closed ->
                switch (closed) {
                  case Outcome.Stored(_, _, byte[] content, _) -> emptied(Names.space(content));
                  case Outcome.Same(_, byte[] content) -> emptied(Names.space(content));
                  case Outcome.Refused(ServiceError.NotFound _), Outcome.Removed _ ->
                      CompletableFuture.completedFuture(false);
                  case Outcome.Refused(ServiceError error) -> throw new Fault(error);
                });
  }

  private CompletionStage<Boolean> emptied(SpaceRecord record) {
    return left(record.generation())
        .thenCompose(_ -> behindAllSaves(record.generation()))
        .thenCompose(_ -> emptied(record.generation(), false))
        .thenCompose(
            _ -> names.change(new SpaceChange.Forget(space, record.generation()), deadlineMillis))
        .thenApply(_ -> true);
  }

  /// Deletes what is left until a look that follows a wait for all saves finds nothing.
  private CompletionStage<Void> emptied(long generation, boolean sure) {
    return left(generation)
        .thenCompose(
            ids -> {
              if (ids.isEmpty()) {
                return sure
                    ? CompletableFuture.completedStage(null)
                    : behindAllSaves(generation).thenCompose(_ -> emptied(generation, true));
              }
              return delete(ids, generation).thenCompose(_ -> emptied(generation, false));
            });
  }

  /// Seals all partitions; answers some ids that are left in them.
  private CompletionStage<List<String>> left(long generation) {
    return vectors
        .<Told>askAll(deadlineMillis, to -> new VectorAsk.Seal(space, generation, PAGE, to))
        .thenApply(
            all ->
                all.stream()
                    .flatMap(
                        told ->
                            switch (told) {
                              case Told.Sealed(List<String> ids) -> ids.stream();
                              default -> throw Spaces.misunderstood(told);
                            })
                    .toList());
  }

  /// A save that was decided before the seal is committed by the time that a change behind it has
  /// its outcome. The change is of no vector: ids are not empty.
  private CompletionStage<Void> behindAllSaves(long generation) {
    CompletionStage<Void> done = CompletableFuture.completedStage(null);
    String nothing = VectorKey.of(space, "");
    for (int n = 0; n < vectors.count(); n++) {
      int partition = n;
      done =
          done.thenCompose(
              _ -> apply(partition, List.of(new VectorChange.Delete(nothing, generation))));
    }
    return done;
  }

  private CompletionStage<Void> delete(List<String> ids, long generation) {
    Map<Integer, List<VectorChange>> byPartition =
        ids.stream()
            .<VectorChange>map(id -> new VectorChange.Delete(VectorKey.of(space, id), generation))
            .collect(
                Collectors.groupingBy(
                    change -> vectors.partition(change.id()), TreeMap::new, Collectors.toList()));
    CompletionStage<Void> done = CompletableFuture.completedStage(null);
    for (Map.Entry<Integer, List<VectorChange>> part : byPartition.entrySet()) {
      done = done.thenCompose(_ -> apply(part.getKey(), part.getValue()));
    }
    return done;
  }

  /// What is not there is as good as deleted.
  private CompletionStage<Void> apply(int partition, List<VectorChange> changes) {
    return vectors
        .apply(
            partition,
            deadlineMillis,
            to -> new VectorChange.Apply(changes, false, deadlineMillis, to))
        .thenAccept(
            reply -> {
              if (reply instanceof Partition.Reply.Refused(ServiceError error, _)) {
                throw new Fault(error);
              }
            });
  }
}
