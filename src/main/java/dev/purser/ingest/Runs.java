package dev.purser.ingest;

import static java.util.stream.Collectors.toUnmodifiableMap;

import dev.purser.database.Chore;
import dev.purser.database.RunRow;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.RunEvent;
import dev.purser.ledger.RunIds;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.StashBuffer;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.OverflowStrategy;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.SourceQueueWithComplete;
import org.jspecify.annotations.Nullable;

/// The runs of this node: bounds how many there are at once, knows their live figures, and keeps
/// dead letters within their age and number. Parent of every [Run]; one that crashes ends with a
/// problem of its own and leaves the others alone.
final class Runs {
  /// Events that nobody has pulled yet; the oldest progress goes first.
  private static final int EVENTS = 8;

  private final ActorContext<Command> context;
  private final CustomerWrites customers;
  private final RecordWrites records;
  private final Chores chores;
  private final IngestSettings settings;
  private final InstantSource clock;
  private final Map<String, Live> live = new HashMap<>();
  private int starting;
  private @Nullable ActorRef<Done> leaving;
  private long lettersSinceExpiry;
  private boolean expiring; // what is done in pieces may take its time

  sealed interface Command extends NoSerializationVerificationNeeded {}

  /// Begins a run; refused if there are too many or it cannot be stored.
  record Begin(Work work, ActorRef<Begun> replyTo) implements Command {}

  record CancelRun(String id, ActorRef<Boolean> replyTo) implements Command {}

  /// Ends all runs and begins no more; answered when the last has ended.
  record Leave(ActorRef<Done> replyTo) implements Command {}

  record Figures(ActorRef<Map<String, RunRow>> replyTo) implements Command {}

  /// How a run stands; it says so itself.
  record Told(RunRow row) implements Command {}

  /// A run is over.
  ///
  /// @param stored whether it has stored its own end
  record Over(String id, boolean stored, long letters) implements Command {}

  private record Stored(Begin begin, RunRow row) implements Command {}

  private record NotStored(Begin begin, ServiceError error) implements Command {}

  private record Interrupted() implements Command {}

  private record Expire() implements Command {}

  private record Expired() implements Command {}

  private record LookForLost() implements Command {}

  private record Gone(String id) implements Command {}

  sealed interface Begun extends NoSerializationVerificationNeeded {
    record Running(Source<RunEvent, NotUsed> events) implements Begun {}

    record Refused(ServiceError error) implements Begun {}
  }

  /// What a run is to do.
  ///
  /// @param kind as the run's row says it
  record Work(
      String kind,
      @Nullable String profile,
      @Nullable String header,
      Source<List<Line>, ?> lines) {}

  private record Live(ActorRef<Run.Command> run, RunRow row) {}

  private Runs(
      ActorContext<Command> context,
      CustomerWrites customers,
      RecordWrites records,
      Chores chores,
      IngestSettings settings,
      InstantSource clock) {
    this.context = context;
    this.customers = customers;
    this.records = records;
    this.chores = chores;
    this.settings = settings;
    this.clock = clock;
  }

