package dev.purser.slots;

import dev.purser.faults.ServiceError;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;

/// What slots and their sessions tell their owner. Events of one slot arrive in the order in which
/// they happened: `Done` before the `Lost` of the same session, `Lost` before the next `Ready`.
///
/// @param <C> the connection
public sealed interface SlotEvent<C> extends NoSerializationVerificationNeeded {

  /// The slot's number.
  int n();

  /// A session is open and asks for its first unit of work.
  ///
  /// @param openingMillis how long it took to open
  record Ready<C>(int n, ActorRef<Session.Command<C>> session, long openingMillis)
      implements SlotEvent<C> {}

  /// A unit of work came back.
  ///
  /// @param more whether the session asks for another one; if not it is about to close
  record Done<C>(int n, Work<C> work, boolean more) implements SlotEvent<C> {}

  /// The session is gone, and its connection closed: work that was sent to it and has not come back
  /// will never be run, or was ended where it stood. Also told when a session could not be opened.
  ///
  /// @param failed false if the slot closed it in order
  record Lost<C>(int n, ServiceError why, boolean failed) implements SlotEvent<C> {}

  /// The slot's state changed, or its figures did.
  record Changed<C>(SlotView view) implements SlotEvent<C> {
    @Override
    public int n() {
      return view.n();
    }
  }
}
