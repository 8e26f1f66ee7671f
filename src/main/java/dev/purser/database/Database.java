package dev.purser.database;

import dev.purser.faults.DatabaseCause;
import dev.purser.faults.Escalated;
import dev.purser.faults.RetryBudget;
import dev.purser.faults.ServiceError;
import dev.purser.faults.SupervisionLog;
import dev.purser.slots.Session;
import dev.purser.slots.SlotEvent;
import dev.purser.slots.SlotView;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.apache.pekko.Done;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.ChildFailed;
import org.apache.pekko.actor.typed.DispatcherSelector;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.Terminated;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.jspecify.annotations.Nullable;

/// The owner of the queues and the slots. All deadlines are absolute, in the clock's milliseconds
/// since 1970.
///
/// Idle sessions ask for work, and get what waits: all loads as one, a question, or a group commit.
/// The first slot writes, the others read; readers are opened once the writer has been, which
/// migrates the schema.
///
/// ## Failure
///
/// On restart everything that waits is refused, retryably. Saves that were in hand may be
/// committed: they outlive the restart in [Carried] and are run again before anything else.
public final class Database {
  /// What may be asked of the database. Local to the node.
  public sealed interface Command extends NoSerializationVerificationNeeded {}

  /// Loads one customer; coalesced with all other loads waiting. Answered only after every earlier
  /// save of that customer, queued or in hand.
  public record Load(String customer, long deadlineMillis, ActorRef<LoadReply> replyTo)
      implements Command {}

  /// Saves one customer; joins the next group commit.
  ///
  /// Refused unexecuted when its deadline passes in the queue. Once its outcome is unknown it is
  /// run again until it is known, past the deadline if need be: the reply always tells the truth.
  public record Save(CustomerSave save, Lane lane, long deadlineMillis, ActorRef<SaveReply> replyTo)
      implements Command {}

  /// Does a chore; joins the next group commit of its lane.
  public record Do(Chore chore, Lane lane, long deadlineMillis, ActorRef<Answer<Long>> replyTo)
      implements Command {}

  /// Answers a question.
  public record Ask<T>(Query<T> query, long deadlineMillis, ActorRef<Answer<T>> replyTo)
      implements Command {}

  /// Shows every slot, in order.
  public record Slots(ActorRef<SlotList> replyTo) implements Command {}

  /// Opens the connection of slot `n` anew after its work in hand; answers whether there is one.
  public record Recycle(int n, ActorRef<Boolean> replyTo) implements Command {}

  /// Stops handing out work; what is asked waits until its deadline.
  public record Pause(ActorRef<Done> replyTo) implements Command {}

  /// Hands out work again.
  public record Resume(ActorRef<Done> replyTo) implements Command {}

  /// Tells `watcher` how the database stands, now and whenever that changes. There is one watcher;
  /// the latest counts.
  public record Watch(ActorRef<Standing> watcher) implements Command {}

  /// Takes nothing new, finishes what waits, closes the connections and stops; answers when that is
  /// done.
  public record Drain(ActorRef<Done> replyTo) implements Command {}

  /// Interactive saves are taken before bulk ones, so that a single save waits behind at most one
  /// bulk commit.
  public enum Lane {
    INTERACTIVE,
    BULK
  }

  /// The reply to a question or chore.
  public sealed interface Answer<T> extends NoSerializationVerificationNeeded {
    record Found<T>(T value) implements Answer<T> {}

    record Failed<T>(ServiceError error) implements Answer<T> {}
  }

  /// The slots, in order.
  public record SlotList(List<SlotView> slots) implements NoSerializationVerificationNeeded {
    public SlotList {
      slots = List.copyOf(slots);
    }
  }

  /// The room that is left on the disk.
  record Roomy(Product.Room room) implements Command {}

  private record OfSlot(int incarnation, SlotEvent<Store> event) implements Command {}

  private record Tick() implements Command {}

  private final ActorContext<Command> context;
  private final Shared shared;
  private final Carried carried;
  private final int incarnation;
  private final Writer writer;
  private final Readers readers;
  private final SlotSet slots;
  private boolean paused;
  private @Nullable ActorRef<Done> draining;
  private @Nullable Standing told;

  private Database(ActorContext<Command> context, Shared shared, Carried carried) {
    this.context = context;
    this.shared = shared;
    this.carried = carried;
    this.writer = new Writer(shared, this::released, this::refusedParked);
    this.readers = new Readers(shared, () -> writer.queue().parked());
    this.incarnation = carried.born();
    ActorRef<Command> self = context.getSelf();
    int born = incarnation;
    this.slots = new SlotSet(context, shared, carried, event -> self.tell(new OfSlot(born, event)));
  }

  /// The database in the SQLite file `file`, whose folder stands and is locked ([DataFolder#lock]).
  public static Behavior<Command> create(
      DatabaseSettings settings, Path file, InstantSource clock, SupervisionLog log) {
    return create(settings, new SqliteProduct(file, settings.sqlite()), clock, log);
  }

