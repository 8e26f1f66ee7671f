package dev.purser.database;

import dev.purser.faults.RetryBudget;
import dev.purser.faults.ServiceError;
import dev.purser.faults.SupervisionLog;
import dev.purser.slots.SlotEvent;
import dev.purser.slots.SlotView;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.apache.pekko.Done;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// The owner of the queues and the slots. All deadlines are absolute, in the clock's milliseconds
/// since 1970.
///
/// Idle sessions ask for work, and get what waits: all loads as one, a question, or a group commit.
/// The first slots write, the others read; they are opened once the first one has been, which
/// migrates the schema.
///
/// ## Failure
///
/// On restart everything that waits is refused, retryably. Saves that were in hand may be
/// committed: they outlive the restart in [Carried] and are run again before anything else.
public final class Database {

  private Database() {}

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

  /// Saves records; joins the next group commit. As with [Save], what may have been committed is
  /// run again until that is known.
  public record SaveRecords(
      RecordSave save, Lane lane, long deadlineMillis, ActorRef<RecordReply> replyTo)
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

  /// An event of a slot that `incarnation` of the actor has spawned.
  record OfSlot(int incarnation, SlotEvent<Store> event) implements Command {}

  /// Looks through the queues.
  record Tick() implements Command {}

  /// The database in the SQLite file `file`, whose folder stands and is locked ([DataFolder#lock]).
  public static Behavior<Command> create(
      DatabaseSettings settings, Path file, InstantSource clock, SupervisionLog log) {
    return create(settings, new SqliteProduct(file, settings.sqlite()), clock, log);
  }

  /// The database at `url`; a file's folder stands and is locked ([DataFolder#lock]).
  public static Behavior<Command> create(
      DatabaseSettings settings, DatabaseUrl url, InstantSource clock, SupervisionLog log) {
    return create(settings, url, List.of(), NodeLease.unshared(), clock, log);
  }

  /// The same, as a node owns it.
  ///
  /// @param parts how the ledger is divided
  /// @param lease of this node, if others may use the database
  public static Behavior<Command> create(
      DatabaseSettings settings,
      DatabaseUrl url,
      List<Ledger.Parts> parts,
      NodeLease lease,
      InstantSource clock,
      SupervisionLog log) {
    Product product =
        switch (url) {
          case DatabaseUrl.OfFile(Path file) -> new SqliteProduct(file, settings.sqlite(), parts);
          case DatabaseUrl.OfServer(PostgresUrl server) ->
              new PostgresProduct(
                  server, settings.postgres(), settings.slots().workLimit(), lease, parts);
        };
    return create(settings, product, clock, log);
  }

  static Behavior<Command> create(
      DatabaseSettings settings, Product product, InstantSource clock, SupervisionLog log) {
    int floor = settings.retryFloor();
    RetryBudget budget = new RetryBudget(settings.retryShare(), floor, 10 * (floor + 1), clock);
    Shared shared = new Shared(settings, product, clock, log, budget, new DatabaseMetrics());
    Carried carried = new Carried();
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(timers -> new Desk(context, timers, shared, carried).serving()));
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
}
