package dev.purser.slots;

import dev.purser.faults.Phase;
import dev.purser.faults.SupervisionLog;
import java.time.InstantSource;
import java.util.function.Supplier;

/// Where a slot stands and what it works with. Immutable; its parts are safe for many threads.
///
/// @param n the slot's number, from 1
/// @param kind what its connection is for, such as `writer`
/// @param phase whether the node has served; asked when something fails
/// @param <C> the connection
public record Place<C>(
    int n,
    String kind,
    Connector<C> connector,
    SlotSettings settings,
    SlotOwner<C> owner,
    Supplier<Phase> phase,
    SupervisionLog log,
    InstantSource clock) {

  @Override
  public String toString() {
    return "slot " + n + " (" + kind + ")";
  }
}
