package dev.purser.slots;

import dev.purser.faults.DatabaseCause;
import dev.purser.faults.Decision;
import dev.purser.faults.Escalated;
import dev.purser.faults.Phase;
import dev.purser.faults.ServiceError;
import dev.purser.faults.SupervisionLog;
import dev.purser.slots.SlotView.State;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Supplier;
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
/// the next connection is opened only when the call has returned, so that there are never two
/// writers.
///
/// @param <C> the connection
public final class Slot<C> {
  private static final Logger LOG = LoggerFactory.getLogger(Slot.class);
  private static final ServiceError CLOSED =
      new ServiceError.Database(DatabaseCause.UNREACHABLE, "its connection was closed");

  /// What a slot is told.
  public sealed interface Command extends NoSerializationVerificationNeeded {}

  /// Replaces the connection after its work in hand.
  ///
  /// @param reason one word for log and metric
  public record Recycle(String reason) implements Command {}

  record Opened() implements Command {}

  private record OpenAgain() implements Command {}

  private record Look() implements Command {}

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final int n;
  private final String kind;
  private final Connector<C> connector;
  private final SlotSettings settings;
  private final SlotOwner<C> owner;
  private final Supplier<Phase> phase;
  private final SupervisionLog log;
  private final InstantSource clock;
  private final Strikes strikes;
  private final Display<C> display;

  private @Nullable ActorRef<Session.Command<C>> session;
  private Pulse<C> pulse = new Pulse<>();
  private int attempt;
  private long openedMillis;
  private String closingReason = "none";

  private Slot(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      int n,
      String kind,
      Connector<C> connector,
      SlotSettings settings,
      SlotOwner<C> owner,
      Supplier<Phase> phase,
      SupervisionLog log,
      InstantSource clock) {
    this.context = context;
    this.timers = timers;
    this.n = n;
    this.kind = kind;
    this.connector = connector;
    this.settings = settings;
    this.owner = owner;
    this.phase = phase;
    this.log = log;
    this.clock = clock;
    this.strikes = new Strikes(settings.failureLimit(), settings.failureWindow(), clock);
    this.display = new Display<>(n, kind, owner, clock);
  }

