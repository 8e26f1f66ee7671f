package dev.purser.vectors;

import dev.purser.faults.ServiceError;
import dev.purser.partitions.Outcome;
import dev.purser.partitions.Partition;
import dev.purser.partitions.Partitions;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.pekko.Done;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/// Carries what saves have changed of tastes to the partitions that own them, one on each node. No
/// save waits for it, and no customer has to stay in memory for it.
///
/// ## Order
///
/// Of each customer one change is on its way; later ones are folded into one that waits. A batch
/// goes to a partition when the one before it has been acknowledged, and is sent again until it is.
/// What a partition cannot build on is computed from the database.
///
/// ## Limits
///
/// Customers with news are bounded; beyond that news are dropped and counted. What is dropped, or
/// lost with this actor, differs in its version, and is found when tastes are compared with the
/// database: when this starts, and then at a slow rate.
final class TasteFeed {
  /// After a comparison that failed.
  private static final Duration ROUND_PAUSE = Duration.ofSeconds(10);

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final Setup at;
  private final TastePending pending;
  private final List<TasteLane> lanes = new ArrayList<>();
  private final LinkedHashSet<String> unread = new LinkedHashSet<>();
  private final ArrayDeque<String> doubted = new ArrayDeque<>(); // there was no room for them yet
  private int reading;
  private int readFailures;
  private boolean readPause;
  private boolean comparing;
  private @Nullable ActorRef<Done> doubting;

  sealed interface Command extends NoSerializationVerificationNeeded {}

  /// News of a customer.
  record News(String id, TasteNews news) implements Command {}

  /// Has customers read from the database; answered when no reading is due any more.
  ///
  /// @param ids at most one page of them
  record Doubt(List<String> ids, ActorRef<Done> replyTo) implements Command {}

  /// Answered when no news of the customer are on their way.
  record Await(String id, ActorRef<Done> replyTo) implements Command {}

  /// Compares everybody with the database; answered with whether that had not begun before.
  ///
  /// @param all whether those are read too whose version is right
  record Compare(boolean all, ActorRef<Boolean> replyTo) implements Command {}

  private record Sent(int partition, List<String> batch, Partition.Reply reply)
      implements Command {}

  private record Read(String id, TastePending.Entry entry, @Nullable TasteNews news)
      implements Command {}

  /// Time to send to a partition.
  private record Due(int partition) implements Command {}

  private record ReadAgain() implements Command {}

  /// Time to compare tastes with the database.
  private record Round() implements Command {}

  private record Compared(@Nullable Throwable failure) implements Command {}

  /// What it works with.
  record Setup(
      Partitions tastes,
      TasteReading reading,
      TasteSettings settings,
      InstantSource clock,
      TasteMetrics metrics) {}

  private TasteFeed(ActorContext<Command> context, TimerScheduler<Command> timers, Setup at) {
    this.context = context;
    this.timers = timers;
    this.at = at;
    this.pending = new TastePending(at.settings.pending());
    for (int n = 0; n < at.tastes.count(); n++) {
      lanes.add(new TasteLane());
    }
  }

  static Behavior<Command> create(Setup at) {
    return Behaviors.supervise(
            Behaviors.<Command>setup(
                context ->
                    Behaviors.withTimers(timers -> new TasteFeed(context, timers, at).run())))
        .onFailure(SupervisorStrategy.restart());
  }

