package dev.purser.vectors;

import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.partitions.Outcome;
import dev.purser.partitions.Partition;
import dev.purser.partitions.Partitions;
import dev.purser.vectors.SpaceAsk.Named;
import dev.purser.vectors.SpaceAsk.Told;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.jspecify.annotations.Nullable;

/// The spaces themselves: which there are, and who gets to make one. Safe for many threads; stages
/// fail with a [Fault].
final class Names {
  /// Bytes of the longest id of a vector.
  private static final long LONGEST_ID = 512;

  private final Partitions partitions;
  private final Allowance allowance;
  private final InstantSource clock;

  /// @param allowance of this node's vectors
  Names(Partitions partitions, Allowance allowance, InstantSource clock) {
    this.partitions = partitions;
    this.allowance = allowance;
    this.clock = clock;
  }

  CompletionStage<Done> loaded() {
    return partitions.loaded();
  }

  /// The space, unless it is being deleted.
  CompletionStage<Optional<SpaceRecord>> find(String name, long deadlineMillis) {
    return partitions
        .<Told>ask(name, deadlineMillis, to -> new SpaceAsk.One(name, to))
        .thenApply(
            told ->
                known(told).stream()
                    .map(Named::space)
                    .filter(space -> !space.closing())
                    .findFirst());
  }

  CompletionStage<List<Named>> all(long deadlineMillis) {
    return partitions
        .<Told>askAll(deadlineMillis, SpaceAsk.All::new)
        .thenApply(all -> all.stream().flatMap(told -> known(told).stream()).toList());
  }

  private static List<Named> known(Told told) {
    return switch (told) {
      case Told.Known(List<Named> spaces) -> spaces;
      case Told.NotTold(ServiceError error) -> throw new Fault(error);
    };
  }

  /// What is known of the spaces that changes name.
  ///
  /// @param spaces by name; null where there is no space, which only deletions may find
  /// @param refused why a space may not be written, by name
  record Claims(Map<String, @Nullable SpaceRecord> spaces, Map<String, ServiceError> refused) {

    /// Gives each change the generation of its space, or refuses it.
    Judged judged(List<VectorChange> changes) {
      List<VectorChange> good = new ArrayList<>(changes.size());
      List<@Nullable Outcome> outcomes = new ArrayList<>(changes.size());
      for (VectorChange change : changes) {
        String name = VectorKey.space(change.id());
        SpaceRecord space = spaces.get(name);
        ServiceError error = refused.get(name);
        if (error == null) {
          error = whyNot(change, space);
        }
        outcomes.add(error == null ? null : new Outcome.Refused(error));
        if (error == null && space != null) {
          good.add(change.of(space.generation()));
        }
      }
      return new Judged(good, outcomes);
    }

    private static @Nullable ServiceError whyNot(VectorChange change, @Nullable SpaceRecord space) {
      if (space == null) {
        return new ServiceError.NotFound("There is no vector of this id.");
      }
      return change instanceof VectorChange.Put put && put.dimension() != space.dimension()
          ? otherDimension(put.dimension(), space.dimension())
          : null;
    }
  }

  static ServiceError otherDimension(int given, int wanted) {
    return ServiceError.Validation.of(
        "vector", "has " + given + " values; those of its space have " + wanted);
  }

  /// Asks every space that the changes name; one that is not there is made for its first vector.
  CompletionStage<Claims> claimed(List<VectorChange> changes, long deadlineMillis) {
    Map<String, Integer> dimensions = new LinkedHashMap<>();
    for (VectorChange change : changes) {
      int dimension = change instanceof VectorChange.Put put ? put.dimension() : 0;
      dimensions.merge(
          VectorKey.space(change.id()), dimension, (first, next) -> first == 0 ? next : first);
    }
    CompletionStage<Claims> claims =
        CompletableFuture.completedFuture(new Claims(new LinkedHashMap<>(), new LinkedHashMap<>()));
    for (Map.Entry<String, Integer> space : dimensions.entrySet()) {
      claims =
          claims.thenCompose(so -> claim(so, space.getKey(), space.getValue(), deadlineMillis));
    }
    return claims;
  }

  private CompletionStage<Claims> claim(
      Claims so, String name, int dimension, long deadlineMillis) {
    return find(name, deadlineMillis)
        .thenCompose(
            found -> {
              if (found.isPresent() || dimension == 0) {
                so.spaces().put(name, found.orElse(null));
                return CompletableFuture.completedFuture(so);
              }
              // A space whose first vector finds no room would keep its dimension all the same.
              // Of another node's room its partition knows, and then that is so.
              if (!allowance.has(Block.rowBytes(dimension, LONGEST_ID))) {
                so.refused().put(name, VectorHolding.FULL);
                return CompletableFuture.completedFuture(so);
              }
              return made(so, name, dimension, deadlineMillis);
            });
  }

  private CompletionStage<Claims> made(Claims so, String name, int dimension, long deadlineMillis) {
    return change(new SpaceChange.Claim(name, dimension, clock.millis()), deadlineMillis)
        .thenApply(
            outcome -> {
              switch (outcome) {
                case Outcome.Stored(_, _, byte[] content, _) ->
                    so.spaces().put(name, space(content));
                case Outcome.Same(_, byte[] content) -> so.spaces().put(name, space(content));
                case Outcome.Refused(ServiceError error) -> so.refused().put(name, error);
                case Outcome.Removed _ -> throw new Fault(SpaceHolding.CLOSING);
              }
              return so;
            });
  }

  static SpaceRecord space(byte @Nullable [] content) {
    if (content == null) {
      throw new IllegalStateException("a space was answered without its content");
    }
    return SpaceRecord.decoded(content);
  }

  /// Changes a space itself.
  CompletionStage<Outcome> change(SpaceChange change, long deadlineMillis) {
    return partitions
        .apply(
            partitions.partition(change.id()),
            deadlineMillis,
            to -> new SpaceChange.Apply(List.of(change), false, deadlineMillis, to))
        .thenApply(
            reply ->
                switch (reply) {
                  case Partition.Reply.Applied(List<Outcome> outcomes) -> outcomes.getFirst();
                  case Partition.Reply.Refused(ServiceError error, _) -> throw new Fault(error);
                });
  }

  /// The error that a stage failed with.
  static ServiceError error(Throwable failure) {
    Throwable cause = Fault.cause(failure);
    return cause instanceof Fault fault
        ? fault.error()
        : new ServiceError.Internal("an unexpected failure: " + cause);
  }
}
