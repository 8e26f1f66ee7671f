package dev.purser.ingest;

import dev.purser.database.Chore;
import dev.purser.database.Letter;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.ServiceError;
import dev.purser.ingest.Batches.Item;
import dev.purser.ingest.LetterBox.Post;
import dev.purser.ingest.Verdict.Rejected;
import java.util.ArrayList;
import java.util.List;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/// The dead letters of one run: rejected lines on their way in, replayed ones on their way out. A
/// line counts when its letter is written or gone. One batch each way at a time; the lines in
/// flight bound what waits. Confined to the run that owns it.
final class Letters {
  /// Letters may have 64 KiB: what is deleted by one unit of work is bounded by their number.
  private static final int DROPPED_AT_ONCE = 100;

  private final ActorContext<Run.Command> context;
  private final TimerScheduler<Run.Command> timers;
  private final Run.Setup setup;
  private final Lines lines;
  private final LetterBox box;
  private List<Replayed> waiting = new ArrayList<>();
  private boolean dropping;

  Letters(
      ActorContext<Run.Command> context,
      TimerScheduler<Run.Command> timers,
      Run.Setup setup,
      Lines lines) {
    this.context = context;
    this.timers = timers;
    this.setup = setup;
    this.lines = lines;
    this.box = new LetterBox(setup.settings().letterBatch(), setup.header());
  }

  /// A replayed line whose letter is to go.
  ///
  /// @param why null if it is stored now; else it has another letter by now
  record Replayed(Item item, boolean duplicate, @Nullable Rejected why) {}

  /// A line cannot be used. One that had a letter saying just that keeps it.
  void post(Item item, Rejected why) {
    if (why.reason().equals("too_large")) {
      IngestMetrics.INSTANCE.lineTooLong.increment();
    }
    Letter old = item.line().letter();
    boolean unchanged =
        old != null
            && old.reason().equals(why.reason())
            && old.raw().equals(item.line().block().text(item.line().record()));
    if (unchanged) {
      lines.rejected(item, why);
    } else {
      if (!box.waiting()) {
        timers.startSingleTimer(new Run.Flush(), setup.settings().letterDelay());
      }
      box.add(new Post(item, why));
    }
  }

  /// A replayed line is stored, so that its letter can go.
  void drop(Item item, boolean duplicate) {
    waiting.add(new Replayed(item, duplicate, null));
  }

  /// Sends off what is due.
  ///
  /// @param ended whether no more lines will come
  void proceed(boolean ended) {
    if (box.full() || (ended && box.waiting())) {
      flush();
    }
    if (!dropping && !waiting.isEmpty()) {
      dropSome();
    }
  }

  void flush() {
    if (!box.writing() && box.waiting()) {
      List<Post> posts = box.take();
      long now = setup.clock().millis();
      var rows =
          posts.stream()
              .map(p -> p.letter(setup.row().id(), setup.profile(), setup.header(), now))
              .toList();
      pipe(new Chore.KeepLetters(rows), new Run.Kept(posts));
    }
  }

  private void dropSome() {
    int size = Math.min(waiting.size(), Math.min(DROPPED_AT_ONCE, setup.settings().letterBatch()));
    List<Replayed> some = List.copyOf(waiting.subList(0, size));
    waiting = new ArrayList<>(waiting.subList(size, waiting.size()));
    dropping = true;
    List<Long> ids = new ArrayList<>(size);
    for (Replayed replayed : some) {
      Letter letter = replayed.item().line().letter();
      if (letter != null) {
        ids.add(letter.id());
      }
    }
    pipe(new Chore.DropLetterIds(ids), new Run.Dropped(some));
  }

  void onKept(List<Post> posts) {
    box.written();
    for (Post post : posts) {
      Letter old = post.item().line().letter();
      if (old != null) { // another reason or another text is another letter
        waiting.add(new Replayed(post.item(), false, post.why()));
      } else {
        lines.rejected(post.item(), post.why());
      }
    }
  }

  void onDropped(List<Replayed> gone) {
    dropping = false;
    for (Replayed replayed : gone) {
      Rejected why = replayed.why();
      if (why == null) {
        lines.stored(replayed.item(), replayed.duplicate());
      } else {
        lines.rejected(replayed.item(), why);
      }
    }
  }

  /// What was sent off came to nothing: the run is about to give up.
  void onUndone(Chore chore) {
    if (chore instanceof Chore.KeepLetters) {
      box.written();
    } else {
      dropping = false;
    }
  }

  /// Whether no answer is due.
  boolean idle() {
    return !box.writing() && !dropping;
  }

  /// Forgets what has not been sent off.
  void clear() {
    box.clear();
    waiting = new ArrayList<>();
  }

  private void pipe(Chore chore, Run.Command done) {
    context.pipeToSelf(
        setup.chores().patiently(chore, setup.settings().patience()),
        (_, failure) -> failure == null ? done : new Run.Undone(chore, unwritten(failure)));
  }

  /// Whatever kept a letter from being written, the run cannot go on without it.
  private static ServiceError unwritten(Throwable failure) {
    ServiceError error = Chores.error(failure);
    return error.retryable() || error instanceof ServiceError.Internal
        ? error
        : new ServiceError.Database(DatabaseCause.BAD_DATA, "A dead letter could not be stored");
  }
}
