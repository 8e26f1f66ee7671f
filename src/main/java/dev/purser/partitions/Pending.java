package dev.purser.partitions;

import dev.purser.faults.ServiceError;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The changes of one partition that wait for their save, bulk ones apart from the others, each in
/// the order of arrival. Confined to the partition.
///
/// Bounded by changes and by weight. What had been taken for a save and is put back is let in
/// beyond the bounds, for it had been admitted once.
///
/// @param <W> the kind's changes
final class Pending<W extends Change> {
  /// What a change weighs beside its texts.
  private static final int ITEM_BYTES = 64;

  private final PartitionSettings settings;
  private final Deque<Item<W>> interactive = new ArrayDeque<>();
  private final Deque<Item<W>> bulk = new ArrayDeque<>();
  private long bytes;
  private boolean bulkNext;
  private int singly;

  Pending(PartitionSettings settings) {
    this.settings = settings;
  }

  /// A request, and which of its changes have their outcome. It is answered with the last of them.
  static final class Ticket<W extends Change> {
    final Partition.Apply<W> request;
    private final @Nullable Outcome[] outcomes;
    private @Nullable ServiceError error;
    private boolean unknown;
    private int open;

    Ticket(Partition.Apply<W> request) {
      this.request = request;
      this.outcomes = new @Nullable Outcome[request.changes().size()];
      this.open = outcomes.length;
    }

    private void close(int index, Outcome outcome) {
      outcomes[index] = outcome;
      if (--open > 0) {
        return;
      }
      if (error != null) {
        request.replyTo().tell(new Partition.Reply.Refused(error, unknown));
      } else {
        List<Outcome> all = new ArrayList<>(outcomes.length);
        Arrays.stream(outcomes).forEach(o -> all.add(o));
        request.replyTo().tell(new Partition.Reply.Applied(all));
      }
    }
  }

  /// One change of a request.
  ///
  /// @param attempt how often it has been decided before
  record Item<W extends Change>(Ticket<W> ticket, int index, int attempt) {
    W change() {
      return ticket.request.changes().get(index);
    }

    boolean bulk() {
      return ticket.request.bulk();
    }

    Item<W> again() {
      return new Item<>(ticket, index, attempt + 1);
    }

    long deadlineMillis() {
      return ticket.request.deadlineMillis();
    }

    /// Tells what became of the change.
    void end(Outcome outcome) {
      ticket.close(index, outcome);
    }

    /// The change has no outcome: its whole request is refused.
    void fail(ServiceError why, boolean outcomeUnknown) {
      if (ticket.outcomes[index] != null) {
        return; // it has ended before the partition failed
      }
      if (ticket.error == null) {
        ticket.error = why;
      }
      // What else of the request is committed cannot be told with a refusal.
      ticket.unknown |= outcomeUnknown || ticket.request.changes().size() > 1;
      ticket.close(index, new Outcome.Refused(why));
    }

    private int weight() {
      return ITEM_BYTES + change().weight();
    }
  }

  boolean isEmpty() {
    return interactive.isEmpty() && bulk.isEmpty();
  }

  /// Whether there was room for a request. Alone it always finds room: its sender has bounded it.
  boolean add(Partition.Apply<W> request) {
    Ticket<W> ticket = new Ticket<>(request);
    long size = 0;
    for (W change : request.changes()) {
      size += ITEM_BYTES + change.weight();
    }
    int waiting = interactive.size() + bulk.size();
    boolean full =
        waiting + request.changes().size() > settings.bufferChanges()
            || bytes + size > settings.bufferBytes();
    if (full && !isEmpty()) {
      return false;
    }
    Deque<Item<W>> lane = request.bulk() ? bulk : interactive;
    for (int i = 0; i < request.changes().size(); i++) {
      lane.addLast(new Item<>(ticket, i, 0));
    }
    bytes += size;
    return true;
  }

  /// Puts back what was taken, in its order, before all others.
  void putBack(List<Item<W>> items) {
    for (Item<W> item : items.reversed()) {
      (item.bulk() ? bulk : interactive).addFirst(item);
      bytes += item.weight();
    }
  }

  /// The same, to be saved one by one: one of them spoils the others.
  void split(List<Item<W>> items) {
    putBack(items);
    singly = Math.max(singly, items.size());
  }

  /// Takes what may share the next save, of one lane: both by turns while both wait, so that
  /// neither waits behind more than one save of the other.
  List<Item<W>> take() {
    boolean bulkNow = interactive.isEmpty() || (bulkNext && !bulk.isEmpty());
    Deque<Item<W>> lane = bulkNow ? bulk : interactive;
    bulkNext = !bulkNow;
    int most = singly > 0 ? 1 : settings.saveChanges();
    singly = Math.max(0, singly - 1);
    List<Item<W>> taken = new ArrayList<>(Math.min(lane.size(), most));
    long size = 0;
    while (!lane.isEmpty() && taken.size() < most) {
      int weight = lane.getFirst().weight();
      size += weight;
      if (size > settings.saveBytes() && !taken.isEmpty()) {
        break;
      }
      bytes -= weight;
      taken.add(lane.removeFirst());
    }
    return taken;
  }

  /// Refuses everything that waits.
  void refuse(ServiceError why) {
    for (Deque<Item<W>> lane : List.of(interactive, bulk)) {
      while (!lane.isEmpty()) {
        lane.removeFirst().fail(why, false);
      }
    }
    bytes = 0;
  }
}
