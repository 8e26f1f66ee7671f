package dev.purser.database;

import dev.purser.database.EventRows.EventKey;
import dev.purser.database.EventRows.Kept;
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
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Tells again what became of a save that is in the database already, because its commit was lost
/// from sight: rows with its change id are its own, and all else is decided again upon the base it
/// was decided upon. Writes nothing. Confined to the session that owns the connection.
final class KnownSave {
  private final CustomerRows customers;
  private final EventRows events;
  private final SettlementRows settlements;

  KnownSave(CustomerRows customers, EventRows events, SettlementRows settlements) {
    this.customers = customers;
    this.events = events;
    this.settlements = settlements;
  }

  /// Whether an event or settlement of this save was stored by this very save.
  boolean holdsRowsOf(CustomerSave save) throws SQLException {
    for (Kept<Purchase> kept : purchases(save).values()) {
      if (kept.changeId() == save.changeId()) {
        return true;
      }
    }
    for (Kept<Refund> kept : refunds(save).values()) {
      if (kept.changeId() == save.changeId()) {
        return true;
      }
    }
    return settledBy(save);
  }

  /// The reply that was lost, with the aggregate as it is stored now.
  SaveReply recall(CustomerSave save) throws SQLException {
    Past past = new Past(save, purchases(save), refunds(save));
    List<Outcome> outcomes = new ArrayList<>(save.changes().size());
    for (Change change : save.changes()) {
      outcomes.add(
          switch (change) {
            case Purchase p -> past.outcome(p);
            case Refund r -> past.outcome(r);
            case Preferences p -> past.tally.apply(p);
            case Settle s -> outcome(past, s);
            case Erase _ -> new Outcome.Erased();
          });
    }
    Profile now = customers.load(List.of(save.customer())).get(save.customer());
    return new SaveReply.Saved(now == null ? Profile.absent(save.customer()) : now, outcomes);
  }

  private Outcome outcome(Past past, Settle settle) throws SQLException {
    SettlementRows.Made made =
        settle.id() == null ? null : settlements.find(past.save.customer(), settle.id());
    return made == null
        ? new Outcome.Settled(false, past.tally.pending(), past.tally.settledTotals())
        : made.outcome(past.save.changeId());
  }

  private boolean settledBy(CustomerSave save) throws SQLException {
    if (save.changes().getLast() instanceof Settle s && s.id() != null) {
      SettlementRows.Made made = settlements.find(save.customer(), s.id());
      return made != null && made.changeId() == save.changeId();
    }
    return false;
  }

  /// Those that are named by the save: its purchases, and what its refunds refund.
  private Map<EventKey, Kept<Purchase>> purchases(CustomerSave save) throws SQLException {
    List<EventKey> keys = new ArrayList<>();
    for (Change change : save.changes()) {
      if (change instanceof Purchase p) {
        keys.add(new EventKey(save.customer(), p.id()));
      } else if (change instanceof Refund r && r.purchaseId() != null) {
        keys.add(new EventKey(save.customer(), r.purchaseId()));
      }
    }
    return keys.isEmpty() ? new HashMap<>() : events.purchases(keys);
  }

  private Map<EventKey, Kept<Refund>> refunds(CustomerSave save) throws SQLException {
    List<EventKey> keys = new ArrayList<>();
    for (Change change : save.changes()) {
      if (change instanceof Refund r) {
        keys.add(new EventKey(save.customer(), r.id()));
      }
    }
    return keys.isEmpty() ? new HashMap<>() : events.refunds(keys);
  }

  /// The save's own time, lived through again.
  private static final class Past {
    private final CustomerSave save;
    private final Map<EventKey, Kept<Purchase>> purchases;
    private final Map<EventKey, Kept<Refund>> refunds;
    private final Tally tally;
    private final Set<String> purchasesSeen = new HashSet<>();
    private final Set<String> refundsSeen = new HashSet<>();

    Past(
        CustomerSave save,
        Map<EventKey, Kept<Purchase>> purchases,
        Map<EventKey, Kept<Refund>> refunds) {
      this.save = save;
      this.purchases = purchases;
      this.refunds = refunds;
      this.tally = new Tally(save.base());
    }

    Outcome outcome(Purchase p) {
      Kept<Purchase> kept = purchases.get(new EventKey(save.customer(), p.id()));
      if (known(kept) || purchasesSeen.contains(p.id())) {
        return kept == null ? lost() : Draft.repeated(p, kept.event());
      }
      ServiceError refusal = tally.refusal(p);
      if (refusal != null || kept == null) {
        return refusal == null ? lost() : new Outcome.Refused(refusal);
      }
      var _ = purchasesSeen.add(p.id());
      tally.accept(p);
      return Outcome.ACCEPTED;
    }

    Outcome outcome(Refund r) {
      Kept<Refund> kept = refunds.get(new EventKey(save.customer(), r.id()));
      if (known(kept) || refundsSeen.contains(r.id())) {
        return kept == null ? lost() : Draft.repeated(r, kept.event());
      }
      ServiceError refusal = tally.refusal(r);
      if (refusal == null && (kept == null || !r.repeats(kept.event()))) {
        refusal = refusalOfPurchase(r);
      }
      if (refusal != null || kept == null) {
        return refusal == null ? lost() : new Outcome.Refused(refusal);
      }
      var _ = refundsSeen.add(r.id());
      tally.accept(r);
      return Outcome.ACCEPTED;
    }

    private @Nullable ServiceError refusalOfPurchase(Refund r) {
      if (r.purchaseId() == null) {
        return null;
      }
      Kept<Purchase> purchase = purchases.get(new EventKey(save.customer(), r.purchaseId()));
      boolean later =
          purchase != null && !known(purchase) && !purchasesSeen.contains(r.purchaseId());
      return OrderedSave.whyNot(r, later ? null : purchase);
    }

    private boolean known(@Nullable Kept<?> kept) {
      return kept != null && kept.changeId() != save.changeId();
    }

    /// An event that was stored and then taken away by others.
    private static Outcome lost() {
      return new Outcome.Refused(
          new ServiceError.Conflict("The customer has changed meanwhile; send this again."));
    }
  }
}
