package dev.purser.vectors;

import dev.purser.cluster.Ask;
import dev.purser.database.CustomerSave;
import dev.purser.database.Database;
import dev.purser.database.NodeLease;
import dev.purser.database.SaveReply;
import dev.purser.partitions.Partitions;
import dev.purser.vectors.VectorAsk.Told;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.jspecify.annotations.Nullable;

/// The door to tastes: the space that the service keeps itself, a vector for each customer who has
/// bought something ([Taste]). Safe for many threads. Deadlines are absolute, in the clock's
/// milliseconds since 1970; stages fail with a [dev.purser.faults.Fault].
public final class Tastes {
  private final ActorSystem<?> system;
  private final Partitions partitions;
  final ActorRef<TasteFeed.Command> feed;
  private final Duration patience;

  private Tastes(
      ActorSystem<?> system,
      Partitions partitions,
      ActorRef<TasteFeed.Command> feed,
      Duration patience) {
    this.system = system;
    this.partitions = partitions;
    this.feed = feed;
    this.patience = patience;
  }

  static Tastes start(
      ActorSystem<?> system,
      ActorRef<Database.Command> database,
      Allowance allowance,
      Passes.Tools tools,
      InstantSource clock,
      NodeLease lease) {
    SpacesSettings settings = tools.settings();
    Partitions partitions =
        Partitions.start(
            system,
            new TasteHolding.Tasting(allowance, tools),
            database,
            settings.vectors(),
            clock,
            lease);
    TasteReading reading = new TasteReading(system, database, settings.taste(), clock);
    var setup =
        new TasteFeed.Setup(partitions, reading, settings.taste(), clock, TasteMetrics.INSTANCE);
    return new Tastes(
        system,
        partitions,
        system.systemActorOf(TasteFeed.create(setup), "taste-feed", Props.empty()),
        settings.taste().patience());
  }

  /// Completed when all tastes have been loaded.
  CompletionStage<Done> loaded() {
    return partitions.loaded();
  }

  /// Tells what has become of a save, at once when it is committed; waits for nothing.
  ///
  /// @param saved null if nobody knows
  public void saved(CustomerSave save, SaveReply.@Nullable Saved saved) {
    TasteNews news = Taste.news(save, saved);
    if (news != null) {
      feed.tell(new TasteFeed.News(save.customer(), news));
    }
  }

  /// Completed when no news of a customer are on their way any more, or after some patience.
  public CompletionStage<Done> settled(String id) {
    CompletionStage<Done> settled =
        Ask.of(feed, to -> new TasteFeed.Await(id, to), patience, system);
    return settled.exceptionally(_ -> Done.done());
  }

  /// Who is most like a customer, best first; nobody if it has no taste.
  ///
  /// @param k how many at most
  public CompletionStage<List<Neighbour>> similar(String id, int k, long deadlineMillis) {
    return settled(id)
        .thenCompose(_ -> get(id, deadlineMillis))
        .thenCompose(
            own ->
                own.isEmpty()
                    ? CompletableFuture.completedFuture(List.of())
                    : search(new Spaces.Question(own.get(), Metric.COSINE, k + 1), deadlineMillis)
                        .thenApply(
                            found ->
                                found.stream().filter(n -> !n.id().equals(id)).limit(k).toList()));
  }

  /// Computes every taste from the database anew, in the background; false if a comparison with the
  /// database was running, which is not begun again.
  public CompletionStage<Boolean> rebuild() {
    return Ask.of(feed, to -> new TasteFeed.Compare(true, to), patience, system);
  }

  /// The taste of a customer, of length 1; empty if it has none.
  CompletionStage<Optional<float[]>> get(String id, long deadlineMillis) {
    return partitions
        .<Told>ask(id, deadlineMillis, to -> new VectorAsk.Get(id, TasteHolding.GENERATION, to))
        .thenApply(Spaces::vector);
  }

  /// The nearest tastes, best first, ties by id.
  CompletionStage<List<Neighbour>> search(Spaces.Question question, long deadlineMillis) {
    return Spaces.search(
        partitions,
        Spaces.TASTE,
        TasteHolding.GENERATION,
        TasteSums.DIMENSION,
        question,
        deadlineMillis);
  }

  /// How many customers have a taste.
  CompletionStage<Long> count(long deadlineMillis) {
    return partitions
        .<Told>askAll(deadlineMillis, VectorAsk.Sizes::new)
        .thenApply(
            all ->
                all.stream()
                    .mapToLong(
                        told ->
                            switch (told) {
                              case Told.Counted(List<VectorAsk.Size> sizes) ->
                                  sizes.stream().mapToLong(VectorAsk.Size::count).sum();
                              default -> throw Spaces.misunderstood(told);
                            })
                    .sum());
  }
}
