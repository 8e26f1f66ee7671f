package dev.purser.vectors;

import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.partitions.Outcome;
import dev.purser.partitions.Partitions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The deletions of spaces on this node. A space is closed first, and from then on it is absent for
/// everybody; its vectors go in pieces, however long that takes and whether or not a caller still
/// waits. A deletion that was cut off, since its node was killed or the database was away, is found
/// by the mark of its space, at start and from then on, and finished.
///
/// Several nodes may be at the same deletion: what is gone is as good as deleted. One of an earlier
/// space of the name never touches a later one, which has another generation.
///
/// Safe for many threads.
final class SpaceDeletions {
  private static final Logger LOG = LoggerFactory.getLogger(SpaceDeletions.class);

  /// How often closed spaces are looked for: a few questions to partitions that are in memory.
  private static final Duration EVERY = Duration.ofSeconds(10);

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Names names;
  private final Partitions vectors;
  private final InstantSource clock;
  private final ConcurrentHashMap<Closed, CompletableFuture<Void>> running =
      new ConcurrentHashMap<>(); // one for each space at most, whose number is bounded

  SpaceDeletions(Names names, Partitions vectors, InstantSource clock) {
    this.names = names;
    this.vectors = vectors;
    this.clock = clock;
  }

  private record Closed(String space, long generation) {}

  /// Finishes what was cut off, once all spaces are loaded and then again and again.
  void start(ActorSystem<?> system) {
    var _ =
        names
            .loaded()
            .thenCombine(
                vectors.loaded(),
                (_, _) ->
                    system
                        .scheduler()
                        .scheduleWithFixedDelay(
                            Duration.ZERO, EVERY, this::resume, system.executionContext()));
  }

  private void resume() {
    var _ =
        names
            .all(clock.millis() + PATIENCE.toMillis())
            .handle(
                (all, failure) -> {
                  if (failure == null) {
                    for (var named : all) {
                      if (named.space().closing()) {
                        var _ = finish(named.name(), named.space().generation());
                      }
                    }
                  }
                  return failure; // there is another look soon
                });
  }

  /// Deletes a space and all its vectors; false if there is none. Once it is closed, a failure or a
  /// deadline ends the waiting, not the deletion.
  CompletionStage<Boolean> drop(String space, long deadlineMillis) {
    return names
        .change(new SpaceChange.Close(space), deadlineMillis)
        .thenCompose(
            closed ->
                switch (closed) {
                  case Outcome.Stored(_, _, byte[] content, _) ->
                      dropped(space, Names.space(content), deadlineMillis);
                  case Outcome.Same(_, byte[] content) ->
                      dropped(space, Names.space(content), deadlineMillis);
                  case Outcome.Refused(ServiceError.NotFound _), Outcome.Removed _ ->
                      CompletableFuture.completedFuture(false);
                  case Outcome.Refused(ServiceError error) -> throw new Fault(error);
                });
  }

  private CompletionStage<Boolean> dropped(String space, SpaceRecord record, long deadlineMillis) {
    long left = Math.max(0, deadlineMillis - clock.millis());
    return finish(space, record.generation())
        .copy()
        .orTimeout(left, TimeUnit.MILLISECONDS)
        .handle(
            (_, failure) -> {
              if (failure == null) {
                return true;
              }
              // Whatever it was: the space is closed, so the answer may not be that nothing was
              // done.
              throw new Fault(
                  new ServiceError.Timeout("The space is closed, and still being deleted."),
                  failure);
            });
  }

  /// One at a time for each space.
  private CompletableFuture<Void> finish(String space, long generation) {
    Closed closed = new Closed(space, generation);
    CompletableFuture<Void> begun = new CompletableFuture<>();
    CompletableFuture<Void> earlier = running.putIfAbsent(closed, begun);
    if (earlier != null) {
      return earlier;
    }
    var _ =
        new Dropping(space, generation, names, vectors, clock)
            .run()
            .whenComplete(
                (_, failure) -> {
                  running.remove(closed);
                  if (failure == null) {
                    begun.complete(null);
                  } else {
                    String why = Names.error(failure).message();
                    LOG.warn("The deletion of the space {} is put off: {}", space, why);
                    begun.completeExceptionally(failure);
                  }
                });
    return begun;
  }
}
