package dev.purser.customers;

import dev.purser.database.CustomerSave;
import dev.purser.database.SaveReply.Saved;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Change;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/// A save in flight and the writes that share it. Immutable; confined to one customer.
///
/// @param deadlineMillis the latest of its writes'
record Saving(CustomerSave save, List<Customer.Apply> writes, long deadlineMillis) {

  static Saving of(String id, Aggregate base, List<Customer.Apply> writes, long nowMillis) {
    long deadline = Long.MIN_VALUE;
    List<Change> changes = writes.size() == 1 ? writes.getFirst().changes() : new ArrayList<>();
    for (Customer.Apply write : writes) {
      deadline = Math.max(deadline, write.deadlineMillis());
      if (writes.size() > 1) {
        changes.addAll(write.changes());
      }
    }
    // Random enough to be unique among the rows that keep it, of this customer and of any node.
    long changeId = ThreadLocalRandom.current().nextLong();
    return new Saving(
        new CustomerSave(id, changeId, base.profile(), base.floor(), nowMillis, changes),
        writes,
        deadline);
  }

  /// Tells each write its own outcomes.
  void answer(Saved saved) {
    List<Outcome> outcomes = saved.outcomes();
    boolean created = !save.base().stored() && saved.profile().stored();
    int from = 0;
    for (Customer.Apply write : writes) {
      int to = from + write.changes().size();
      List<Outcome> own = outcomes.subList(from, to);
      boolean creator = created && own.stream().anyMatch(o -> o instanceof Outcome.Accepted);
      created &= !creator;
      write.replyTo().tell(new Customer.Reply.Applied(own, saved.profile(), creator));
      from = to;
    }
  }

  void refuse(ServiceError error, boolean outcomeUnknown) {
    for (Customer.Apply write : writes) {
      write.replyTo().tell(new Customer.Reply.Refused(error, outcomeUnknown));
    }
  }

  /// Whether it erased the customer.
  boolean erased(Saved saved) {
    return saved.outcomes().getLast() instanceof Outcome.Erased;
  }

  /// Whether it asked that the id be suppressed.
  boolean suppresses() {
    return save.changes().getLast() instanceof Erase(boolean suppress) && suppress;
  }
}
