package dev.purser.database;

import dev.purser.faults.DatabaseCause;
import dev.purser.faults.Escalated;
import dev.purser.faults.ServiceError;
import dev.purser.slots.Session;
import dev.purser.slots.SlotEvent;
import dev.purser.slots.SlotView;
import java.time.Instant;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The behaviour of the database actor: it passes requests to the reading and the writing side, and
/// events of the slots to whichever side they concern.
final class Desk {
  /// By its own name: an actor's logger may be named after Pekko's classes, whose INFO is not
  /// logged.
  private static final Logger LOG = LoggerFactory.getLogger(Database.class);

  private final ActorContext<Database.Command> context;
  private final Shared shared;
  private final Carried carried;
  private final int incarnation;
  private final Writer writer;
  private final Readers readers;
  private final Checkpointer checkpointer;
  private final SlotSet slots;
  private @Nullable Paused paused;
  private @Nullable ActorRef<Done> draining;
  private @Nullable Standing told;

  Desk(
      ActorContext<Database.Command> context,
      TimerScheduler<Database.Command> timers,
      Shared shared,
      Carried carried) {
    timers.startTimerWithFixedDelay(new Database.Tick(), shared.settings().tick());
    this.context = context;
    this.shared = shared;
    this.carried = carried;
    this.checkpointer = new Checkpointer(shared);
    this.writer = new Writer(shared, checkpointer::holds, this::released, this::refusedParked);
    this.readers = new Readers(shared, () -> writer.queue().parked());
    this.incarnation = carried.born();
    ActorRef<Database.Command> self = context.getSelf();
    int born = incarnation;
    this.slots =
        new SlotSet(context, shared, carried, event -> self.tell(new Database.OfSlot(born, event)));
    writer.adopt(carried.takeUnsettled());
  }

  Behavior<Database.Command> serving() {
    context.spawn(
        DiskWatch.create(shared.product(), shared.settings().probe(), context.getSelf()),
        "disk",
        DispatcherSelector.blocking());
    return Behaviors.receive((_, c) -> on(c), (_, s) -> on(s));
  }

  private Behavior<Database.Command> on(Database.Command command) {
    switch (command) {
      case Database.Load c -> load(c);
      case Database.Save c -> write(PendingWrite.of(c, System.nanoTime()));
      case Database.SaveRecords c -> write(PendingWrite.of(c, System.nanoTime()));
      case Database.Do c -> write(PendingWrite.of(c, System.nanoTime()));
      case Database.Ask<?> c -> ask(c);
      case Database.Slots(ActorRef<Database.SlotList> replyTo) ->
          replyTo.tell(new Database.SlotList(slots.views(), paused));
      case Database.Recycle(int n, ActorRef<Boolean> replyTo) -> replyTo.tell(slots.recycle(n));
      case Database.Pause(String by, ActorRef<Done> replyTo) -> pause(by, replyTo);
      case Database.Resume(String by, ActorRef<Done> replyTo) -> resume(by, replyTo);
      case Database.Watch(ActorRef<Standing> watcher) -> watch(watcher);
      case Database.Drain(ActorRef<Done> replyTo) -> drain(replyTo);
      case Database.Roomy(Product.Room room) -> room(room);
      case Database.OfSlot(int from, SlotEvent<Store> event) -> {
        // Events of slots that a restart has replaced are about connections that are closed.
        if (from == incarnation) {
          onSlot(event);
        }
      }
      case Database.Tick _ -> tick();
    }
    checkpointer.proceed(writer.seats().anyBusy(), readers.seats().anyBusy());
    if (!checkpointer.holds()) {
      writer.dispatch();
      readers.dispatch();
    }
    if (command instanceof Database.OfSlot || command instanceof Database.Tick) {
      slots.grow(writer, readers);
    }
    boolean done = draining != null && writer.isDone() && readers.isDone();
    return done ? Behaviors.stopped() : Behaviors.same();
  }

  private void load(Database.Load c) {
    PendingLoad load =
        new PendingLoad(c.customer(), c.deadlineMillis(), c.replyTo(), System.nanoTime(), false);
    if (draining != null) {
      readers.refuse(load, leaving());
    } else if (readers.admits(load) && !writer.queue().park(load)) {
      released(load);
    }
  }

  private void released(PendingRead read) {
    switch (read) {
      case PendingLoad load -> readers.add(load);
      case PendingAsk<?> ask -> readers.add(ask);
    }
  }

  private void refusedParked(PendingRead read) {
    readers.refuseExpired(read);
  }

  private void write(PendingWrite write) {
    if (draining != null) {
      write.refuse(leaving());
      return;
    }
    writer.add(write);
  }

  private <T> void ask(Database.Ask<T> c) {
    PendingAsk<T> ask =
        new PendingAsk<>(c.query(), c.deadlineMillis(), c.replyTo(), System.nanoTime(), false);
    if (draining != null) {
      ask.refuse(leaving());
    } else if (!writer.queue().holdsUp(ask)) {
      readers.add(ask);
    } else if (readers.admits(ask)) {
      var _ = writer.queue().park(ask);
    }
  }

  /// A second pause leaves the first one's name and moment.
  private void pause(String by, ActorRef<Done> replyTo) {
    if (paused == null) {
      paused = new Paused(by, Instant.ofEpochMilli(shared.clock().millis()));
      LOG.info("The database is paused by {}", by);
    }
    paused(paused, replyTo);
  }

