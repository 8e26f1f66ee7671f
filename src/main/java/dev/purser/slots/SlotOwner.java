package dev.purser.slots;

/// The way back to the owner of the slots. It only passes the event on as a message: slots and
/// sessions call it from threads of their own.
///
/// @param <C> the connection
@FunctionalInterface
public interface SlotOwner<C> {
  void tell(SlotEvent<C> event);
}
