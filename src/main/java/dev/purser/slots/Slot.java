package dev.purser.slots;

import dev.purser.faults.DatabaseCause;
import dev.purser.faults.Decision;
import dev.purser.faults.Escalated;
import dev.purser.faults.ServiceError;
import dev.purser.slots.SlotView.State;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.japi.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The supervisor of one connection: it spawns a session, decides what its failure means, and opens
/// the next one, with backoff where that is due. It is not on the path of the work.
///
/// ## Failure
///
/// [Decision] decides by the error. An outage is waited out for as long as it takes. Unrecognised
/// failures outside callers' work escalate beyond a limit, and so does a database that stays locked
/// while the node starts. A unit of work beyond its time limit is interrupted, again at every look;
/// the next connection is opened once the call has returned, so that there are never two writers.
///
/// @param <C> the connection
public final class Slot<C> {
  private static final Logger LOG = LoggerFactory.getLogger(Slot.class);
  private static final ServiceError CLOSED =
      new ServiceError.Database(DatabaseCause.UNREACHABLE, "its connection was closed");
  private static final ServiceError TOO_LONG =
      new ServiceError.Timeout("the database took too long and was interrupted");

  /// What a slot is told.
  public sealed interface Command extends NoSerializationVerificationNeeded {}

  /// Replaces the connection after its work in hand.
  ///
  /// @param reason one word for log and metric
  public record Recycle(String reason) implements Command {}

  /// Opens a connection if the slot is vacant.
  public record Fill() implements Command {}

  /// Closes the connection after its work in hand and stays without one.
  ///
  /// @param reason one word for log and metric
  public record Vacate(String reason) implements Command {}

  /// Another connection was opened: a slot that backs off tries again soon.
  public record Hurry() implements Command {}

  record Opened() implements Command {}

  private record OpenAgain() implements Command {}

  private record Look() implements Command {}

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final Place<C> place;
  private final SlotSettings settings;
  private final Judge judge;
  private final Display<C> display;

  private @Nullable ActorRef<Session.Command<C>> session;
  private Pulse<C> pulse = new Pulse<>();
  private boolean wanted = true;
  private int attempt;
  private long beganMillis;
  private long retireMillis;
  private String closingReason = "none";

  private Slot(ActorContext<Command> context, TimerScheduler<Command> timers, Place<C> place) {
    timers.startTimerWithFixedDelay(new Look(), place.settings().look());
    this.context = context;
    this.timers = timers;
    this.place = place;
    this.settings = place.settings();
    this.judge = new Judge(place);
    this.display = new Display<>(place);
  }

  /// A slot that opens its connection at once.
  public static <C> Behavior<Command> create(Place<C> place) {
    return Behaviors.setup(
        context -> Behaviors.withTimers(timers -> new Slot<>(context, timers, place).opening()));
  }

  /// A slot that waits for [Fill].
  public static <C> Behavior<Command> createVacant(Place<C> place) {
    return Behaviors.setup(
        context -> Behaviors.withTimers(timers -> new Slot<>(context, timers, place).vacant()));
  }

  private Behavior<Command> vacant() {
    wanted = false;
    pulse = new Pulse<>();
    show(State.VACANT);
    return receive(
        c ->
            switch (c) {
              case Fill _ -> opening();
              case Recycle _, Vacate _, Hurry _, Opened _, OpenAgain _, Look _ -> Behaviors.same();
            });
  }

  private Behavior<Command> opening() {
    wanted = true;
    pulse = new Pulse<>();
    beganMillis = place.clock().millis();
    ActorRef<Session.Command<C>> opening =
        context.spawnAnonymous(
            Session.create(place, pulse, context.getSelf()),
            DispatcherSelector.fromConfig(settings.dispatcher()));
    context.watch(opening);
    opening.tell(new Session.Open<>());
    session = opening;
    show(State.OPENING);
    return receive(
        c ->
            switch (c) {
              case Opened _ -> opened(opening);
              case Vacate(String reason) -> {
                closingReason = reason;
                yield want(false);
              }
              case Fill _ -> want(true);
              case Recycle _, Hurry _, OpenAgain _, Look _ -> Behaviors.same();
            });
  }

  private Behavior<Command> opened(ActorRef<Session.Command<C>> opened) {
    long now = place.clock().millis();
    display.opened(now, now - beganMillis);
    if (!wanted) {
      return closing(closingReason);
    }
    retireMillis = settings.retireMillis(now, ThreadLocalRandom.current());
    // Shown first: whoever hears that all are ready may look at once.
    Behavior<Command> serving = serving();
    place.owner().tell(new SlotEvent.Ready<>(place.n(), opened, now - beganMillis));
    return serving;
  }