  private void resume(String by, ActorRef<Done> replyTo) {
    if (paused != null) {
      LOG.info(
          "The database is resumed by {}; paused since {} by {}", by, paused.since(), paused.by());
      paused = null;
    }
    paused(null, replyTo);
  }

  private void paused(@Nullable Paused now, ActorRef<Done> replyTo) {
    writer.pause(now);
    readers.pause(now);
    replyTo.tell(Done.done());
    tellStanding();
  }

  private void drain(ActorRef<Done> replyTo) {
    draining = replyTo;
    writer.leave();
    // What waits must be finished, paused or not.
    writer.pause(null);
    readers.pause(null);
  }

  private void watch(ActorRef<Standing> watcher) {
    carried.watch(watcher);
    told = null;
    tellStanding();
  }

  private void room(Product.Room room) {
    shared.metrics().diskFree.set((double) room.usable());
    shared.metrics().logSize.set((double) room.log());
    long watermark = shared.settings().watermarkBytes();
    writer.lowDisk(
        room.usable() >= watermark
            ? null
            : new ServiceError.Database(
                DatabaseCause.SETUP,
                "the disk is nearly full: %d bytes are free, writes need %d; make room"
                    .formatted(room.usable(), watermark)));
    tellStanding();
  }

  private void onSlot(SlotEvent<Store> event) {
    switch (event) {
      case SlotEvent.Ready<Store> ready -> {
        slots.ready(ready);
        if (slots.writes(ready.n())) {
          writer.ready(ready.n(), ready.session());
        } else if (slots.reads(ready.n())) {
          readers.ready(ready.n(), ready.session());
        } else if (slots.syncs(ready.n())) {
          writer.syncer().ready(ready.session());
        } else {
          checkpointer.ready(ready.session());
        }
        tellStanding();
      }
      case SlotEvent.Done<Store>(int n, var work, boolean more) -> {
        ActorRef<Session.Command<Store>> session = more ? slots.session(n) : null;
        switch (work) {
          case CommitWork commit -> {
            writer.done(n, commit, session);
            checkpointer.wrote();
            if (told != null && !told.writing()) {
              tellStanding();
            }
          }
          case StoreWork read -> readers.done(n, read, session);
          case CheckWork _ -> seats(n).good(n, session);
          case SyncWork synced -> writer.syncer().done(synced, more);
          case CheckpointWork copied -> checkpointer.done(copied, more);
          case CheckpointWork.Last _ -> checkpointer.finished(more);
          default -> throw new IllegalStateException("a slot gave back work of somebody else");
        }
      }
      case SlotEvent.Lost<Store> lost -> {
        lost(lost, lost.n(), lost.why());
        tellStanding();
      }
      case SlotEvent.Changed<Store>(SlotView view) -> slots.changed(view);
    }
  }

  private void lost(SlotEvent.Lost<Store> event, int n, ServiceError why) {
    if (seats(n).checking(n)) {
      shared.metrics().checksFailed.increment();
    }
    slots.lost(event);
    if (slots.writes(n)) {
      writer.lost(n, why);
    } else if (slots.reads(n)) {
      readers.lost(n, why);
    } else if (slots.syncs(n)) {
      writer.syncer().lost();
    } else {
      checkpointer.lost();
    }
    slots.suspect(event, writer, readers);
  }

  private Seats<?> seats(int n) {
    return slots.writes(n) ? writer.seats() : readers.seats();
  }

  private void tick() {
    slots.tidy(writer, readers);
    checkpointer.look(paused != null);
    writer.sweep();
    readers.sweep();
    SaveQueue saves = writer.queue();
    shared.metrics().savesWaiting.set(saves.count(Database.Lane.INTERACTIVE));
    shared.metrics().bulkSavesWaiting.set(saves.count(Database.Lane.BULK));
    shared.metrics().loadsWaiting.set(readers.loadsWaiting());
    shared.metrics().questionsWaiting.set(readers.asksWaiting());
  }

  private void tellStanding() {
    Standing now =
        Standing.of(carried.served(), paused != null, readers.trouble(), writer.trouble());
    if (!now.equals(told)) {
      told = now;
      carried.tell(now);
    }
  }

  private Behavior<Database.Command> on(Signal signal) {
    switch (signal) {
      case ChildFailed failed -> throw failureOf(failed);
      case Terminated gone -> throw new IllegalStateException(gone.getRef() + " has stopped");
      case PreRestart _ -> close(unavailable("the database is being restarted"));
      case PostStop _ -> {
        close(leaving());
        if (draining != null) {
          shared.closed(context.getLog()); // the slots stop before their parent does
          draining.tell(Done.done());
        }
      }
      default -> {
        return Behaviors.unhandled();
      }
    }
    return Behaviors.same();
  }

  private static RuntimeException failureOf(ChildFailed failed) {
    return failed.getCause() instanceof Escalated e
        ? e
        : new IllegalStateException(failed.getRef() + " failed", failed.getCause());
  }

  private void close(ServiceError why) {
    readers.close(why);
    carried.keep(writer.close(why));
  }

  private static ServiceError leaving() {
    return unavailable("the node is leaving");
  }

  private static ServiceError unavailable(String message) {
    return new ServiceError.Database(DatabaseCause.UNREACHABLE, message);
  }
}
