package dev.purser.database;

import dev.purser.faults.DatabaseCause;
import dev.purser.faults.ServiceError;
import dev.purser.slots.Session;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.IntSupplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// The reading side of the database actor: coalesced loads and single questions. Confined to that
/// actor.
///
/// A free session takes all waiting loads as one, or one question, by turns. Where there are
/// several sessions, one is kept from questions, so that no load waits behind scans alone.
final class Readers {
  private final Shared shared;
  private final IntSupplier parked;

  private final Seats<StoreWork> seats;
  private final Deque<PendingLoad> alone = new ArrayDeque<>();
  private final Deque<PendingLoad> loads = new ArrayDeque<>();
  private final Deque<PendingAsk<?>> asks = new ArrayDeque<>();

  /// What a former owner's lease holds up; tried again with each sweep.
  private final Deque<PendingRead> heldUp = new ArrayDeque<>();

  private ServiceError holdingUp = new ServiceError.PoolExhausted("nothing is held up");
  private int asking;
  private boolean askNext;
  private @Nullable Paused paused;
  private @Nullable ServiceError down =
      new ServiceError.PoolExhausted("the database is not open yet");

  /// @param parked how many reads wait for saves elsewhere; they count to the limit of loads
  Readers(Shared shared, IntSupplier parked) {
    this.shared = shared;
    this.parked = parked;
    this.seats = new Seats<>(shared.clock());
  }

  boolean isDone() {
    return !seats.anyBusy()
        && loads.isEmpty()
        && alone.isEmpty()
        && asks.isEmpty()
        && heldUp.isEmpty();
  }

  /// Why nothing can be read at present, or null.
  @Nullable ServiceError trouble() {
    return seats.open() == 0 ? down : null;
  }

  Seats<StoreWork> seats() {
    return seats;
  }

  /// How long something has waited that no session could take, in milliseconds.
  long unmetMillis() {
    if (paused != null) {
      return 0;
    }
    long now = System.nanoTime();
    long most = 0;
    for (Deque<? extends PendingRead> queue : List.of(alone, loads, asks)) {
      PendingRead head = queue.peekFirst();
      most = head == null ? most : Math.max(most, now - head.queuedNanos());
    }
    return most / 1_000_000;
  }

  int loadsWaiting() {
    return loads.size() + alone.size() + heldUp.size() + parked.getAsInt();
  }

  int asksWaiting() {
    return asks.size();
  }

  /// Whether one more load, or question that waits for a save, may wait; if not, it has been
  /// refused.
  boolean admits(PendingRead load) {
    shared.budget().call();
    int limit = shared.settings().queues().loads();
    if (loadsWaiting() < limit) {
      return true;
    }
    shared.metrics().loadsFull.increment();
    refuse(load, new ServiceError.Overloaded("too many loads are waiting (" + limit + ")"));
    return false;
  }

  /// Takes a load that was admitted.
  void add(PendingLoad load) {
    loads.addLast(load);
  }

  void add(PendingAsk<?> ask) {
    shared.budget().call();
    int limit = shared.settings().queues().questions();
    if (asks.size() < limit) {
      asks.addLast(ask);
    } else {
      shared.metrics().questionsFull.increment();
      refuse(ask, new ServiceError.Overloaded("too many questions are waiting (" + limit + ")"));
    }
  }

  void ready(int n, ActorRef<Session.Command<Store>> session) {
    down = null;
    seats.free(n, session);
  }

  /// Stops handing out work, or goes on.
  void pause(@Nullable Paused now) {
    paused = now;
  }

  /// Hands work to free sessions as long as there is both.
  void dispatch() {
    while (seats.anyFree() && paused == null) {
      StoreWork work = next();
      if (work == null) {
        return;
      }
      seats.hand(work, System.nanoTime());
    }
  }

  private @Nullable StoreWork next() {
    boolean mayAsk = asking < Math.max(1, seats.open() - 1);
    StoreWork work = askNext && mayAsk ? ask() : load();
    if (work == null) {
      work = askNext || !mayAsk ? load() : ask();
    }
    askNext = work instanceof LoadWork;
    return work;
  }

  private @Nullable StoreWork load() {
    long now = shared.clock().millis();
    long nanos = System.nanoTime();
    List<PendingLoad> batch = new ArrayList<>();
    Deque<PendingLoad> from = alone.isEmpty() ? loads : alone;
    int limit = alone.isEmpty() ? shared.settings().batch().loads() : 1;
    while (batch.size() < limit && !from.isEmpty()) {
      PendingLoad load = from.removeFirst();
      if (load.deadlineMillis() <= now) {
        refuseExpired(load);
      } else {
        shared.metrics().loadWait.recordNanos(nanos - load.queuedNanos());
        batch.add(load);
      }
    }
    if (batch.isEmpty()) {
      return null;
    }
    shared.metrics().loadBatch.record(batch.size());
    boolean single = batch.getFirst().alone();
    return new LoadWork(batch, single, shared.product().reader(), shared.retrying());
  }

  private @Nullable StoreWork ask() {
    long now = shared.clock().millis();
    for (PendingAsk<?> ask = asks.pollFirst(); ask != null; ask = asks.pollFirst()) {
      if (ask.deadlineMillis() > now) {
        shared.metrics().questionWait.recordNanos(System.nanoTime() - ask.queuedNanos());
        asking++;
        return new AskWork<>(ask, shared.product().reader(), shared.retrying());
      }
      refuseExpired(ask);
    }
    return null;
  }