  static Behavior<Command> create(
      DatabaseSettings settings, Product product, InstantSource clock, SupervisionLog log) {
    int floor = settings.retryFloor();
    RetryBudget budget = new RetryBudget(settings.retryShare(), floor, 10 * (floor + 1), clock);
    Shared shared = new Shared(settings, product, clock, log, budget, new DatabaseMetrics());
    Carried carried = new Carried();
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> {
                  timers.startTimerWithFixedDelay(new Tick(), settings.tick());
                  return new Database(context, shared, carried).start();
                }));
  }

  /// How whoever spawns a database supervises it: it restarts, but not for ever.
  public static SupervisorStrategy supervision(DatabaseSettings settings) {
    DatabaseSettings.Queues queues = settings.queues();
    // While a restart waits for the sessions, as much may be stashed as the queues would have held.
    int stash = queues.loads() + queues.questions() + queues.saves() + queues.bulkSaves();
    return SupervisorStrategy.restart()
        .withLimit(settings.slots().failureLimit(), settings.slots().failureWindow())
        .withStashCapacity(stash);
  }

  private Behavior<Command> start() {
    writer.adopt(carried.takeUnsettled());
    context.spawn(
        DiskWatch.create(shared.product(), shared.settings().probe(), context.getSelf()),
        "disk",
        DispatcherSelector.blocking());
    return Behaviors.receive((_, c) -> on(c), (_, s) -> on(s));
  }

  private Behavior<Command> on(Command command) {
    switch (command) {
      case Load c -> load(c);
      case Save c -> write(PendingWrite.of(c, System.nanoTime()));
      case Do c -> write(PendingWrite.of(c, System.nanoTime()));
      case Ask<?> c -> ask(c);
      case Slots(ActorRef<SlotList> replyTo) -> replyTo.tell(new SlotList(slots.views()));
      case Recycle(int n, ActorRef<Boolean> replyTo) -> replyTo.tell(slots.recycle(n));
      case Pause(ActorRef<Done> replyTo) -> pause(true, replyTo);
      case Resume(ActorRef<Done> replyTo) -> pause(false, replyTo);
      case Watch(ActorRef<Standing> watcher) -> watch(watcher);
      case Drain(ActorRef<Done> replyTo) -> draining = replyTo;
      case Roomy(Product.Room room) -> room(room);
      case OfSlot(int from, SlotEvent<Store> event) -> {
        // Events of slots that a restart has replaced are about connections that are closed.
        if (from == incarnation) {
          onSlot(event);
        }
      }
      case Tick _ -> tick();
    }
    writer.dispatch();
    readers.dispatch();
    boolean done = draining != null && writer.isDone() && readers.isDone();
    return done ? Behaviors.stopped() : Behaviors.same();
  }

  private void load(Load c) {
    PendingLoad load =
        new PendingLoad(c.customer(), c.deadlineMillis(), c.replyTo(), System.nanoTime(), false);
    if (draining != null) {
      readers.refuse(load, leaving());
    } else if (readers.admits(load) && !writer.queue().park(load)) {
      released(load);
    }
  }

  private void released(PendingLoad load) {
    readers.add(load);
  }

  private void refusedParked(PendingLoad load) {
    readers.refuseParked(load);
  }

  private void write(PendingWrite write) {
    if (draining != null) {
      write.refuse(leaving());
      return;
    }
    writer.add(write);
  }

  private <T> void ask(Ask<T> c) {
    PendingAsk<T> ask =
        new PendingAsk<>(c.query(), c.deadlineMillis(), c.replyTo(), System.nanoTime(), false);
    if (draining != null) {
      ask.refuse(leaving());
      return;
    }
    readers.add(ask);
  }

  private void pause(boolean pause, ActorRef<Done> replyTo) {
    paused = pause;
    writer.pause(pause);
    readers.pause(pause);
    context.getLog().info(pause ? "The database is paused" : "The database is resumed");
    replyTo.tell(Done.done());
    tellStanding();
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
        if (ready.n() == SlotSet.WRITER) {
          writer.ready(ready.session());
        } else {
          readers.ready(ready.n(), ready.session());
        }
        tellStanding();
      }
      case SlotEvent.Done<Store>(int n, var work, boolean more) -> {
        ActorRef<Session.Command<Store>> session = more ? slots.session(n) : null;
        switch (work) {
          case CommitWork commit -> {
            writer.done(commit, session);
            if (told != null && !told.writing()) {
              tellStanding();
            }
          }
          case StoreWork read -> readers.done(n, read, session);
          default -> throw new IllegalStateException("a slot gave back work of somebody else");
        }
      }
      case SlotEvent.Lost<Store>(int n, ServiceError why) -> {
        slots.lost(n);
        if (n == SlotSet.WRITER) {
          writer.lost(why);
        } else {
          readers.lost(n, why);
        }
        tellStanding();
      }
      case SlotEvent.Changed<Store>(SlotView view) -> slots.changed(view);
    }
  }

  private void tick() {
    writer.sweep();
    readers.sweep();
    SaveQueue saves = writer.queue();
    shared.metrics().savesWaiting.set(saves.count(Lane.INTERACTIVE));
    shared.metrics().bulkSavesWaiting.set(saves.count(Lane.BULK));
    shared.metrics().loadsWaiting.set(readers.loadsWaiting());
    shared.metrics().questionsWaiting.set(readers.asksWaiting());
  }

  private void tellStanding() {
    ServiceError write = writer.trouble();
    ServiceError read = readers.trouble();
    ServiceError trouble = write == null ? read : write;
    Standing now =
        new Standing(
            carried.served(),
            read == null,
            write == null,
            paused,
            trouble == null ? null : trouble.message());
    if (!now.equals(told)) {
      told = now;
      carried.tell(now);
    }
  }

  private Behavior<Command> on(Signal signal) {
    switch (signal) {
      case ChildFailed failed -> throw failureOf(failed);
      case Terminated gone -> throw new IllegalStateException(gone.getRef() + " has stopped");
      case PreRestart _ -> close(unavailable("the database is being restarted"));
      case PostStop _ -> {
        close(leaving());
        if (draining != null) {
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
