package dev.purser.vectors;

import dev.purser.database.Query;
import dev.purser.faults.Fault;
import dev.purser.ledger.Utf8;
import dev.purser.vectors.VectorAsk.Told;
import dev.purser.vectors.VectorAsk.Version;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;

/// One comparison of all tastes with the database: pages of customers and their versions beside
/// what the partitions hold of the same range of ids. Whatever differs is given to the feed, and
/// the next page is read when the feed is through with it.
///
/// Used once; nothing of it is shared between threads but by the order of its stages.
final class TasteRound {
  /// How long the feed may take for the customers of one page, beyond which the comparison ends.
  private static final Duration PATIENCE = Duration.ofMinutes(10);

  private final TasteFeed.Setup at;
  private final ActorSystem<?> system;
  private final ActorRef<TasteFeed.Command> feed;
  private final boolean all;

  /// @param all whether customers are given to the feed whose version is right
  TasteRound(
      TasteFeed.Setup at, ActorSystem<?> system, ActorRef<TasteFeed.Command> feed, boolean all) {
    this.at = at;
    this.system = system;
    this.feed = feed;
    this.all = all;
  }

  /// Some customers of the database and some tastes, both after the same id.
  ///
  /// @param last the last id of which both are known, or null if all are
  private record Page(@Nullable String last, Map<String, Long> stored, Map<String, Long> covered) {}

  CompletionStage<Done> run() {
    return after(null);
  }

  /// Logs why a comparison ended early: a fault in a sentence, since that is of the sort that
  /// happens, as when the node leaves, anything else as the bug that it is.
  static void failed(Logger log, Throwable failure) {
    switch (Fault.cause(failure)) {
      case Fault fault -> log.warn("Tastes cannot be compared now: {}", fault.error().message());
      case Throwable bug -> log.warn("Tastes could not be compared with the database", bug);
    }
  }

  private CompletionStage<Done> after(@Nullable String id) {
    return page(id)
        .thenCompose(page -> doubt(page).thenApply(_ -> page))
        .thenCompose(
            page ->
                page.last == null
                    ? CompletableFuture.completedFuture(Done.done())
                    : after(page.last));
  }

  private CompletionStage<Page> page(@Nullable String after) {
    int limit = at.settings().page();
    return at.reading()
        .ask(new Query.CustomerVersions(limit, after))
        .thenCompose(
            stored -> {
              String last = stored.size() < limit ? null : stored.getLast().id();
              long deadline = at.clock().millis() + at.settings().timeout().toMillis();
              return at.tastes()
                  .<Told>askAll(deadline, to -> new VectorAsk.Covered(after, last, limit, to))
                  .thenApply(told -> page(last, limit, stored, told));
            });
  }

  private static Page page(
      @Nullable String end, int limit, List<Query.CustomerVersion> stored, List<Told> told) {
    String last = end;
    Map<String, Long> covered = new HashMap<>();
    for (Told one : told) {
      if (!(one instanceof Told.Versions(List<Version> versions))) {
        throw Spaces.misunderstood(one);
      }
      versions.forEach(v -> covered.put(v.id(), v.version()));
      // A partition that may hold more ends the page where its answer does.
      String at = versions.size() < limit ? null : versions.getLast().id();
      last = at != null && (last == null || Utf8.compare(at, last) < 0) ? at : last;
    }
    Map<String, Long> versions = new HashMap<>();
    stored.forEach(c -> versions.put(c.id(), c.version()));
    return new Page(last, versions, covered);
  }

  private CompletionStage<Done> doubt(Page page) {
    TreeSet<String> ids = new TreeSet<>(Utf8::compare);
    ids.addAll(page.stored.keySet());
    ids.addAll(page.covered.keySet());
    List<String> doubted =
        (page.last == null ? ids : ids.headSet(page.last, true))
            .stream().filter(id -> doubted(page, id)).toList();
    return doubted.isEmpty()
        ? CompletableFuture.completedFuture(Done.done())
        : AskPattern.ask(
            feed, to -> new TasteFeed.Doubt(doubted, to), PATIENCE, system.scheduler());
  }

  private boolean doubted(Page page, String id) {
    Long stored = page.stored.get(id);
    Long covered = page.covered.get(id);
    // A taste may be ahead of the page, which was read before.
    boolean differs = stored == null || covered == null || covered < stored;
    if (differs) {
      at.metrics().differing();
    }
    return all || differs;
  }
}
