package dev.purser.database;

import dev.purser.faults.Phase;
import dev.purser.slots.Connector;
import dev.purser.slots.Session;
import dev.purser.slots.Slot;
import dev.purser.slots.SlotEvent;
import dev.purser.slots.SlotOwner;
import dev.purser.slots.SlotView;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/// The slots of the database actor: the first writes, the others read. Confined to that actor.
///
/// Readers are opened once the writer has been, which makes and migrates the file.
final class SlotSet {
  static final int WRITER = 1;

  private final ActorContext<Database.Command> context;
  private final Shared shared;
  private final Carried carried;
  private final SlotOwner<Store> owner;
  private final Map<Integer, ActorRef<Slot.Command>> slots = new TreeMap<>();
  private final Map<Integer, ActorRef<Session.Command<Store>>> sessions = new TreeMap<>();
  private final Map<Integer, SlotView> views = new TreeMap<>();
  private final Set<Integer> opened = new HashSet<>();

  SlotSet(
      ActorContext<Database.Command> context,
      Shared shared,
      Carried carried,
      SlotOwner<Store> owner) {
    this.context = context;
    this.shared = shared;
    this.carried = carried;
    this.owner = owner;
    open(WRITER, "writer", shared.product().writer());
  }

  private void open(int n, String kind, Connector<Store> connector) {
    ActorRef<Slot.Command> slot =
        context.spawn(
            Slot.create(
                n,
                kind,
                connector,
                shared.settings().slots(),
                owner,
                () -> carried.served() ? Phase.SERVING : Phase.STARTING,
                shared.log(),
                shared.clock()),
            "slot-" + n);
    context.watch(slot);
    slots.put(n, slot);
  }

  /// A session is open.
  void ready(SlotEvent.Ready<Store> event) {
    sessions.put(event.n(), event.session());
    opened.add(event.n());
    int last = WRITER + shared.settings().readers();
    for (int n = WRITER + 1; n <= last; n++) {
      if (!slots.containsKey(n)) {
        open(n, "reader", shared.product().reader());
      }
    }
    if (opened.size() == last) {
      carried.serve();
    }
  }

  /// The session of slot `n`, or null if it has none.
  @Nullable ActorRef<Session.Command<Store>> session(int n) {
    return sessions.get(n);
  }

  void lost(int n) {
    sessions.remove(n);
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
    ActorRef<Slot.Command> slot = slots.get(n);
    if (slot == null) {
      return false;
    }
    slot.tell(new Slot.Recycle("operator"));
    return true;
  }
}
