package dev.purser.database;

import dev.purser.database.Database.Lane;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.Decision;
import dev.purser.faults.ServiceError;
import dev.purser.slots.Session;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/// The writing side of the database actor: group commits, one in hand on each writing session.
/// Confined to that actor.
///
/// ## Several sessions
///
/// A commit costs about the same for ten saves as for one, so what waits is not split among all
/// sessions that are free: beside a commit in hand another one is begun only when much waits, or
/// has waited for long. The queue sees to it that two writes of one customer are never in hand at
/// the same time.
///
/// The same holds while what was committed is being synced ([Syncer]).
///
/// ## Failure
///
/// See [FailedCommits].
final class Writer {
  private static final ServiceError CUT_OFF =
      new ServiceError.Database(
          DatabaseCause.UNREACHABLE, "the node is leaving before all was done; go on elsewhere");

  private final Shared shared;
  private final SaveQueue queue;
  private final Consumer<PendingRead> refuseRead;

  private final Seats<CommitWork> seats;
  private final Admission admission;
  private final Syncer syncer;
  private final FailedCommits failed;
  private final BooleanSupplier held;
  private @Nullable Paused paused;
  private boolean leaving;

  /// @param held whether no commit may begin at present
  /// @param release takes reads that may go on
  /// @param refuseRead refuses reads whose deadline passed while they waited for a save
  Writer(
      Shared shared,
      BooleanSupplier held,
      Consumer<PendingRead> release,
      Consumer<PendingRead> refuseRead) {
    this.shared = shared;
    this.held = held;
    this.seats = new Seats<>(shared.clock());
    this.queue = new SaveQueue(shared.settings().batch(), release);
    this.admission = new Admission(shared, seats, queue);
    this.syncer = new Syncer(shared, this::settle);
    this.failed = new FailedCommits(shared, queue, this::end);
    this.refuseRead = refuseRead;
  }

  SaveQueue queue() {
    return queue;
  }

  boolean isDone() {
    return !seats.anyBusy() && syncer.idle() && queue.isEmpty();
  }

  Syncer syncer() {
    return syncer;
  }

  /// Why writes are refused at present, or null.
  @Nullable ServiceError trouble() {
    return admission.trouble();
  }

  Seats<CommitWork> seats() {
    return seats;
  }

  /// How long something has waited that no session could take, in milliseconds.
  long unmetMillis() {
    boolean held = paused != null || seats.anyFree();
    return held ? 0 : queue.waitedNanos(System.nanoTime()) / 1_000_000;
  }

  /// Takes what had no known outcome when the actor was restarted.
  void adopt(List<PendingWrite> unsettled) {
    unsettled.forEach(queue::add);
  }

  void add(PendingWrite write) {
    shared.budget().call();
    ServiceError refusal = admission.refusal(write.lane);
    if (refusal == null) {
      queue.add(write);
    } else {
      refuse(write, refusal);
    }
  }

  /// Refuses writes while the disk has less room than the watermark; null lets them in again.
  void lowDisk(@Nullable ServiceError why) {
    admission.lowDisk(why);
  }

  void ready(int n, ActorRef<Session.Command<Store>> session) {
    seats.free(n, session);
    admission.opened();
  }

  /// Stops handing out work, or goes on.
  void pause(@Nullable Paused now) {
    paused = now;
  }

  /// Hands the next batches to sessions that are free.
  void dispatch() {
    while (paused == null
        && !held.getAsBoolean()
        && seats.anyFree()
        && syncer.admits()
        && (nothingAhead() || crowded())) {
      // A tick may be late: what has expired is never started.
      List<PendingWrite> batch = unexpired(queue.take());
      if (batch.isEmpty()) {
        return;
      }
      boolean alone = batch.getFirst().alone;
      long now = System.nanoTime();
      measure(batch, now);
      seats.hand(new CommitWork(batch, alone, shared.product().writer(), shared.retrying()), now);
    }
  }

  /// Whether no commit is in hand or on its way to the disk.
  private boolean nothingAhead() {
    return !seats.anyBusy() && syncer.idle();
  }

  private boolean crowded() {
    ElasticSettings elastic = shared.settings().elastic();
    return queue.crowded(elastic.spreadSaves(), System.nanoTime() - elastic.spreadWait().toNanos());
  }

  private List<PendingWrite> unexpired(List<PendingWrite> batch) {
    long now = shared.clock().millis();
    boolean late = false;
    for (PendingWrite write : batch) {
      late |= write.deadlineMillis <= now && !write.again;
    }
    if (!late) {
      return batch;
    }
    List<PendingWrite> timely = new ArrayList<>(batch.size());
    for (PendingWrite write : batch) {
      if (write.deadlineMillis <= now && !write.again) {
        end(write, expired(write));
      } else {
        timely.add(write);
      }
    }
    return timely.isEmpty() && !queue.isEmpty() ? unexpired(queue.take()) : timely;
  }

