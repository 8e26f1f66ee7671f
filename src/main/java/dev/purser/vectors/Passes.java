package dev.purser.vectors;

import dev.purser.faults.ServiceError;
import dev.purser.vectors.VectorAsk.Find;
import dev.purser.vectors.VectorAsk.Told;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The searches of one space in one partition. Those that come while a pass over the block is
/// running wait, and share the next one. During a pass the block is lent to the workers: its owner
/// changes nothing until the pass has ended.
///
/// Confined to the partition, but for what a [Pass] does.
final class Passes {
  private static final ServiceError LATE =
      new ServiceError.Timeout("The deadline passed before the search had ended.");
  private static final ServiceError FULL =
      new ServiceError.Overloaded("Too many searches of this space are waiting.");

  private final Block block;
  private final Tools tools;
  private final Consumer<Pass> tellEnded;
  private final Deque<Find> waiting = new ArrayDeque<>();
  private @Nullable Pass pass;

  /// What searches are done with. Immutable.
  ///
  /// @param workers where passes run
  record Tools(
      SpacesSettings settings, RowKernels kernels, Executor workers, InstantSource clock) {}

  /// One pass: what is asked, and after its end what was found for each, or why nothing was.
  static final class Pass {
    final List<Find> asked;
    final List<Search> searches;
    final long startNanos = System.nanoTime();
    private volatile List<List<Neighbour>> found = List.of();
    private volatile @Nullable Throwable failure;

    Pass(List<Find> asked) {
      this.asked = asked;
      this.searches = asked.stream().map(Pass::search).toList();
    }

    private static Search search(Find find) {
      return new Search(
          find.metric(), FloatBytes.decoded(find.vector()), find.k(), find.deadlineMillis());
    }
  }

  /// @param tellEnded called by a worker; the owner then calls [#ended]
  Passes(Block block, Tools tools, Consumer<Pass> tellEnded) {
    this.block = block;
    this.tools = tools;
    this.tellEnded = tellEnded;
  }

  /// Whether the workers have the block.
  boolean lent() {
    return pass != null;
  }

  /// Lets a search wait for the next pass, or refuses it.
  void add(Find find) {
    if (waiting.size() >= tools.settings.waiting()) {
      SpacesMetrics.INSTANCE.searchRefused();
      find.refuse(FULL);
    } else {
      waiting.addLast(find);
    }
  }

  /// Begins the next pass, if searches wait and none is running.
  void begin() {
    if (pass != null) {
      return;
    }
    List<Find> asked = take();
    if (asked.isEmpty()) {
      return;
    }
    Pass begun = new Pass(asked);
    pass = begun;
    Scan scan = new Scan(block, tools.kernels, begun.searches, tools.clock);
    int parts = Math.clamp(block.chunks(), 1, tools.settings.workers());
    List<CompletableFuture<List<Best>>> running = new ArrayList<>(parts);
    for (int part = 0; part < parts; part++) {
      int from = part * block.chunks() / parts;
      int to = (part + 1) * block.chunks() / parts;
      running.add(CompletableFuture.supplyAsync(() -> scan.run(from, to), tools.workers));
    }
    var _ =
        CompletableFuture.allOf(running.toArray(CompletableFuture[]::new))
            .thenRun(() -> begun.found = merged(begun, running))
            .whenComplete(
                (_, failure) -> {
                  begun.failure = failure;
                  tellEnded.accept(begun);
                });
  }

  private List<Find> take() {
    long now = tools.clock.millis();
    List<Find> asked = new ArrayList<>();
    while (!waiting.isEmpty() && asked.size() < tools.settings.together()) {
      Find next = waiting.removeFirst();
      if (next.deadlineMillis() <= now) {
        late(next);
      } else {
        asked.add(next);
      }
    }
    return asked;
  }

  private static List<List<Neighbour>> merged(
      Pass pass, List<CompletableFuture<List<Best>>> parts) {
    List<List<Neighbour>> found = new ArrayList<>(pass.searches.size());
    List<Best> first = parts.getFirst().join();
    for (int i = 0; i < pass.searches.size(); i++) {
      Best best = first.get(i);
      for (CompletableFuture<List<Best>> part : parts.subList(1, parts.size())) {
        best.merge(part.join().get(i));
      }
      found.add(best.sorted(pass.searches.get(i)));
    }
    return found;
  }

  /// Answers the searches of the pass; false if it is not the one that is running.
  boolean ended(Pass ended) {
    if (pass != ended) {
      return false; // of a block that has been given up
    }
    if (ended.failure != null) {
      throw new IllegalStateException("a pass over a block failed", ended.failure);
    }
    pass = null;
    SpacesMetrics.INSTANCE.passed(ended.asked.size(), System.nanoTime() - ended.startNanos);
    long now = tools.clock.millis();
    for (int i = 0; i < ended.asked.size(); i++) {
      // Of a search that is over not all rows were scanned.
      if (ended.searches.get(i).over(now)) {
        late(ended.asked.get(i));
      } else {
        ended.asked.get(i).replyTo().tell(new Told.Found(ended.found.get(i)));
      }
    }
    return true;
  }

  private static void late(Find find) {
    SpacesMetrics.INSTANCE.searchLate();
    find.refuse(LATE);
  }

  /// Gives up all searches; workers that are at one of them end soon.
  void close(ServiceError why) {
    if (pass != null) {
      pass.searches.forEach(Search::cancel);
      pass.asked.forEach(find -> find.refuse(why));
      pass = null;
    }
    waiting.forEach(find -> find.refuse(why));
    waiting.clear();
  }
}