  private Behavior<Command> run() {
    context.pipeToSelf(at.tastes.loaded(), (_, _) -> new Round());
    return Behaviors.receiveMessage(this::on);
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case News(String id, TasteNews news) -> note(id, news);
      case Doubt(List<String> ids, ActorRef<Done> replyTo) -> {
        doubted.addAll(ids);
        doubting = replyTo;
      }
      case Await(String id, ActorRef<Done> replyTo) -> await(id, replyTo);
      case Compare(boolean all, ActorRef<Boolean> replyTo) -> {
        replyTo.tell(!comparing);
        compare(all);
      }
      case Sent(int n, List<String> batch, Partition.Reply reply) -> {
        if (lanes.get(n).awaits(batch)) { // else it was of this actor before its restart
          sent(n, batch, reply);
        }
      }
      case Read read when pending.holds(read.id, read.entry) -> read(read);
      case Read _ -> {} // of this actor before its restart
      case Due(int n) -> send(n);
      case ReadAgain _ -> readPause = false;
      case Round _ -> compare(false);
      case Compared(Throwable failure) -> compared(failure);
    }
    readNext();
    at.metrics.pending(pending.size());
    return Behaviors.same();
  }

  private void note(String id, TasteNews news) {
    if (pending.admits(id)) {
      queue(id, pending.add(id, news));
    } else {
      at.metrics.dropped();
    }
  }

  /// Lets a customer with news wait for its turn. It may wait for both turns at once, if its news
  /// have changed meanwhile: what they are when it is its turn counts.
  private void queue(String id, @Nullable TasteNews news) {
    if (news instanceof TasteNews.Unread) {
      unread.add(id);
    } else if (news != null) {
      int n = at.tastes.partition(id);
      lanes.get(n).add(id);
      send(n);
    }
  }

  private void await(String id, ActorRef<Done> replyTo) {
    if (pending.await(id, replyTo)) {
      int n = at.tastes.partition(id);
      lanes.get(n).hurry();
      send(n);
    }
  }

  /// Sends the next batch to a partition, or sees to it that this is tried again in time.
  private void send(int n) {
    TasteLane lane = lanes.get(n);
    long wait = lane.waitMillis(at.clock.millis());
    if (wait > 0 && !timers.isTimerActive(n)) { // nearly every save comes by here
      timers.startSingleTimer(n, new Due(n), Duration.ofMillis(wait));
    }
    if (wait != 0) {
      return;
    }
    List<String> batch = new ArrayList<>();
    List<TasteChange> changes = new ArrayList<>();
    for (String id : lane.take(at.settings.batch())) {
      switch (pending.waiting(id)) {
        case null -> {} // it is on its way already
        case TasteNews.Unread _ -> unread.add(id);
        case TasteNews news -> {
          changes.add(news.change(id));
          batch.add(id);
          var _ = pending.begin(id);
        }
      }
    }
    if (!batch.isEmpty()) {
      lane.sent(batch);
      long deadline = at.clock.millis() + at.settings.timeout().toMillis();
      context.pipeToSelf(
          at.tastes.apply(n, deadline, to -> new TasteChange.Apply(changes, true, deadline, to)),
          (reply, failure) -> new Sent(n, batch, reply == null ? failed(failure) : reply));
    }
  }

  private static Partition.Reply failed(@Nullable Throwable failure) {
    return new Partition.Reply.Refused(
        new ServiceError.Internal("News of tastes were not sent: " + failure), true);
  }

  private void sent(int n, List<String> batch, Partition.Reply reply) {
    TasteLane lane = lanes.get(n);
    long now = at.clock.millis();
    switch (reply) {
      case Partition.Reply.Applied(List<Outcome> outcomes) -> {
        lane.acknowledged(now + at.settings.interval().toMillis());
        for (int i = 0; i < batch.size(); i++) {
          ended(batch.get(i), outcomes.get(i));
        }
      }
      case Partition.Reply.Refused _ -> {
        at.metrics.failed();
        lane.failed(now, at.settings.retry());
        batch.forEach(id -> queue(id, pending.again(id, null)));
      }
    }
    send(n);
  }

  private void ended(String id, Outcome outcome) {
    if (outcome instanceof Outcome.Refused(ServiceError error)) {
      if (error instanceof ServiceError.Conflict) {
        queue(id, pending.again(id, new TasteNews.Unread()));
        return;
      }
      if (!(error instanceof ServiceError.NotFound)) {
        at.metrics.refused(); // there is no room: the next comparison finds it
      }
    }
    at.metrics.acknowledged();
    queue(id, pending.arrived(id));
  }

  /// Begins as many readings as may run, and says when none is due.
  private void readNext() {
    while (!doubted.isEmpty() && pending.admits(doubted.getFirst())) {
      note(doubted.removeFirst(), new TasteNews.Unread());
    }
    while (!readPause && reading < at.settings.reads() && !unread.isEmpty()) {
      String id = unread.removeFirst();
      if (!(pending.waiting(id) instanceof TasteNews.Unread)) {
        continue;
      }
      TastePending.Entry entry = pending.begin(id);
      reading++;
      context.pipeToSelf(at.reading.read(id), (news, _) -> new Read(id, entry, news));
    }
    if (doubting != null && doubted.isEmpty() && unread.isEmpty() && reading == 0) {
      doubting.tell(Done.done());
      doubting = null;
    }
  }

  private void read(Read read) {
    reading--;
    if (read.news == null) {
      at.metrics.failed();
      readPause = true;
      long pause = at.settings.retry().delayMillis(readFailures++, ThreadLocalRandom.current());
      timers.startSingleTimer(new ReadAgain(), Duration.ofMillis(pause));
    } else {
      readFailures = 0;
      at.metrics.read();
    }
    queue(read.id, pending.again(read.id, read.news));
  }

  private void compare(boolean all) {
    if (!comparing) {
      comparing = true;
      context.pipeToSelf(
          new TasteRound(at, context.getSystem(), context.getSelf(), all).run(),
          (_, failure) -> new Compared(failure));
    }
  }

  private void compared(@Nullable Throwable failure) {
    comparing = false;
    Duration pause = at.settings.reconcile();
    if (failure != null) {
      TasteRound.failed(context.getLog(), failure);
      pause = pause.compareTo(ROUND_PAUSE) < 0 ? pause : ROUND_PAUSE;
    }
    timers.startSingleTimer(new Round(), pause);
  }
}
