package dev.purser.slots;

import org.jspecify.annotations.Nullable;

/// A slot as an operator sees it. Immutable.
///
/// @param n its number, from 1
/// @param kind what its connection is for, such as `writer`
/// @param sinceMillis when it came into this state
/// @param openedMillis when its connection was opened, or 0 if it has none
/// @param openingMillis how long the latest connection took to open
/// @param uses units of work that this connection has done
/// @param lastError the latest failure's sentence, or null if there was none
/// @param closedFor why its previous connection was closed, or null if it had none
/// @param restarts how often its session was replaced after a failure
public record SlotView(
    int n,
    String kind,
    State state,
    long sinceMillis,
    long openedMillis,
    long openingMillis,
    long uses,
    @Nullable String lastError,
    @Nullable String closedFor,
    long restarts) {

  /// The states of a slot.
  public enum State {
    /// It has no connection and wants none: there is no demand for it.
    VACANT,
    OPENING,
    SERVING,
    /// Waiting before the next attempt to open.
    BACKING_OFF,
    /// A unit of work has passed its time limit and has not returned yet.
    STUCK,
    /// Closing its connection in order, to open another one.
    CLOSING;

    /// The state's word in answers, logs and metrics.
    public String word() {
      return switch (this) {
        case VACANT -> "vacant";
        case OPENING -> "opening";
        case SERVING -> "serving";
        case BACKING_OFF -> "backing_off";
        case STUCK -> "stuck";
        case CLOSING -> "closing";
      };
    }
  }
}
