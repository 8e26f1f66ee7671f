package dev.purser.vectors;

import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.partitions.Partition;
import dev.purser.partitions.Partitions;
import dev.purser.vectors.VectorAsk.Told;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;

/// The deletion of one space that is closed, so that nothing more is claimed: its partitions are
/// sealed, so that nothing on its way is stored; its vectors are deleted page by page, in the bulk
/// lane; and when none is left its name is free. Each step may be repeated: a deletion that was cut
/// off is finished by the next one.
///
/// Safe for many threads; used once.
final class Dropping {
  /// Vectors of one partition that are deleted by one save.
  private static final int PAGE = 200;

  /// How long one step may take: as many as it takes may follow.
  private static final Duration STEP = Duration.ofSeconds(30);

  private final String space;
  private final long generation;
  private final Names names;
  private final Partitions vectors;
  private final InstantSource clock;

  Dropping(String space, long generation, Names names, Partitions vectors, InstantSource clock) {
    this.space = space;
    this.generation = generation;
    this.names = names;
    this.vectors = vectors;
    this.clock = clock;
  }

  CompletionStage<Void> run() {
    return left()
        .thenCompose(_ -> behindAllSaves())
        .thenCompose(_ -> emptied(false))
        .thenCompose(_ -> names.change(new SpaceChange.Forget(space, generation), deadlineMillis()))
        .thenApply(_ -> null);
  }

  private long deadlineMillis() {
    return clock.millis() + STEP.toMillis();
  }

  /// Deletes what is left until a look that follows a wait for all saves finds nothing.
  private CompletionStage<Void> emptied(boolean sure) {
    return left()
        .thenCompose(
            ids -> {
              if (ids.isEmpty()) {
                return sure
                    ? CompletableFuture.completedStage(null)
                    : behindAllSaves().thenCompose(_ -> emptied(true));
              }
              return delete(ids).thenCompose(_ -> emptied(false));
            });
  }

  /// Seals all partitions; answers some ids that are left in them.
  private CompletionStage<List<String>> left() {
    return vectors
        .<Told>askAll(deadlineMillis(), to -> new VectorAsk.Seal(space, generation, PAGE, to))
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
  private CompletionStage<Void> behindAllSaves() {
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

  private CompletionStage<Void> delete(List<String> ids) {
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
    long deadline = deadlineMillis();
    return vectors
        .apply(partition, deadline, to -> new VectorChange.Apply(changes, true, deadline, to))
        .thenAccept(
            reply -> {
              if (reply instanceof Partition.Reply.Refused(ServiceError error, _)) {
                throw new Fault(error);
              }
            });
  }
}
