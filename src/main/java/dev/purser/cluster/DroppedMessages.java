package dev.purser.cluster;

import dev.purser.faults.ServiceError;
import dev.purser.metrics.Metrics;
import java.time.Duration;
import org.apache.pekko.actor.ActorRef;
import org.apache.pekko.actor.Dropped;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.eventstream.EventStream;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Answers for messages that the remoting drops instead of sending them: those that do not fit a
/// frame, and those that find its queue full. Without it their callers would wait for their
/// deadline, and nothing would say why. Each is counted and logged, and its caller is refused. One
/// on each node; confined to its actor.
public final class DroppedMessages {
  private static final Logger LOG = LoggerFactory.getLogger(DroppedMessages.class);

  /// How often a full queue is logged: one drop is followed by thousands.
  private static final Duration QUIET = Duration.ofSeconds(1);

  /// How the remoting begins its reason for a message that does not fit a frame.
  private static final String OVERSIZED = "Discarding oversized";

  private static final ServiceError TOO_LARGE =
      new ServiceError.Internal(
          "The request or its answer is larger than what nodes may send each other.");
  private static final ServiceError FULL =
      new ServiceError.Overloaded("Too much is on its way to another node.");

  private final Metrics.Counter tooLarge = Metrics.limitHit("remote_frame");
  private final Metrics.Counter full = Metrics.limitHit("remote_queue");
  private long loggedNanos = System.nanoTime() - QUIET.toNanos();
  private long unlogged;

  private DroppedMessages() {}

  public static Behavior<Dropped> create() {
    return Behaviors.supervise(
            Behaviors.<Dropped>setup(
                context -> {
                  context
                      .getSystem()
                      .eventStream()
                      .tell(new EventStream.Subscribe<>(Dropped.class, context.getSelf()));
                  DroppedMessages messages = new DroppedMessages();
                  return Behaviors.receiveMessage(
                      dropped -> {
                        messages.on(dropped);
                        return Behaviors.same();
                      });
                }))
        .onFailure(SupervisorStrategy.resume());
  }

  private void on(Dropped dropped) {
    Object message =
        dropped.message() instanceof ShardingEnvelope<?> envelope
            ? envelope.message()
            : dropped.message();
    if (!(message instanceof Wire wire)) {
      return; // the remoting's own, which it logs
    }
    boolean oversized = dropped.reason().startsWith(OVERSIZED);
    if (oversized) {
      tooLarge.increment();
      LOG.error("A message between nodes was dropped: {}", dropped.reason());
    } else {
      full.increment();
      logFull(wire, dropped.reason());
    }
    switch (wire) {
      case Wire.Request request -> request.refuse(oversized ? TOO_LARGE : FULL);
      case Wire.Answer answer when oversized ->
          dropped.recipient().tell(answer.refusal(TOO_LARGE), ActorRef.noSender());
      default -> {
        // What would replace an answer finds the same queue full: its caller waits for its
        // deadline.
      }
    }
  }

  private void logFull(Wire message, String reason) {
    unlogged++;
    long now = System.nanoTime();
    if (now - loggedNanos >= QUIET.toNanos()) {
      LOG.warn(
          "{} messages between nodes were dropped, the last one a {}: {}",
          unlogged,
          message.getClass().getName(),
          reason);
      loggedNanos = now;
      unlogged = 0;
    }
  }
}