  static Behavior<Command> create(
      CustomerWrites customers,
      RecordWrites records,
      Chores chores,
      IngestSettings settings,
      InstantSource clock) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  timers.startTimerWithFixedDelay(new Expire(), settings.expireEvery());
                  timers.startTimerWithFixedDelay(new LookForLost(), settings.lostAfter());
                  Runs runs = new Runs(context, customers, records, chores, settings, clock);
                  context.pipeToSelf(
                      runs.interruptLost(true, settings.patience()), (_, _) -> new Interrupted());
                  // Runs that waited would be few: their callers are bounded by the edge.
                  return Behaviors.withStash(4 * settings.runs(), runs::interrupting);
                }));
  }

  /// The runs that a dead process left must be marked before any new one is stored.
  private Behavior<Command> interrupting(StashBuffer<Command> stash) {
    return Behaviors.receiveMessage(
        command ->
            switch (command) {
              case Interrupted _ -> stash.unstashAll(active());
              case Begin begin when stash.isFull() -> {
                refuse(begin, new ServiceError.Overloaded("The service is still starting"));
                yield Behaviors.same();
              }
              case Begin _ -> {
                stash.stash(command);
                yield Behaviors.same();
              }
              default -> {
                on(command);
                yield Behaviors.same();
              }
            });
  }

  private Behavior<Command> active() {
    return Behaviors.receiveMessage(
        command -> {
          on(command);
          return Behaviors.same();
        });
  }

  private void on(Command command) {
    switch (command) {
      case Begin begin -> onBegin(begin);
      case Stored(Begin begin, RunRow row) -> onStored(begin, row);
      case NotStored(Begin begin, ServiceError error) -> {
        starting--;
        refuse(begin, error);
      }
      case CancelRun(String id, var replyTo) -> onCancel(id, replyTo);
      case Leave(var replyTo) -> {
        leaving = replyTo;
        live.values().forEach(l -> l.run().tell(Run.Cancel.LEAVE));
      }
      case Figures(var replyTo) ->
          replyTo.tell(
              live.values().stream().collect(toUnmodifiableMap(l -> l.row().id(), Live::row)));
      case Told(RunRow row) -> live.computeIfPresent(row.id(), (_, l) -> new Live(l.run(), row));
      case Over over -> onOver(over);
      case Gone(String id) -> live.remove(id);
      case Expire _ -> expire();
      case Expired _ -> expiring = false;
      case LookForLost _ -> {
        var _ = interruptLost(false, Duration.ZERO);
      }
      case Interrupted _ -> {}
    }
    IngestMetrics.INSTANCE.running.set(live.size());
    if (leaving != null && live.isEmpty() && starting == 0) {
      leaving.tell(Done.done());
    }
  }

  private void onBegin(Begin begin) {
    if (leaving != null) {
      refuse(begin, new ServiceError.Overloaded("The node is leaving"));
      return;
    }
    if (live.size() + starting >= settings.runs()) {
      IngestMetrics.INSTANCE.runsFull.increment();
      String message = settings.runs() + " runs are running, as many as may; try again later";
      refuse(begin, new ServiceError.Overloaded(message));
      return;
    }
    starting++;
    long now = clock.millis();
    RunRow row = new RunRow(RunIds.at(now), begin.work().kind(), "running", null, now, null, "{}");
    context.pipeToSelf(
        chores.now(new Chore.KeepRun(row)),
        (_, failure) ->
            failure == null ? new Stored(begin, row) : new NotStored(begin, Chores.error(failure)));
  }

  private void onStored(Begin begin, RunRow row) {
    starting--;
    Pair<SourceQueueWithComplete<RunEvent>, Source<RunEvent, NotUsed>> events =
        Source.<RunEvent>queue(EVENTS, OverflowStrategy.dropHead())
            .preMaterialize(context.getSystem());
    Work work = begin.work();
    Run.Setup setup =
        new Run.Setup(
            row,
            work.profile(),
            work.header(),
            events.first(),
            context.getSelf(),
            customers,
            records,
            chores,
            settings,
            clock);
    // No supervision: a run that fails tells its problem and is over; its sender may send again.
    ActorRef<Run.Command> run = context.spawn(Run.create(setup, work.lines()), row.id());
    context.watchWith(run, new Gone(row.id()));
    live.put(row.id(), new Live(run, row));
    if (leaving != null) {
      run.tell(Run.Cancel.LEAVE);
    }
    begin
        .replyTo()
        .tell(
            new Begun.Running(
                Source.<RunEvent>single(new RunEvent.Started(row.id())).concat(events.second())));
  }

  private void onCancel(String id, ActorRef<Boolean> replyTo) {
    Live found = live.get(id);
    if (found != null) {
      found.run().tell(Run.Cancel.CANCEL);
    }
    replyTo.tell(found != null);
  }

  /// A run that crashed could not store its end.
  private void onOver(Over over) {
    Live found = live.remove(over.id());
    if (found != null && !over.stored()) {
      RunRow r = found.row();
      var row =
          new RunRow(
              r.id(), r.kind(), "failed", r.key(), r.startedMillis(), clock.millis(), r.report());
      Chore keep = new Chore.KeepRun(row);
      var _ = Chores.noted(keep, chores.patiently(keep, settings.patience()));
    }
    lettersSinceExpiry += over.letters();
    if (lettersSinceExpiry >= settings.letters() / 10) {
      expire();
    }
  }

  private void expire() {
    lettersSinceExpiry = 0;
    if (!expiring) {
      expiring = true;
      context.pipeToSelf(new Retention(chores, settings, clock).enforce(), (_, _) -> new Expired());
    }
  }

  /// Marks what dead processes left as running, of this node or of another one.
  private CompletionStage<Long> interruptLost(boolean starting, Duration patience) {
    Chore interrupt = new Chore.InterruptRuns(starting, settings.lostAfter().toMillis());
    return Chores.noted(interrupt, chores.patiently(interrupt, patience));
  }

  private static void refuse(Begin begin, ServiceError error) {
    begin.replyTo().tell(new Begun.Refused(error));
  }
}
