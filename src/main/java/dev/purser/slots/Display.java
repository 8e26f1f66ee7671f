package dev.purser.slots;

import dev.purser.slots.SlotView.State;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What an operator sees of a slot, in its view, the log and the metrics: tells the owner whenever
/// it changes. Confined to the slot.
final class Display<C> {
  private static final Logger LOG = LoggerFactory.getLogger(Slot.class);

  private final Place<C> place;
  private long openedMillis;
  private long openingMillis;
  private long restarts;
  private @Nullable String lastError;
  private @Nullable String closedFor;
  private @Nullable SlotView shown;

  Display(Place<C> place) {
    this.place = place;
  }

  /// A connection stands; opening it took so long.
  void opened(long nowMillis, long tookMillis) {
    openedMillis = nowMillis;
    openingMillis = tookMillis;
    LOG.info("The {} is open after {} ms", place, tookMillis);
    SlotMetrics.opened(place.kind(), tookMillis);
  }

  /// Something went wrong; shown with the next state.
  void trouble(String sentence) {
    lastError = sentence;
  }

  /// A failed session is being replaced; shown with the next state.
  void restarted(String sentence) {
    lastError = sentence;
    restarts++;
  }

  /// The connection is gone, and why.
  void closed(String reason) {
    openedMillis = 0;
    closedFor = reason;
    LOG.info("The {} closed its connection: {}", place, reason);
    SlotMetrics.closed(place.kind(), reason);
  }

  void show(State state, long uses) {
    long now = place.clock().millis();
    long since = shown != null && shown.state() == state ? shown.sinceMillis() : now;
    SlotView view =
        new SlotView(
            place.n(),
            place.kind(),
            state,
            since,
            openedMillis,
            openingMillis,
            uses,
            lastError,
            closedFor,
            restarts);
    if (!view.equals(shown)) {
      shown = view;
      place.owner().tell(new SlotEvent.Changed<>(view));
    }
  }
}