  private void measure(List<PendingWrite> batch, long nowNanos) {
    int rows = 0;
    for (PendingWrite write : batch) {
      shared.metrics().saveWait.recordNanos(nowNanos - write.queuedNanos);
      rows += write.rows;
    }
    shared.metrics().saveBatch.record(batch.size());
    shared.metrics().saveBatchRows.record(rows);
  }

  /// A batch came back.
  ///
  /// @param session who asks for the next one, or null
  void done(int n, CommitWork work, @Nullable ActorRef<Session.Command<Store>> session) {
    Seats.Held<CommitWork> held = seats.back(n);
    if (held != null) {
      shared.metrics().commitUse.recordNanos(System.nanoTime() - held.handedNanos());
    }
    if (session != null) {
      seats.free(n, session);
    }
    if (work.stage() != StoreWork.Stage.DONE) {
      if (StoreWork.busy(work.error())) {
        // Only an operator can say who holds the lock.
        shared.log().add(work.name(), work.error(), Decision.RESUME);
      }
      failed.failed(work, work.error());
      return;
    }
    admission.wrote();
    syncer.add(work);
  }

  /// A batch is committed and on the disk.
  private void settle(CommitWork work) {
    List<PendingWrite> entries = work.entries();
    List<Runnable> answers = new ArrayList<>(entries.size());
    for (int i = 0; i < entries.size(); i++) {
      PendingWrite write = entries.get(i);
      Store.Result result = work.results().get(i);
      if (!write.goesOn(result)) {
        queue.end(write);
        answers.add(() -> write.answer(result));
      } else if (leaving) {
        answers.add(() -> refuse(write, CUT_OFF));
      } else {
        queue.add(write); // behind all that waits
      }
    }
    // The session starts on the next batch before this one's callers are told.
    dispatch();
    answers.forEach(Runnable::run);
  }

  /// Nothing more comes: what is done in pieces ends with the current piece.
  void leave() {
    leaving = true;
  }

  /// A session is gone, or could not be opened. While others write, only what one of them found out
  /// by writing is said of all.
  void lost(int n, ServiceError why) {
    Seats.Held<CommitWork> held = seats.lost(n);
    boolean ofAll = seats.open() == 0 || (held != null && Shared.setup(why));
    if (ofAll) {
      admission.down(why);
    }
    if (held != null) {
      CommitWork work = held.work();
      switch (work.stage()) {
        case WAITING -> work.entries().reversed().forEach(queue::giveBack);
        case BEGUN, FAILED -> failed.failed(work, why);
        case COMMITTING -> failed.unknown(work);
        // The session failed after its commit had returned: what is committed stays committed.
        case DONE -> syncer.add(work);
      }
    }
    if (ofAll && Shared.setup(why)) {
      // Loads that wait for an unknown outcome wait on: reads go on without writes.
      long now = shared.clock().millis();
      queue.expire(Long.MAX_VALUE, now, held(), w -> refuse(w, why), refuseRead);
    }
  }

  /// Refuses what has expired, and lets run again what was put off.
  void sweep() {
    long now = shared.clock().millis();
    queue.bringBack(now);
    queue.expire(now, now, held(), w -> refuse(w, expired(w)), refuseRead);
  }

  /// Ends the writing side: what waits is refused; what may have been committed is handed over.
  List<PendingWrite> close(ServiceError why) {
    queue.expire(Long.MAX_VALUE, Long.MAX_VALUE, held(), w -> refuse(w, why), l -> l.refuse(why));
    List<PendingWrite> unsettled = queue.unknown();
    for (PendingWrite write : held()) {
      write.again = true;
      unsettled.add(write);
    }
    for (PendingWrite write : unsettled) {
      write.next = null;
      write.parked = null;
    }
    return unsettled;
  }

  private List<PendingWrite> held() {
    List<PendingWrite> held = new ArrayList<>();
    seats.held().forEach(work -> held.addAll(work.entries()));
    syncer.unsynced().forEach(work -> held.addAll(work.entries()));
    return held;
  }

  private ServiceError expired(PendingWrite write) {
    int waiting = queue.count(Lane.INTERACTIVE) + queue.count(Lane.BULK);
    String state =
        paused != null
            ? paused.sentence()
            : "writers: %d busy, %d idle".formatted(seats.busy(), seats.free());
    ServiceError cause = admission.down();
    if (cause instanceof ServiceError.Database) {
      return new ServiceError.Database(
          DatabaseCause.UNREACHABLE, "not written: " + cause.message());
    }
    return shared.expired("saves", write.queuedNanos, waiting, state);
  }

  private void end(PendingWrite write, ServiceError why) {
    queue.end(write);
    refuse(write, why);
  }

  private void refuse(PendingWrite write, ServiceError why) {
    shared.metrics().refused(why);
    write.refuse(why);
  }
}
