package dev.purser.partitions;

import dev.purser.database.Database.Answer;
import dev.purser.database.Query;
import dev.purser.database.RecordReply;
import dev.purser.database.Share;
import dev.purser.database.StoredRecord;
import dev.purser.partitions.Partition.Apply;
import dev.purser.partitions.Partition.Awake;
import dev.purser.partitions.Partition.Command;
import dev.purser.partitions.Partition.Private;
import dev.purser.partitions.Partition.Question;
import dev.purser.partitions.Partition.Reply;
import dev.purser.partitions.Partition.Stop;
import dev.purser.partitions.Partition.Wake;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/// The states of one partition. A state is a method: `loading`, `resting` (nothing in flight),
/// `saving`, and `reloading` (records that somebody else has changed).
///
/// ## Failure
///
/// Whatever a message does, it costs a restart of this partition alone, which loads anew. All in
/// hand is answered before.
///
/// Confined to its actor.
final class PartitionStates<W extends Change, D> {
  /// Whoever watches over the partition, one on each node.
  private static final int MOST_WAITING = 1_000;

  private final ActorContext<Command> context;
  private final int n;
  private final Partition.Setup<W, D> setup;
  private final Stumbles stumbles;
  private final Share share;
  private final Holding<W, D> holding;
  private final Loading load;
  private final Writing<W, D> writing;
  private final Set<ActorRef<Awake>> waiting = new LinkedHashSet<>();

  private final Behavior<Command> loading;
  private final Behavior<Command> resting;
  private final Behavior<Command> saving;
  private final Behavior<Command> reloading;

  private @Nullable Command inHand;
  private boolean leaving;

  PartitionStates(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      int n,
      Partition.Setup<W, D> setup,
      Stumbles stumbles) {
    this.context = context;
    this.n = n;
    this.setup = setup;
    this.stumbles = stumbles;
    share = setup.slices().share(setup.kind().collection(), n);
    holding = setup.kind().open(context.getSelf());
    load = new Loading(context, timers, setup, share);
    writing = new Writing<>(context, timers, setup, share, holding);
    loading = state(this::loading);
    resting = state(this::resting);
    saving = state(this::saving);
    reloading = state(this::reloading);
  }

  /// The first state.
  Behavior<Command> load() {
    load.start(stumbles.pauseMillis());
    return loading;
  }

  private Behavior<Command> loading(Command command) {
    switch (command) {
      case Apply<?> a -> a.replyTo().tell(new Reply.Refused(Refusals.LOADING, false));
      case Question q -> q.refuse(Refusals.LOADING);
      case Wake(ActorRef<Awake> replyTo) -> await(replyTo);
      case Stop _ -> {
        return Behaviors.stopped();
      }
      case Partition.PageAnswered(long asked, Answer<Query.RecordPage> page)
          when load.awaits(asked) -> {
        return loaded(page);
      }
      case Partition.Again(long asked) when load.awaits(asked) -> load.ask();
      default -> {} // of this partition before its restart
    }
    return loading;
  }

  private void await(ActorRef<Awake> replyTo) {
    if (waiting.size() < MOST_WAITING) {
      waiting.add(replyTo);
    } else {
      setup.metrics().wakesFull();
    }
  }

  private Behavior<Command> loaded(Answer<Query.RecordPage> answer) {
    Query.RecordPage page = load.answered(answer);
    if (page == null) {
      return loading;
    }
    for (StoredRecord r : page.records()) {
      holding.load(r.id(), r.version(), r.content());
    }
    if (!page.records().isEmpty()) {
      return loading;
    }
    writing.startAbove(load.highest());
    context.getLog().info("Loaded {}: {} records", share, load.records());
    waiting.forEach(w -> w.tell(new Awake(n)));
    waiting.clear();
    return resting;
  }

  private Behavior<Command> resting(Command command) {
    served(command);
    return next();
  }

  /// Reads see what was committed before the save in flight.
  private Behavior<Command> saving(Command command) {
    switch (command) {
      case Partition.SaveAnswered(long id, RecordReply reply) when writing.awaits(id) -> {
        return writing.saved(reply) ? next() : reloading;
      }
      case Partition.Overdue(long id) when writing.awaits(id) ->
          throw new IllegalStateException(share + ": a save was never answered");
      default -> served(command);
    }
    return saving;
  }

  private Behavior<Command> reloading(Command command) {
    switch (command) {
      case Partition.Reloaded(long id, Answer<Query.RecordPage> records)
          when writing.awaits(id) -> {
        return writing.reloaded(records) ? next() : reloading;
      }
      case Partition.ReloadAgain(long id) when writing.awaits(id) -> writing.reload();
      default -> served(command);
    }
    return reloading;
  }

  /// What is the same in all states once the partition is loaded.
  private void served(Command command) {
    switch (command) {
      case Apply<?> a -> writing.admit(a);
      case Question q when !setup.lease().fresh() -> q.refuse(Refusals.OUTDATED);
      case Question q -> holding.answer(q);
      case Wake(ActorRef<Awake> replyTo) -> replyTo.tell(new Awake(n));
      case Stop _ -> leaving = true;
      case Private _ -> {} // of this partition before its restart
      default -> throw new IllegalStateException("not of this kind: " + command.getClass());
    }
  }

  /// Begins the next save, or rests.
  private Behavior<Command> next() {
    if (writing.begin()) {
      return saving;
    }
    return leaving ? Behaviors.stopped() : resting;
  }

  /// The behavior of a state, made once.
  private Behavior<Command> state(Function<Command, Behavior<Command>> state) {
    return Behaviors.receive(
        (_, command) -> {
          inHand = command;
          Behavior<Command> next = state.apply(command);
          inHand = null;
          return next;
        },
        (_, signal) -> ended(signal));
  }

  /// No failure leaves a caller to its timeout.
  private Behavior<Command> ended(Signal signal) {
    if (signal instanceof PreRestart) {
      setup.metrics().restarted();
      stumbles.failed();
    }
    if (signal instanceof PreRestart || signal instanceof PostStop) {
      if (inHand instanceof Question q) {
        q.refuse(Refusals.RESTARTING);
      }
      writing.abandon();
      holding.close();
    }
    return Behaviors.same();
  }
}
