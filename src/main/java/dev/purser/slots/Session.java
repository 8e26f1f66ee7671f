package dev.purser.slots;

import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The owner of one live connection: it opens it, runs one unit of work after the other on it, and
/// closes it.
///
/// ## Concurrency
///
/// It blocks, and so runs on a dispatcher of its own. Its connection never leaves it.
///
/// ## Failure
///
/// It never restarts itself: whatever goes wrong with the connection ends it, and its slot decides.
///
/// @param <C> the connection
public final class Session<C> {
  private static final Logger LOG = LoggerFactory.getLogger(Session.class);

  /// What a session is told.
  public sealed interface Command<C> extends NoSerializationVerificationNeeded {}

  /// Runs a unit of work. Sent by the slot's owner, to a session that asked for it.
  public record Run<C>(Work<C> work) implements Command<C> {}

  /// Opens the connection.
  record Open<C>() implements Command<C> {}

  /// Ends the session after the work in hand.
  record Close<C>() implements Command<C> {}

  private final Place<C> place;
  private final Pulse<C> pulse;
  private final ActorRef<Slot.Command> slot;
  private final long limitMillis;
  private final long slowMillis;
  private @Nullable C connection;

  private Session(Place<C> place, Pulse<C> pulse, ActorRef<Slot.Command> slot) {
    this.place = place;
    this.pulse = pulse;
    this.slot = slot;
    this.limitMillis = place.settings().workLimit().toMillis();
    this.slowMillis = place.settings().slow().toMillis();
  }

  static <C> Behavior<Command<C>> create(
      Place<C> place, Pulse<C> pulse, ActorRef<Slot.Command> slot) {
    Session<C> session = new Session<>(place, pulse, slot);
    return Behaviors.receive((_, c) -> session.on(c), (_, s) -> session.on(s));
  }

  private Behavior<Command<C>> on(Command<C> command) {
    return switch (command) {
      case Open<C> _ -> open();
      case Run<C>(Work<C> work) -> run(work);
      case Close<C> _ -> Behaviors.stopped();
    };
  }

  private Behavior<Command<C>> on(Signal signal) {
    if (signal instanceof PostStop || signal instanceof PreRestart) {
      close();
    }
    return Behaviors.same();
  }

  private Behavior<Command<C>> open() {
    try {
      C opened = place.connector().open();
      connection = opened;
      place.connector().validate(opened);
      pulse.opened(opened);
    } catch (Throwable t) {
      throw new SessionFailed(t);
    }
    slot.tell(new Slot.Opened());
    return Behaviors.same();
  }

  private Behavior<Command<C>> run(Work<C> work) {
    pulse.begin(place.clock().millis(), work.limitMillis(limitMillis));
    try {
      if (connection == null) {
        throw new IllegalStateException("work came before the connection was open");
      }
      work.run(connection, pulse::overran);
    } catch (Throwable t) {
      throw new SessionFailed(t);
    }
    long tookMillis = pulse.end(place.clock().millis());
    if (slowMillis > 0 && tookMillis >= slowMillis) {
      LOG.warn("Slow work in {}: {} took {} ms", place, work.name(), tookMillis);
      SlotMetrics.slow(place.kind());
    }
    // A connection that had to be interrupted is not trusted with the next unit of work.
    boolean more = !pulse.overran();
    place.owner().tell(new SlotEvent.Done<>(place.n(), work, more));
    return more ? Behaviors.same() : Behaviors.stopped();
  }

  private void close() {
    pulse.closing();
    if (connection != null) {
      try {
        place.connector().close(connection);
      } catch (Exception e) {
        LOG.warn("Closing the connection of {} failed", place, e);
      }
      connection = null;
    }
  }
}