  /// A unit of work came back.
  ///
  /// @param session who asks for the next one, or null
  void done(int n, StoreWork work, @Nullable ActorRef<Session.Command<Store>> session) {
    Seats.Held<StoreWork> held = seats.back(n);
    if (session != null) {
      seats.free(n, session);
    }
    if (held != null) {
      measure(held);
    }
    boolean good = work.stage() == StoreWork.Stage.DONE;
    switch (work) {
      case LoadWork load when good -> load.reply();
      case LoadWork load -> failed(load, load.error());
      case AskWork<?> ask when good -> {
        asking--;
        ask.reply();
      }
      case AskWork<?> ask -> failed(ask, ask.error());
      default -> throw new IllegalStateException("a reading slot gave back a commit");
    }
  }

  private void measure(Seats.Held<StoreWork> held) {
    boolean load = held.work() instanceof LoadWork;
    (load ? shared.metrics().loadUse : shared.metrics().questionUse)
        .recordNanos(System.nanoTime() - held.handedNanos());
  }

  /// A session is gone.
  void lost(int n, ServiceError why) {
    down = why;
    Seats.Held<StoreWork> held = seats.lost(n);
    if (held == null) {
      return;
    }
    boolean begun = held.work().stage() != StoreWork.Stage.WAITING;
    switch (held.work()) {
      case LoadWork load when begun -> failed(load, why);
      case LoadWork load -> load.entries().reversed().forEach(this::giveBack);
      case AskWork<?> ask when begun -> failed(ask, why);
      case AskWork<?> ask -> {
        asking--;
        asks.addFirst(ask.entry());
      }
      default -> throw new IllegalStateException("a reading slot held a commit");
    }
  }

  private void giveBack(PendingLoad load) {
    (load.alone() ? alone : loads).addFirst(load);
  }

  /// Whether a read waits for a lease of another node; there is nothing to wait for if this node's
  /// own has ended.
  private boolean waits(ServiceError why) {
    if (!Shared.ofLease(why) || shared.product().lease().ended()) {
      return false;
    }
    holdingUp = why;
    return true;
  }

  private void failed(LoadWork work, ServiceError why) {
    for (PendingLoad load : work.entries().reversed()) {
      if (waits(why)) {
        heldUp.addLast(load);
      } else if (Shared.ofLease(why)) {
        refuse(load, why);
      } else if (Shared.ofConnection(why) && shared.mayRetry(load.deadlineMillis())) {
        giveBack(load);
      } else if (Shared.ofConnection(why) || work.alone() || why instanceof ServiceError.Timeout) {
        refuse(load, Shared.told(why));
      } else {
        shared.metrics().runAlone.increment();
        alone.addFirst(load.andAlone());
      }
    }
  }

  private void failed(AskWork<?> work, ServiceError why) {
    asking--;
    PendingAsk<?> ask = work.entry();
    if (waits(why)) {
      heldUp.addLast(ask);
    } else if (Shared.ofLease(why)) {
      refuse(ask, why);
    } else if (Shared.ofConnection(why) && shared.mayRetry(ask.deadlineMillis())) {
      asks.addFirst(ask);
    } else if (Shared.ofConnection(why) || ask.again() || why instanceof ServiceError.Timeout) {
      refuse(ask, Shared.told(why));
    } else {
      shared.metrics().runAlone.increment();
      asks.addFirst(ask.andAgain());
    }
  }

  /// Refuses what has expired, and lets what a lease has held up be tried again.
  void sweep() {
    for (Deque<? extends PendingRead> queue : List.of(alone, loads, asks)) {
      expire(queue, this::refuseExpired);
    }
    expire(heldUp, read -> refuse(read, holdingUp));
    bringBack();
  }

  private void expire(Deque<? extends PendingRead> queue, Consumer<PendingRead> refuse) {
    long now = shared.clock().millis();
    for (Iterator<? extends PendingRead> all = queue.iterator(); all.hasNext(); ) {
      PendingRead read = all.next();
      if (read.deadlineMillis() <= now) {
        all.remove();
        refuse.accept(read);
      }
    }
  }

  /// Lets what a lease has held up be tried again.
  private void bringBack() {
    for (PendingRead read = heldUp.pollFirst(); read != null; read = heldUp.pollFirst()) {
      switch (read) {
        case PendingLoad load -> giveBack(load);
        case PendingAsk<?> ask -> asks.addFirst(ask);
      }
    }
  }

  /// Ends the reading side: everything that waits or is in hand is refused; reading it again costs
  /// nothing.
  void close(ServiceError why) {
    for (StoreWork held : seats.held()) {
      switch (held) {
        case LoadWork load -> load.entries().forEach(l -> refuse(l, why));
        case AskWork<?> ask -> refuse(ask.entry(), why);
        default -> throw new IllegalStateException("a reading slot held a commit");
      }
    }
    alone.forEach(l -> refuse(l, why));
    loads.forEach(l -> refuse(l, why));
    asks.forEach(a -> refuse(a, why));
    heldUp.forEach(h -> refuse(h, why));
  }

  /// Refuses a read whose deadline passed before it was run.
  void refuseExpired(PendingRead read) {
    ServiceError cause = trouble();
    String state =
        paused != null
            ? paused.sentence()
            : seats.busy() + " readers busy, " + seats.free() + " idle";
    refuse(
        read,
        cause instanceof ServiceError.Database
            ? new ServiceError.Database(DatabaseCause.UNREACHABLE, "not read: " + cause.message())
            : shared.expired("reads", read.queuedNanos(), loadsWaiting() + asksWaiting(), state));
  }

  void refuse(PendingRead read, ServiceError why) {
    shared.metrics().refused(why);
    read.refuse(why);
  }
}