  private Behavior<Command> serving() {
    show(State.SERVING);
    return receive(
        c ->
            switch (c) {
              case Recycle(String reason) -> closing(reason);
              case Vacate(String reason) -> {
                wanted = false;
                yield closing(reason);
              }
              case Look _ -> look();
              case Fill _, Hurry _, Opened _, OpenAgain _ -> Behaviors.same();
            });
  }

  private Behavior<Command> look() {
    if (overdue()) {
      LOG.warn("The {} is stuck: interrupting its work", place);
      return stuck();
    }
    if (place.clock().millis() > retireMillis) {
      return closing("age");
    }
    show(State.SERVING);
    return Behaviors.same();
  }

  private Behavior<Command> stuck() {
    closingReason = "stuck";
    display.trouble("a unit of work ran longer than " + settings.workLimit().toMillis() + " ms");
    show(State.STUCK);
    return ending();
  }

  private Behavior<Command> closing(String reason) {
    closingReason = reason;
    if (session != null) {
      session.tell(new Session.Close<>());
    }
    show(State.CLOSING);
    return ending();
  }

  /// Waits for the session to end.
  private Behavior<Command> ending() {
    return receive(
        c ->
            switch (c) {
              case Look _ -> {
                // Between two statements an interrupt is lost: repeat it until the call returns.
                var _ = overdue();
                yield Behaviors.same();
              }
              case Vacate _ -> want(false);
              case Fill _ -> want(true);
              case Recycle _, Hurry _, Opened _, OpenAgain _ -> Behaviors.same();
            });
  }

  private Behavior<Command> want(boolean open) {
    wanted = open;
    return Behaviors.same();
  }

  private Behavior<Command> backingOff(long delayMillis) {
    timers.startSingleTimer(new OpenAgain(), Duration.ofMillis(delayMillis));
    show(State.BACKING_OFF);
    return receive(
        c ->
            switch (c) {
              case OpenAgain _ -> opening();
              case Recycle _ -> {
                timers.cancel(new OpenAgain());
                yield opening();
              }
              case Hurry _ -> backingOff(delayMillis(0));
              case Vacate _ -> {
                timers.cancel(new OpenAgain());
                yield vacant();
              }
              case Fill _, Opened _, Look _ -> Behaviors.same();
            });
  }

  private Behavior<Command> receive(Function<Command, Behavior<Command>> onCommand) {
    return Behaviors.receive((_, c) -> onCommand.apply(c), (_, s) -> onSignal(s));
  }

  private Behavior<Command> onSignal(Signal signal) {
    return switch (signal) {
      case ChildFailed failed -> failed(SessionFailed.origin(failed.getCause()));
      case Terminated _ -> closed();
      case PostStop _ -> {
        if (session != null) {
          display.closed("stop");
        }
        yield Behaviors.same();
      }
      default -> Behaviors.unhandled();
    };
  }

  private Behavior<Command> closed() {
    gone(closingReason, CLOSED, false);
    return wanted ? opening() : vacant();
  }

  private Behavior<Command> failed(Throwable cause) {
    boolean inWork = pulse.busy();
    boolean overran = pulse.overran();
    ServiceError error = place.connector().explain(cause);
    display.restarted(overran ? TOO_LONG.message() : error.message());
    Decision decision = judge.decide(cause, error, inWork);
    String reason = overran ? "stuck" : inWork ? "failure" : "not_opened";
    gone(reason, overran ? TOO_LONG : error, true);
    if (decision == Decision.ESCALATE) {
      throw cause instanceof Escalated e ? e : new Escalated(error.message(), cause);
    }
    if (!wanted) {
      return vacant();
    }
    // Only work that was done proves that the connection was good; opening one proves little.
    attempt = pulse.uses() > 0 ? 0 : attempt + 1;
    // What was aborted for its length says nothing against the next connection.
    return overran ? opening() : backingOff(delayMillis(attempt));
  }

  private void gone(String reason, ServiceError why, boolean failed) {
    session = null;
    display.closed(reason);
    place.owner().tell(new SlotEvent.Lost<>(place.n(), why, failed));
  }

  private long delayMillis(int n) {
    return settings.backoff().delayMillis(n, ThreadLocalRandom.current());
  }

  private boolean overdue() {
    return pulse.interruptOverdue(place.clock().millis(), place.connector());
  }

  private void show(State state) {
    display.show(state, pulse.uses());
  }
}