  /// A slot that opens its connection at once.
  ///
  /// @param n its number, from 1
  /// @param kind what the connection is for
  /// @param phase whether the node has served; asked when something fails
  public static <C> Behavior<Command> create(
      int n,
      String kind,
      Connector<C> connector,
      SlotSettings settings,
      SlotOwner<C> owner,
      Supplier<Phase> phase,
      SupervisionLog log,
      InstantSource clock) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  timers.startTimerWithFixedDelay(new Look(), settings.look());
                  return new Slot<>(
                          context, timers, n, kind, connector, settings, owner, phase, log, clock)
                      .opening();
                }));
  }

  private Behavior<Command> opening() {
    pulse = new Pulse<>();
    openedMillis = 0;
    ActorRef<Session.Command<C>> opening =
        context.spawnAnonymous(
            Session.create(n, connector, pulse, owner, context.getSelf(), clock),
            DispatcherSelector.fromConfig(settings.dispatcher()));
    context.watch(opening);
    opening.tell(new Session.Open<>());
    session = opening;
    show(State.OPENING);
    return Behaviors.receive(
        (_, c) ->
            switch (c) {
              case Opened _ -> opened(opening);
              case Recycle _, OpenAgain _, Look _ -> Behaviors.same();
            },
        (_, s) -> onSignal(s));
  }

  private Behavior<Command> opened(ActorRef<Session.Command<C>> opened) {
    openedMillis = clock.millis();
    LOG.info("Slot {} ({}) is open", n, kind);
    owner.tell(new SlotEvent.Ready<>(n, opened));
    return serving();
  }

  private Behavior<Command> serving() {
    show(State.SERVING);
    return Behaviors.receive(
        (_, c) ->
            switch (c) {
              case Recycle(String reason) -> closing(reason);
              case Look _ -> look();
              case Opened _, OpenAgain _ -> Behaviors.same();
            },
        (_, s) -> onSignal(s));
  }

  private Behavior<Command> look() {
    if (overdue()) {
      LOG.warn("Slot {} ({}) is stuck: interrupting its work after {}", n, kind, limit());
      return stuck();
    }
    long maxAge = settings.maxAge().toMillis();
    if (maxAge > 0 && clock.millis() - openedMillis > maxAge) {
      return closing("age");
    }
    show(State.SERVING);
    return Behaviors.same();
  }

  private Behavior<Command> stuck() {
    closingReason = "stuck";
    display.trouble("a unit of work ran longer than " + limit());
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
    return Behaviors.receive(
        (_, c) ->
            switch (c) {
              case Look _ -> {
                // Between two statements an interrupt is lost: repeat it until the call returns.
                var _ = overdue();
                yield Behaviors.same();
              }
              case Recycle _, Opened _, OpenAgain _ -> Behaviors.same();
            },
        (_, s) -> onSignal(s));
  }

  private Behavior<Command> backingOff(long delayMillis) {
    timers.startSingleTimer(new OpenAgain(), Duration.ofMillis(delayMillis));
    show(State.BACKING_OFF);
    return Behaviors.receive(
        (_, c) ->
            switch (c) {
              case OpenAgain _ -> opening();
              case Recycle _ -> {
                timers.cancel(new OpenAgain());
                yield opening();
              }
              case Opened _, Look _ -> Behaviors.same();
            },
        (_, s) -> onSignal(s));
  }

  private Behavior<Command> onSignal(Signal signal) {
    return switch (signal) {
      case ChildFailed failed -> failed(SessionFailed.origin(failed.getCause()));
      case Terminated _ -> closed();
      case PostStop _ -> {
        LOG.info("Slot {} ({}) is closed for good", n, kind);
        SlotMetrics.closed(kind, "stop");
        yield Behaviors.same();
      }
      default -> Behaviors.unhandled();
    };
  }

  private Behavior<Command> closed() {
    session = null;
    LOG.info("Slot {} ({}) closed its connection: {}", n, kind, closingReason);
    SlotMetrics.closed(kind, closingReason);
    owner.tell(new SlotEvent.Lost<>(n, CLOSED));
    return opening();
  }

  private Behavior<Command> failed(Throwable cause) {
    session = null;
    boolean inWork = pulse.busy();
    ServiceError error = connector.explain(cause);
    display.restarted(error.message());
    Decision decision = decide(cause, error, inWork);
    log.add("slot " + n + " (" + kind + ")", error, decision);
    LOG.warn(
        "Slot {} ({}) lost its connection while {}",
        n,
        kind,
        inWork ? "working" : "opening",
        cause);
    SlotMetrics.closed(kind, "failure");
    SlotMetrics.restarted(kind, error);
    owner.tell(new SlotEvent.Lost<>(n, error));
    if (decision == Decision.ESCALATE) {
      SlotMetrics.escalated(error);
      throw cause instanceof Escalated e ? e : new Escalated(error.message(), cause);
    }
    // Only work that was done proves that the connection was good; opening one proves little.
    attempt = pulse.uses() > 0 ? 0 : attempt + 1;
    return backingOff(settings.backoff().delayMillis(attempt, ThreadLocalRandom.current()));
  }

  private Decision decide(Throwable cause, ServiceError error, boolean inWork) {
    if (cause instanceof Escalated) {
      return Decision.ESCALATE;
    }
    Phase now = phase.get();
    boolean tooMany = !inWork && strikes.tooMany(error, now);
    return tooMany ? Decision.ESCALATE : Decision.of(error, now);
  }

  private boolean overdue() {
    long start = clock.millis() - settings.workLimit().toMillis();
    return pulse.interruptOlderThan(start, connector);
  }

  private void show(State state) {
    display.show(state, openedMillis, pulse.uses());
  }

  private String limit() {
    return settings.workLimit().toMillis() + " ms";
  }
}
