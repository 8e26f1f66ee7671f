package dev.purser.vectors;

import dev.purser.config.Heap;
import dev.purser.database.Database;
import dev.purser.database.NodeLease;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Utf8;
import dev.purser.partitions.Partition;
import dev.purser.partitions.Partitions;
import dev.purser.vectors.VectorAsk.Told;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.stream.Stream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.DispatcherSelector;

/// The door to vector spaces: what the edge and the bulk lane may ask. Safe for many threads.
///
/// A space is a record of its own, whose partition decides its dimension; its vectors are spread
/// over other partitions, each with a block of them. Every request asks the space first, so that no
/// node acts on what it remembers of one that has been deleted.
///
/// Deadlines are absolute, in the clock's milliseconds since 1970. Stages of [#apply] never fail;
/// the others fail with a [Fault].
public final class Spaces {
  /// The space that is kept by the service itself.
  public static final String TASTE = "taste";

  private final Names names;
  private final Partitions vectors;
  private final Tastes taste;
  private final SpaceDeletions deletions;

  /// A space as callers see it.
  public record Space(String name, int dimension, long count) {}

  /// What a search asks for.
  ///
  /// @param vector of the space's dimension, finite; handed over
  /// @param k how many of the nearest
  @SuppressWarnings("ArrayRecordComponent") // a documented hand-over, compared by nobody
  public record Question(float[] vector, Metric metric, int k) {}

  private Spaces(Names names, Partitions vectors, Tastes taste, SpaceDeletions deletions) {
    this.deletions = deletions;
    this.names = names;
    this.vectors = vectors;
    this.taste = taste;
  }

  /// Starts spaces on this node.
  public static Spaces start(
      ActorSystem<?> system,
      ActorRef<Database.Command> database,
      SpacesSettings settings,
      InstantSource clock,
      NodeLease lease) {
    Executor workers =
        system.dispatchers().lookup(DispatcherSelector.fromConfig("purser.vectors.dispatcher"));
    Passes.Tools tools = new Passes.Tools(settings, RowKernels.chosen(), workers, clock);
    Allowance allowance =
        new Allowance(Heap.fitting("purser.spaces.memory", settings.memoryBytes()));
    var vectors = new VectorHolding.VectorKind(allowance, tools);
    Names names =
        new Names(
            Partitions.start(
                system,
                new SpaceHolding.Spaces(settings.most()),
                database,
                settings.names(),
                clock,
                lease),
            allowance,
            clock);
    Partitions partitions =
        Partitions.start(system, vectors, database, settings.vectors(), clock, lease);
    SpaceDeletions deletions = new SpaceDeletions(names, partitions, clock);
    deletions.start(system);
    Tastes tastes = Tastes.start(system, database, allowance, tools, clock, lease);
    return new Spaces(names, partitions, tastes, deletions);
  }

  /// The space that is kept by the service itself.
  public Tastes taste() {
    return taste;
  }

  /// Completed when all spaces and vectors have been loaded.
  public CompletionStage<Done> loaded() {
    return names
        .loaded()
        .thenCombine(vectors.loaded(), (done, _) -> done)
        .thenCombine(taste.loaded(), (done, _) -> done);
  }

  /// The partition that owns the record of a vector, as [VectorChange#id()] names it.
  public int partition(String record) {
    return vectors.partition(record);
  }

  /// Applies changes of vectors that one partition owns, in their order. The first vector of a
  /// space makes it; a vector of another dimension is refused by itself.
  ///
  /// @param bulk whether they may wait behind others
  public CompletionStage<Partition.Reply> apply(
      int partition, List<VectorChange> changes, boolean bulk, long deadlineMillis) {
    return names
        .claimed(changes, deadlineMillis)
        .thenCompose(claims -> apply(partition, claims.judged(changes), bulk, deadlineMillis))
        .exceptionally(failure -> new Partition.Reply.Refused(Names.error(failure), false));
  }

  private CompletionStage<Partition.Reply> apply(
      int partition, Judged judged, boolean bulk, long deadlineMillis) {
    if (judged.good().isEmpty()) {
      return CompletableFuture.completedFuture(judged.with(List.of()));
    }
    return vectors
        .apply(
            partition,
            deadlineMillis,
            to -> new VectorChange.Apply(judged.good(), bulk, deadlineMillis, to))
        .thenApply(
            reply ->
                switch (reply) {
                  case Partition.Reply.Applied(var outcomes) -> judged.with(outcomes);
                  case Partition.Reply.Refused refused -> refused;
                });
  }

  /// The vector of an id; empty if there is none, or no such space.
  public CompletionStage<Optional<float[]>> get(String space, String id, long deadlineMillis) {
    if (space.equals(TASTE)) {
      return taste.get(id, deadlineMillis);
    }
    return names
        .find(space, deadlineMillis)
        .thenCompose(
            found ->
                found.isEmpty()
                    ? CompletableFuture.completedFuture(Optional.empty())
                    : get(space, id, found.get().generation(), deadlineMillis));
  }

