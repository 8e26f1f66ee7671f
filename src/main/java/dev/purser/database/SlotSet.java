package dev.purser.database;

import dev.purser.database.ElasticSettings.Range;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.Phase;
import dev.purser.faults.ServiceError;
import dev.purser.slots.Connector;
import dev.purser.slots.Place;
import dev.purser.slots.Session;
import dev.purser.slots.Slot;
import dev.purser.slots.SlotEvent;
import dev.purser.slots.SlotOwner;
import dev.purser.slots.SlotView;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/// The slots of the database actor: the first ones write, the next ones read; behind them may be
/// one that syncs the write-ahead log and one that keeps it short. Confined to that actor.
///
/// There are as many slots as there may be connections, most of them vacant on a server that has
/// little to do. The first one is filled first: it makes and migrates the schema. Writing and
/// reading slots are two kinds, so that reads go on where nothing may be written (a standby, a full
/// disk), and no scan is ever in a commit's way.
///
/// After an outage the first connection that opens proves that the database answers; those that
/// back off follow it soon, each after a jitter of its own.
final class SlotSet {
  private static final int FIRST = 1;

  private final ActorContext<Database.Command> context;
  private final Shared shared;
  private final Carried carried;
  private final SlotOwner<Store> owner;
  private final Crew writers;
  private final Crew readers;
  private final @Nullable Crew syncers;
  private final @Nullable Crew checkpointers;
  private final Map<Integer, ActorRef<Slot.Command>> slots = new TreeMap<>();
  private final Map<Integer, ActorRef<Session.Command<Store>>> sessions = new TreeMap<>();
  private final Map<Integer, SlotView> views = new TreeMap<>();
  private final Set<Integer> unreachable = new HashSet<>();

  SlotSet(
      ActorContext<Database.Command> context,
      Shared shared,
      Carried carried,
      SlotOwner<Store> owner) {
    this.context = context;
    this.shared = shared;
    this.carried = carried;
    this.owner = owner;
    Product product = shared.product();
    this.writers = new Crew("writer", product.writer(), FIRST, shared.writers(), shared);
    this.readers = new Crew("reader", product.reader(), writers.end(), shared.readers(), shared);
    Connector<Store> syncer = product.syncer();
    this.syncers = syncer == null ? null : one("syncer", syncer, readers.end());
    Product.Checkpoints checkpoints = product.checkpoints();
    int behind = syncers == null ? readers.end() : syncers.end();
    this.checkpointers =
        checkpoints == null ? null : one("checkpointer", checkpoints.connector(), behind);
    for (Crew crew : crews()) {
      spawn(crew);
    }
    fill(writers.fill());
  }

  private Crew one(String kind, Connector<Store> connector, int n) {
    return new Crew(kind, connector, n, new Range(1, 1), shared);
  }

  private void spawn(Crew crew) {
    for (int n = crew.first(); n < crew.end(); n++) {
      Behavior<Slot.Command> vacant =
          Slot.createVacant(
              new Place<>(
                  n,
                  crew.kind,
                  crew.connector,
                  shared.slotSettings(),
                  owner,
                  () -> carried.served() ? Phase.SERVING : Phase.STARTING,
                  shared.log(),
                  shared.clock()));
      ActorRef<Slot.Command> slot = context.spawn(vacant, "slot-" + n);
      context.watch(slot);
      slots.put(n, slot);
    }
  }

  private List<Crew> crews() {
    return Stream.of(writers, readers, syncers, checkpointers).filter(Objects::nonNull).toList();
  }

  boolean writes(int n) {
    return writers.has(n);
  }

  boolean reads(int n) {
    return readers.has(n);
  }

  boolean syncs(int n) {
    return syncers != null && syncers.has(n);
  }

  /// A session is open.
  void ready(SlotEvent.Ready<Store> event) {
    int n = event.n();
    sessions.put(n, event.session());
    crew(n).ready(n, event.openingMillis());
    fill();
    unreachable.remove(n);
    unreachable.forEach(other -> tell(other, new Slot.Hurry()));
    if (writers.complete() && readers.complete() && (syncers == null || syncers.complete())) {
      carried.serve();
    }
  }

  /// Fills what is missing to the minimum.
  private void fill() {
    for (Crew crew : crews()) {
      for (Integer n = crew.fill(); n != null; n = crew.fill()) {
        fill(n);
      }
    }
  }

  private void fill(@Nullable Integer n) {
    if (n != null) {
      tell(n, new Slot.Fill());
    }
  }

  private void tell(int n, Slot.Command command) {
    ActorRef<Slot.Command> slot = slots.get(n);
    if (slot != null) {
      slot.tell(command);
    }
  }

  private Crew crew(int n) {
    for (Crew crew : crews()) {
      if (crew.has(n)) {
        return crew;
      }
    }
    throw new IllegalStateException("there is no slot " + n);
  }

  /// The session of slot `n`, or null if it has none.
  @Nullable ActorRef<Session.Command<Store>> session(int n) {
    return sessions.get(n);
  }

  void lost(SlotEvent.Lost<Store> event) {
    int n = event.n();
    sessions.remove(n);
    if (crew(n).lost(n, event.failed())) {
      unreachable.remove(n);
      tell(n, new Slot.Vacate("failure"));
    } else if (unreachable(event)) {
      unreachable.add(n);
    }
  }

  /// Fills one more slot of a kind if its work has waited for long enough.
  void grow(Writer writer, Readers reading) {
    if (carried.served() && shared.product().elastic()) {
      fill(writers.grow(writer.unmetMillis()));
      fill(readers.grow(reading.unmetMillis()));
    }
  }

  /// Has idle connections checked, and closes those that are idle for too long.
  void tidy(Writer writer, Readers reading) {
    if (shared.product().elastic()) {
      tidy(writers, writer.seats());
      tidy(readers, reading.seats());
    }
  }

  private void tidy(Crew crew, Seats<?> seats) {
    ElasticSettings elastic = shared.settings().elastic();
    Integer idle = crew.shrink(seats, elastic.idle());
    if (idle != null) {
      tell(idle, new Slot.Vacate("idle"));
    }
    if (!elastic.validateIdle().isZero()) {
      check(crew, seats, elastic.validateIdle());
    }
  }

  /// A connection was found dead: idle ones, which notice nothing by themselves, are checked before
  /// work fails on one after the other.
  void suspect(SlotEvent.Lost<Store> event, Writer writer, Readers reading) {
    if (shared.product().elastic() && unreachable(event)) {
      check(writers, writer.seats(), Duration.ZERO);
      check(readers, reading.seats(), Duration.ZERO);
    }
  }

  private void check(Crew crew, Seats<?> seats, Duration idle) {
    long limitMillis = shared.settings().elastic().checkLimit().toMillis();
    seats.check(idle, new CheckWork(crew.connector, limitMillis));
  }

  private static boolean unreachable(SlotEvent.Lost<Store> event) {
    return event.failed()
        && event.why() instanceof ServiceError.Database d
        && d.cause() == DatabaseCause.UNREACHABLE;
  }

  void changed(SlotView view) {
    views.put(view.n(), view);
    shared.metrics().slots(views.values());
  }

  List<SlotView> views() {
    return new ArrayList<>(views.values());
  }

  /// Opens the connection of slot `n` anew; false if there is no such slot.
  boolean recycle(int n) {
    tell(n, new Slot.Recycle("operator"));
    return slots.containsKey(n);
  }
}
