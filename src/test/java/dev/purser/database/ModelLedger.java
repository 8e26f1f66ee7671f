package dev.purser.database;

import dev.purser.ledger.Change;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Money;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Preferences;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import dev.purser.ledger.Settle;
import dev.purser.ledger.Totals;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/// What the store must do, written down as plainly as possible: everything in maps, every sum added
/// up anew, one event after the other.
final class ModelLedger {
  final Map<String, Known> customers = new HashMap<>();

  static final class Known {
    final TreeMap<String, String> preferences = new TreeMap<>();
    final Map<String, Purchase> purchases = new HashMap<>();
    final Map<String, Refund> refunds = new HashMap<>();
    final Set<String> settled = new HashSet<>();
    final Map<String, List<Outcome.Sum>> settlements = new HashMap<>();

    long refunded(String purchase) {
      return refunds.values().stream()
          .filter(r -> purchase.equals(r.purchaseId()))
          .mapToLong(Refund::amountMinor)
          .sum();
    }

    List<Totals> totals() {
      TreeMap<String, Totals> totals = new TreeMap<>();
      purchases
          .values()
          .forEach(
              p -> totals.compute(p.currency(), (c, t) -> or(c, t).plusPurchase(p.amountMinor())));
      refunds.values().stream()
          .filter(r -> settled.contains(r.id()))
          .forEach(
              r -> totals.compute(r.currency(), (c, t) -> or(c, t).plusRefund(r.amountMinor())));
      totals.replaceAll((_, t) -> t.settled());
      refunds.values().stream()
          .filter(r -> !settled.contains(r.id()))
          .forEach(
              r -> totals.compute(r.currency(), (c, t) -> or(c, t).plusRefund(r.amountMinor())));
      return List.copyOf(totals.values());
    }

    Totals in(String currency) {
      return totals().stream()
          .filter(t -> t.currency().equals(currency))
          .findFirst()
          .orElse(Totals.empty(currency));
    }

    private static Totals or(String currency, Totals totals) {
      return totals == null ? Totals.empty(currency) : totals;
    }
  }

  List<String> apply(CustomerSave save) {
    List<String> words = new ArrayList<>();
    for (Change change : save.changes()) {
      Known known = customers.get(save.customer());
      Known draft = known == null ? new Known() : known;
      String word =
          switch (change) {
            case Purchase p -> apply(draft, p);
            case Refund r -> apply(draft, r);
            case Preferences p -> apply(known, draft, p);
            case Settle s -> known == null ? "not_found" : apply(known, s);
            case Erase _ -> customers.remove(save.customer()) == null ? "not_found" : "erased";
          };
      words.add(word);
      if (word.equals("accepted")) {
        customers.put(save.customer(), draft);
      }
    }
    return words;
  }

  private static String apply(Known known, Purchase p) {
    Purchase stored = known.purchases.get(p.id());
    if (stored != null) {
      return p.repeats(stored) ? "duplicate" : "conflict";
    }
    if (known.in(p.currency()).grossMinor() + p.amountMinor() > Money.MAX_MINOR) {
      return "amount_minor";
    }
    return accept(known, p.preferences(), () -> known.purchases.put(p.id(), p));
  }

  private static String apply(Known known, Refund r) {
    Refund stored = known.refunds.get(r.id());
    if (stored != null) {
      return r.repeats(stored) ? "duplicate" : "conflict";
    }
    Totals t = known.in(r.currency());
    if (t.pendingMinor() + t.settledMinor() + r.amountMinor() > Money.MAX_MINOR) {
      return "amount_minor";
    }
    Map<String, String> merged = new HashMap<>(known.preferences);
    merged.putAll(r.preferences());
    if (merged.size() > 64 && merged.size() > known.preferences.size()) {
      return "preferences";
    }
    if (r.purchaseId() != null) {
      Purchase purchase = known.purchases.get(r.purchaseId());
      if (purchase == null) {
        return "not_found";
      }
      if (!purchase.currency().equals(r.currency())) {
        return "currency";
      }
      if (known.refunded(purchase.id()) + r.amountMinor() > purchase.amountMinor()) {
        return "amount_minor";
      }
    }
    return accept(known, r.preferences(), () -> known.refunds.put(r.id(), r));
  }

  private static String accept(Known known, Map<String, String> preferences, Runnable put) {
    TreeMap<String, String> merged = new TreeMap<>(known.preferences);
    merged.putAll(preferences);
    if (merged.size() > 64 && merged.size() > known.preferences.size()) {
      return "preferences";
    }
    known.preferences.putAll(preferences);
    put.run();
    return "accepted";
  }

  private static String apply(Known known, Known draft, Preferences p) {
    if (known == null && !p.createIfAbsent()) {
      return "not_found";
    }
    TreeMap<String, String> next = p.replace() ? new TreeMap<>() : new TreeMap<>(draft.preferences);
    p.values()
        .forEach(
            (name, value) -> {
              if (value == null) {
                next.remove(name);
              } else {
                next.put(name, value);
              }
            });
    if (known != null && next.equals(known.preferences)) {
      return "duplicate";
    }
    if (next.size() > 64) {
      return "preferences";
    }
    draft.preferences.clear();
    draft.preferences.putAll(next);
    return "accepted";
  }

  private static String apply(Known known, Settle s) {
    if (s.id() != null && known.settlements.containsKey(s.id())) {
      return "settled before " + known.settlements.get(s.id());
    }
    List<Outcome.Sum> sums =
        known.totals().stream()
            .filter(t -> t.pendingRefunds() > 0)
            .map(t -> new Outcome.Sum(t.currency(), t.pendingRefunds(), t.pendingMinor()))
            .toList();
    known.settled.addAll(known.refunds.keySet());
    if (s.id() != null) {
      known.settlements.put(s.id(), sums);
    }
    return "settled " + sums;
  }
}
