package dev.purser.database;

import dev.purser.database.EventRows.Kept;
import dev.purser.database.EventRows.Mine;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Change;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Preferences;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import dev.purser.ledger.Settle;
import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Decides the changes of one save one after the other, each seeing what those before it did: for
/// saves with refunds of named purchases, repeated ids, settlements, erasures, or sums near their
/// limit. Confined to the session that owns the connection.
final class OrderedSave {
  private final EventRows events;
  private final SettlementRows settlements;
  private final ErasureRows erasures;

  OrderedSave(EventRows events, SettlementRows settlements, ErasureRows erasures) {
    this.events = events;
    this.settlements = settlements;
    this.erasures = erasures;
  }

  void decide(Draft draft) throws SQLException {
    for (Change change : draft.save.changes()) {
      switch (change) {
        case Purchase p -> decide(draft, p);
        case Refund r -> decide(draft, r);
        case Preferences p -> draft.decide(draft.tally.apply(p));
        case Settle s -> decide(draft, s);
        case Erase e -> decide(draft, e);
      }
    }
  }

  private void decide(Draft draft, Purchase purchase) throws SQLException {
    Kept<Purchase> kept = events.purchase(draft.save.customer(), purchase.id());
    if (kept != null) {
      draft.decide(Draft.repeated(purchase, kept.event()));
      return;
    }
    ServiceError refusal = draft.tally.refusal(purchase);
    if (refusal != null) {
      draft.refuse(refusal);
      return;
    }
    var _ = events.insertPurchases(List.of(new Mine<>(draft.save, purchase)));
    draft.accept(purchase);
  }

  private void decide(Draft draft, Refund refund) throws SQLException {
    Kept<Refund> kept = events.refund(draft.save.customer(), refund.id());
    if (kept != null) {
      draft.decide(Draft.repeated(refund, kept.event()));
      return;
    }
    // The purchase is looked at last, since taking from it already changes it.
    ServiceError refusal = draft.tally.refusal(refund);
    if (refusal == null && refund.purchaseId() != null) {
      refusal = take(draft.save.customer(), refund, refund.purchaseId());
    }
    if (refusal != null) {
      draft.refuse(refusal);
      return;
    }
    var _ = events.insertRefunds(List.of(new Mine<>(draft.save, refund)));
    draft.accept(refund);
  }

  private @Nullable ServiceError take(String customer, Refund refund, String purchase)
      throws SQLException {
    return events.take(customer, purchase, refund.currency(), refund.amountMinor())
        ? null
        : whyNot(refund, events.purchase(customer, purchase));
  }

  /// Why a refund cannot be taken from its purchase, null being an unknown one.
  static ServiceError whyNot(Refund refund, @Nullable Kept<Purchase> purchase) {
    if (purchase == null) {
      return new ServiceError.NotFound("purchase_id: this customer has no such purchase.");
    }
    String currency = purchase.event().currency();
    return currency.equals(refund.currency())
        ? ServiceError.Validation.of(
            "amount_minor", "is more than what is left to refund of the purchase.")
        : ServiceError.Validation.of("currency", "must be the purchase's, " + currency + ".");
  }

  private void decide(Draft draft, Settle settle) throws SQLException {
    if (!draft.tally.exists()) {
      draft.refuse(new ServiceError.NotFound("There is no such customer."));
      return;
    }
    if (settle.id() == null) {
      draft.settle();
      return;
    }
    SettlementRows.Made made = settlements.find(draft.save.customer(), settle.id());
    if (made != null) {
      draft.decide(made.outcome(draft.save.changeId()));
      return;
    }
    settlements.keep(draft.save, settle.id(), draft.tally);
    draft.settle();
  }

  private void decide(Draft draft, Erase erase) throws SQLException {
    if (draft.save.base().stored()) {
      draft.erased(erasures.erase(draft.save, erase.suppress()));
    } else {
      draft.refuse(new ServiceError.NotFound("There is no such customer."));
    }
  }
}
