package dev.purser.slots;

import dev.purser.faults.Decision;
import dev.purser.faults.Escalated;
import dev.purser.faults.Phase;
import dev.purser.faults.ServiceError;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Decides about the failures of one slot, and tells operators. Confined to the slot.
final class Judge {
  private static final Logger LOG = LoggerFactory.getLogger(Judge.class);

  private final Place<?> place;
  private final Strikes strikes;

  Judge(Place<?> place) {
    this.place = place;
    SlotSettings settings = place.settings();
    this.strikes = new Strikes(settings.failureLimit(), settings.failureWindow(), place.clock());
  }

  /// @param inWork whether the session failed in a caller's work
  Decision decide(Throwable cause, ServiceError error, boolean inWork) {
    Decision decision = decision(cause, error, inWork);
    place.log().add(place.toString(), error, decision);
    LOG.warn("The {} lost its connection while {}", place, inWork ? "working" : "opening", cause);
    SlotMetrics.restarted(place.kind(), error);
    if (decision == Decision.ESCALATE) {
      SlotMetrics.escalated(error);
    }
    return decision;
  }

  private Decision decision(Throwable cause, ServiceError error, boolean inWork) {
    if (cause instanceof Escalated) {
      return Decision.ESCALATE;
    }
    Phase now = place.phase().get();
    boolean tooMany = !inWork && strikes.tooMany(error, now);
    return tooMany ? Decision.ESCALATE : Decision.of(error, now);
  }
}