  private CompletionStage<Optional<float[]>> get(
      String space, String id, long generation, long deadlineMillis) {
    String key = VectorKey.of(space, id);
    return vectors
        .<Told>ask(key, deadlineMillis, to -> new VectorAsk.Get(key, generation, to))
        .thenApply(Spaces::vector);
  }

  static Optional<float[]> vector(Told told) {
    return switch (told) {
      case Told.One(byte[] values) -> Optional.ofNullable(values).map(FloatBytes::decoded);
      default -> throw misunderstood(told);
    };
  }

  /// All spaces, in the order of their names.
  public CompletionStage<List<Space>> all(long deadlineMillis) {
    return names
        .all(deadlineMillis)
        .thenCombine(counts(deadlineMillis), (all, counts) -> spaces(all, counts))
        .thenCombine(taste.count(deadlineMillis), Spaces::withTaste);
  }

  /// A space that holds nothing yet does not exist, and this one is no exception.
  private static List<Space> withTaste(Stream<Space> spaces, long tastes) {
    Stream<Space> taste =
        tastes == 0 ? Stream.of() : Stream.of(new Space(TASTE, TasteSums.DIMENSION, tastes));
    return Stream.concat(spaces, taste).sorted((a, b) -> Utf8.compare(a.name(), b.name())).toList();
  }

  private static Stream<Space> spaces(
      List<SpaceAsk.Named> all, Map<String, Map<Long, Long>> counts) {
    return all.stream()
        .filter(named -> !named.space().closing())
        .map(
            named ->
                new Space(
                    named.name(),
                    named.space().dimension(),
                    counts
                        .getOrDefault(named.name(), Map.of())
                        .getOrDefault(named.space().generation(), 0L)));
  }

  /// Vectors by space and generation.
  private CompletionStage<Map<String, Map<Long, Long>>> counts(long deadlineMillis) {
    return vectors
        .<Told>askAll(deadlineMillis, VectorAsk.Sizes::new)
        .thenApply(
            all -> {
              Map<String, Map<Long, Long>> counts = new HashMap<>();
              for (Told told : all) {
                if (!(told instanceof Told.Counted(List<VectorAsk.Size> sizes))) {
                  throw misunderstood(told);
                }
                sizes.forEach(
                    size ->
                        counts
                            .computeIfAbsent(size.space(), _ -> new HashMap<>())
                            .merge(size.generation(), size.count(), Long::sum));
              }
              return counts;
            });
  }

  /// The nearest vectors of a space, best first, ties by id; empty if there is no such space. A
  /// question of another dimension is refused.
  public CompletionStage<Optional<List<Neighbour>>> search(
      String space, Question question, long deadlineMillis) {
    if (space.equals(TASTE)) {
      return taste.search(question, deadlineMillis).thenApply(Optional::of);
    }
    return names
        .find(space, deadlineMillis)
        .thenCompose(
            found ->
                found.isEmpty()
                    ? CompletableFuture.completedFuture(Optional.empty())
                    : search(
                            vectors,
                            space,
                            found.get().generation(),
                            found.get().dimension(),
                            question,
                            deadlineMillis)
                        .thenApply(Optional::of));
  }

  static CompletionStage<List<Neighbour>> search(
      Partitions partitions,
      String space,
      long generation,
      int dimension,
      Question question,
      long deadlineMillis) {
    if (question.vector().length != dimension) {
      return CompletableFuture.failedStage(
          new Fault(Names.otherDimension(question.vector().length, dimension)));
    }
    byte[] vector = FloatBytes.encoded(question.vector());
    return partitions
        .<Told>askAll(
            deadlineMillis,
            to ->
                new VectorAsk.Find(
                    space, generation, question.metric(), vector, question.k(), deadlineMillis, to))
        .thenApply(
            all ->
                all.stream()
                    .flatMap(told -> found(told).stream())
                    .sorted(Neighbour.bestFirst(question.metric()))
                    .limit(question.k())
                    .toList());
  }

  private static List<Neighbour> found(Told told) {
    return switch (told) {
      case Told.Found(List<Neighbour> neighbours) -> neighbours;
      default -> throw misunderstood(told);
    };
  }

  /// Deletes a space and all its vectors; false if there is none. At the deadline the space is
  /// closed at least, and its deletion goes on.
  public CompletionStage<Boolean> drop(String space, long deadlineMillis) {
    return deletions.drop(space, deadlineMillis);
  }

  /// An answer that is none: an error, or that of another question.
  static Fault misunderstood(Told told) {
    return new Fault(
        told instanceof Told.NotTold(ServiceError error)
            ? error
            : new ServiceError.Internal("A partition of vectors misunderstood a question"));
  }
}
