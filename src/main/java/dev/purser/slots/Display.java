package dev.purser.slots;

import dev.purser.slots.SlotView.State;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// What an operator sees of a slot: tells the owner whenever it changes. Confined to the slot.
final class Display<C> {
  private final int n;
  private final String kind;
  private final SlotOwner<C> owner;
  private final InstantSource clock;
  private long restarts;
  private @Nullable String lastError;
  private @Nullable SlotView shown;

  Display(int n, String kind, SlotOwner<C> owner, InstantSource clock) {
    this.n = n;
    this.kind = kind;
    this.owner = owner;
    this.clock = clock;
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

  void show(State state, long openedMillis, long uses) {
    long since = shown != null && shown.state() == state ? shown.sinceMillis() : clock.millis();
    SlotView view = new SlotView(n, kind, state, since, openedMillis, uses, lastError, restarts);
    if (!view.equals(shown)) {
      shown = view;
      owner.tell(new SlotEvent.Changed<>(view));
    }
  }
}
