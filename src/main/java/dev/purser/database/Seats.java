package dev.purser.database;

import dev.purser.slots.Session;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// The open sessions of one kind: which are free, and what the others have in hand. Confined to the
/// database actor.
///
/// The one that was used last is taken first, so that what is not needed stays idle and can be
/// closed, and what is used is warm.
///
/// @param <W> the work that this kind does for callers
final class Seats<W extends StoreWork> {
  private final InstantSource clock;
  private final Deque<Seat> free = new ArrayDeque<>();
  private final Map<Integer, Held<W>> busy = new HashMap<>();
  private final Map<Integer, Seat> checked = new HashMap<>();

  Seats(InstantSource clock) {
    this.clock = clock;
  }

  /// @param idleMillis since when it has nothing to do
  /// @param checkedMillis when it was last known to be good
  private record Seat(
      int n, ActorRef<Session.Command<Store>> session, long idleMillis, long checkedMillis) {}

  /// Work in hand.
  record Held<W>(W work, long handedNanos) {}

  boolean anyFree() {
    return !free.isEmpty();
  }

  boolean anyBusy() {
    return !busy.isEmpty();
  }

  int busy() {
    return busy.size();
  }

  int free() {
    return free.size();
  }

  /// How many are open, free or not.
  int open() {
    return free.size() + busy.size() + checked.size();
  }

  /// What is in hand at present.
  List<W> held() {
    List<W> held = new ArrayList<>(busy.size());
    busy.values().forEach(h -> held.add(h.work()));
    return held;
  }

  /// A session has become free.
  void free(int n, ActorRef<Session.Command<Store>> session) {
    long now = clock.millis();
    free.addFirst(new Seat(n, session, now, now));
  }

  /// Hands work to the free session that was used last; there must be one.
  void hand(W work, long nowNanos) {
    Seat seat = free.removeFirst();
    busy.put(seat.n(), new Held<>(work, nowNanos));
    seat.session().tell(new Session.Run<>(work));
  }

  /// Takes back what session `n` had in hand.
  @Nullable Held<W> back(int n) {
    return busy.remove(n);
  }

  /// The session is gone; says what it had in hand.
  @Nullable Held<W> lost(int n) {
    free.removeIf(seat -> seat.n() == n);
    checked.remove(n);
    return busy.remove(n);
  }

  /// Has those checked that had nothing to do for `idle`; meanwhile they get no work.
  void check(Duration idle, CheckWork check) {
    long before = clock.millis() - idle.toMillis();
    for (Iterator<Seat> all = free.iterator(); all.hasNext(); ) {
      Seat seat = all.next();
      if (seat.checkedMillis() < before) {
        all.remove();
        checked.put(seat.n(), seat);
        seat.session().tell(new Session.Run<>(check));
      }
    }
  }

  /// Whether session `n` is being checked.
  boolean checking(int n) {
    return checked.containsKey(n);
  }

  /// Session `n` was checked and is free again, as idle as before.
  ///
  /// @param session null if it is about to close
  void good(int n, @Nullable ActorRef<Session.Command<Store>> session) {
    Seat seat = checked.remove(n);
    if (seat != null && session != null) {
      free.addLast(new Seat(n, seat.session(), seat.idleMillis(), clock.millis()));
    }
  }

  /// Takes out a session that had nothing to do for `idle`; null if there is none.
  @Nullable Integer retire(Duration idle) {
    Seat longest = free.peekLast();
    if (longest == null || longest.idleMillis() >= clock.millis() - idle.toMillis()) {
      return null;
    }
    free.removeLast();
    return longest.n();
  }
}
