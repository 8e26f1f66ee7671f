package dev.purser.database;

import dev.purser.faults.ServiceError;
import dev.purser.ledger.Change;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Preferences;
import dev.purser.ledger.Profile;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import dev.purser.ledger.Settle;
import dev.purser.ledger.Tally;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// A save whose fence stood, while its changes are decided one after the other. Confined to the
/// session that runs the batch.
final class Draft {
  final CustomerSave save;
  final Tally tally;
  private final List<Outcome> outcomes;
  private boolean settled;
  private boolean erased;
  private boolean purging;

  Draft(CustomerSave save) {
    this.save = save;
    this.tally = new Tally(save.base());
    this.outcomes = new ArrayList<>(save.changes().size());
  }

  /// Adds the outcome of the next change.
  void decide(Outcome outcome) {
    outcomes.add(outcome);
  }

  /// Decides a purchase whose id was new, and is stored now.
  void accept(Purchase purchase) {
    tally.accept(purchase);
    decide(Outcome.ACCEPTED);
  }

  /// Decides a refund whose id was new, and is stored now.
  void accept(Refund refund) {
    tally.accept(refund);
    decide(Outcome.ACCEPTED);
  }

  void refuse(ServiceError error) {
    decide(new Outcome.Refused(error));
  }

  /// Applies all that is pending, and decides a settlement that was not made before.
  void settle() {
    List<Outcome.Sum> sums = tally.pending();
    settled = !sums.isEmpty();
    tally.settle();
    decide(new Outcome.Settled(false, sums, tally.settledTotals()));
  }

  /// Decides an erasure that was carried out.
  ///
  /// @param whole whether no row of the customer is left
  void erased(boolean whole) {
    erased = true;
    purging = !whole;
    decide(new Outcome.Erased());
  }

  /// The rows that the save has moved, or null if nothing was accepted.
  CustomerRows.@Nullable Moved moved() {
    return tally.changed()
        ? new CustomerRows.Moved(
            save.base(),
            tally.profile(save.nextVersion()),
            save.changeId(),
            settled ? save.nextVersion() : 0)
        : null;
  }

  SaveReply reply() {
    Profile profile = erased ? Profile.absent(save.customer()) : tally.profile(save.nextVersion());
    SaveReply.Saved saved = new SaveReply.Saved(profile, outcomes);
    return purging ? new SaveReply.Purging(saved) : saved;
  }

  /// Whether every change can be judged by its own id alone, so that all rows of a batch may be
  /// inserted together before any is judged.
  boolean unordered() {
    Set<String> purchases = new HashSet<>();
    Set<String> refunds = new HashSet<>();
    for (Change change : save.changes()) {
      boolean alone =
          switch (change) {
            case Purchase p -> purchases.add(p.id());
            case Refund r -> r.purchaseId() == null && refunds.add(r.id());
            case Preferences _ -> true;
            case Settle _, Erase _ -> false;
          };
      if (!alone) {
        return false;
      }
    }
    return tally.roomFor(save.changes());
  }

  /// A known id: the same content again, or other content.
  static Outcome repeated(Purchase purchase, Purchase stored) {
    return purchase.repeats(stored) ? Outcome.DUPLICATE : taken("purchase");
  }

  /// A known id: the same content again, or other content.
  static Outcome repeated(Refund refund, Refund stored) {
    return refund.repeats(stored) ? Outcome.DUPLICATE : taken("refund");
  }

  private static Outcome taken(String what) {
    return new Outcome.Refused(
        new ServiceError.Conflict("A " + what + " of this id is known with other content."));
  }
}
