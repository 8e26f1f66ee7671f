package dev.purser.customers;

import dev.purser.database.Database.Lane;
import dev.purser.ledger.Change;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Preferences;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import dev.purser.ledger.Settle;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The writes that wait for their save, in the order of arrival. Confined to one customer.
///
/// Bounded by changes and by bytes; what has been taken for a save and is put back is let in beyond
/// the bounds, for it had been admitted once.
final class Pending {
  /// What a change weighs beside its texts.
  private static final int CHANGE_BYTES = 96;

  private final int maxChanges;
  private final long maxBytes;
  private final int saveChanges;
  private final ArrayDeque<Customer.Apply> writes = new ArrayDeque<>();
  private int changes;
  private long bytes;

  Pending(CustomersSettings settings) {
    maxChanges = settings.bufferChanges();
    maxBytes = settings.bufferBytes();
    saveChanges = settings.saveChanges();
  }

  boolean isEmpty() {
    return writes.isEmpty();
  }

  /// The first write, or null if none waits.
  Customer.@Nullable Apply first() {
    return writes.peekFirst();
  }

  Customer.Apply removeFirst() {
    Customer.Apply first = writes.removeFirst();
    count(first, -1);
    return first;
  }

  /// Whether there was room for `write`. Alone it always finds room: its sender has bounded it.
  boolean add(Customer.Apply write) {
    long size = bytes(write.changes());
    boolean full = changes + write.changes().size() > maxChanges || bytes + size > maxBytes;
    if (full && !writes.isEmpty()) {
      return false;
    }
    writes.addLast(write);
    count(write, 1);
    return true;
  }

  /// Lets writes that had been taken wait again, before all others.
  void putBack(List<Customer.Apply> taken) {
    for (Customer.Apply write : taken.reversed()) {
      writes.addFirst(write);
      count(write, 1);
    }
  }

  /// Takes the writes that may share the next save: the first, whatever it is, and those after it
  /// up to one that must begin a save of its own or has expired.
  List<Customer.Apply> take(long nowMillis) {
    List<Customer.Apply> taken = new ArrayList<>(Math.min(writes.size(), 16));
    taken.add(removeFirst());
    int size = taken.getFirst().changes().size();
    for (Customer.Apply next = first();
        next != null && next.deadlineMillis() > nowMillis && fits(taken.getLast(), next, size);
        next = first()) {
      size += next.changes().size();
      taken.add(removeFirst());
    }
    return taken;
  }

  private boolean fits(Customer.Apply last, Customer.Apply next, int size) {
    return size + next.changes().size() <= saveChanges
        && next.condition() == null
        && !endsSave(last.changes())
        && !(next.changes().getFirst() instanceof Erase);
  }

  private static boolean endsSave(List<Change> changes) {
    Change last = changes.getLast();
    return last instanceof Settle || last instanceof Erase;
  }

  /// Empties this into `into`.
  void drainTo(Collection<? super Customer.Apply> into) {
    into.addAll(writes);
    writes.clear();
    changes = 0;
    bytes = 0;
  }

  private void count(Customer.Apply write, int sign) {
    changes += sign * write.changes().size();
    bytes += sign * bytes(write.changes());
  }

  /// Bulk only if all of `writes` are.
  static Lane lane(List<Customer.Apply> writes) {
    for (Customer.Apply write : writes) {
      if (!write.bulk()) {
        return Lane.INTERACTIVE;
      }
    }
    return Lane.BULK;
  }

  /// Why `changes` can be no part of any save, or null if they can.
  @Nullable String misuse(List<Change> changes) {
    if (changes.isEmpty() || changes.size() > saveChanges) {
      return "A request holds 1 to " + saveChanges + " changes.";
    }
    for (int i = 0; i < changes.size(); i++) {
      boolean misplaced =
          switch (changes.get(i)) {
            case Settle _ -> i < changes.size() - 1;
            case Erase _ -> changes.size() > 1;
            case Purchase _, Refund _, Preferences _ -> false;
          };
      if (misplaced) {
        return "A settlement must be the last of its changes, and an erasure alone.";
      }
    }
    return null;
  }

  private static long bytes(List<Change> changes) {
    long sum = 0;
    for (Change change : changes) {
      sum += CHANGE_BYTES + bytes(change);
    }
    return sum;
  }

  private static long bytes(Change change) {
    return switch (change) {
      case Purchase p -> length(p.id(), p.sku(), p.description()) + bytes(p.preferences());
      case Refund r ->
          length(r.id(), r.sku(), r.description())
              + length(r.purchaseId(), r.reason(), null)
              + bytes(r.preferences());
      case Preferences p -> bytes(p.values());
      case Settle _, Erase _ -> 0;
    };
  }

  private static long bytes(Map<String, ? extends @Nullable String> values) {
    if (values.isEmpty()) {
      return 0;
    }
    long sum = 0;
    for (Map.Entry<String, ? extends @Nullable String> e : values.entrySet()) {
      sum += length(e.getKey(), e.getValue(), null);
    }
    return sum;
  }

  private static int length(@Nullable String a, @Nullable String b, @Nullable String c) {
    return length(a) + length(b) + length(c);
  }

  private static int length(@Nullable String text) {
    return text == null ? 0 : 2 * text.length();
  }
}
