package dev.purser.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.purser.faults.ServiceError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// A customer's aggregate while a save is being decided: it starts as the base of the save and
/// moves by exactly what is accepted. It knows money and preferences, not rows: whether an id is
/// new is for the caller to find out.
///
/// Deterministic and without clock or I/O, so that a save may be decided again and comes out the
/// same. Confined to one thread.
public final class Tally {
  private final Profile base;
  private final SortedMap<String, Totals> totals = new TreeMap<>();
  private SortedMap<String, String> preferences;
  private @Nullable Long firstAt;
  private @Nullable Long lastAt;
  private boolean changed;

  public Tally(Profile base) {
    this.base = base;
    this.preferences = base.preferences();
    this.firstAt = base.firstPurchaseAtMicros();
    this.lastAt = base.lastPurchaseAtMicros();
    base.totals().forEach(t -> totals.put(t.currency(), t));
  }

  /// Whether the customer is stored, or will be by what was accepted so far.
  public boolean exists() {
    return base.stored() || changed;
  }

  /// Whether anything was accepted.
  public boolean changed() {
    return changed;
  }

  /// Whether no order or choice of `changes` could pass a limit: then each may be judged by its id
  /// alone. Cheap and cautious: false means "perhaps".
  public boolean roomFor(List<Change> changes) {
    long money = 0;
    for (Totals t : totals.values()) {
      money = Math.max(money, Math.max(t.grossMinor(), t.pendingMinor() + t.settledMinor()));
    }
    Set<String> names = new HashSet<>();
    for (Change change : changes) {
      switch (change) {
        case Purchase p -> {
          money += p.amountMinor();
          addNew(names, p.preferences());
        }
        case Refund r -> {
          money += r.amountMinor();
          addNew(names, r.preferences());
        }
        case Preferences p -> addNew(names, p.values());
        case Settle _, Erase _ -> {}
      }
      if (money > Money.MAX_MINOR) {
        return false;
      }
    }
    return preferences.size() + names.size() <= Preferences.LIMIT;
  }

  /// Why this purchase, its id being new, must be refused; null if it may be accepted.
  public @Nullable ServiceError refusal(Purchase purchase) {
    Totals t = in(purchase.currency());
    return Money.MAX_MINOR - t.grossMinor() < purchase.amountMinor()
        ? tooMuch("purchases")
        : refusal(purchase.preferences());
  }

  /// Why this refund, its id being new, must be refused for the customer's sums; null if it may be
  /// accepted. Its purchase is for the caller to look at.
  public @Nullable ServiceError refusal(Refund refund) {
    Totals t = in(refund.currency());
    return Money.MAX_MINOR - t.pendingMinor() - t.settledMinor() < refund.amountMinor()
        ? tooMuch("refunds")
        : refusal(refund.preferences());
  }

  /// Counts a purchase that was not refused.
  public void accept(Purchase purchase) {
    totals.put(purchase.currency(), in(purchase.currency()).plusPurchase(purchase.amountMinor()));
    long at = purchase.atMicros();
    firstAt = firstAt == null ? at : Math.min(firstAt, at);
    lastAt = lastAt == null ? at : Math.max(lastAt, at);
    merge(purchase.preferences());
    changed = true;
  }

  /// Counts a refund that was not refused.
  public void accept(Refund refund) {
    totals.put(refund.currency(), in(refund.currency()).plusRefund(refund.amountMinor()));
    merge(refund.preferences());
    changed = true;
  }

  /// Judges and applies a change of preferences. Making a customer is a change even without any.
  public Outcome apply(Preferences change) {
    if (!exists() && !change.createIfAbsent()) {
      return new Outcome.Refused(new ServiceError.NotFound("There is no such customer."));
    }
    SortedMap<String, String> next =
        change.replace() ? new TreeMap<>() : new TreeMap<>(preferences);
    put(next, change.values());
    if (exists() && next.equals(preferences)) {
      return Outcome.DUPLICATE;
    }
    if (next.size() > Preferences.LIMIT) {
      return new Outcome.Refused(tooMany());
    }
    Outcome accepted =
        exists()
            ? new Outcome.Accepted(Replaced.of(encoded(preferences), encoded(next)))
            : Outcome.ACCEPTED;
    preferences = next;
    changed = true;
    return accepted;
  }

  /// Names and values in the order of names, each with its length before it.
  private static byte[] encoded(SortedMap<String, String> preferences) {
    StringBuilder all = new StringBuilder();
    preferences.forEach(
        (name, value) ->
            all.append(name.length())
                .append(':')
                .append(name)
                .append(value.length())
                .append(':')
                .append(value));
    return all.toString().getBytes(UTF_8);
  }

  /// What a settlement would apply now, a sum for each currency with pending refunds.
  public List<Outcome.Sum> pending() {
    List<Outcome.Sum> sums = new ArrayList<>();
    for (Totals t : totals.values()) {
      if (t.pendingRefunds() > 0) {
        sums.add(new Outcome.Sum(t.currency(), t.pendingRefunds(), t.pendingMinor()));
      }
    }
    return sums;
  }

  /// The totals as a settlement would leave them now.
  public List<Totals> settledTotals() {
    return totals.values().stream().map(Totals::settled).toList();
  }

  /// Applies all pending refunds; changes nothing if there are none.
  public void settle() {
    if (!pending().isEmpty()) {
      totals.replaceAll((_, t) -> t.settled());
      changed = true;
    }
  }

  /// The aggregate as it stands, at `version` if anything was accepted and else the base.
  public Profile profile(long version) {
    return changed
        ? new Profile(
            base.id(), version, preferences, List.copyOf(totals.values()), firstAt, lastAt)
        : base;
  }

  private Totals in(String currency) {
    Totals t = totals.get(currency);
    return t == null ? Totals.empty(currency) : t;
  }

  private void addNew(Set<String> names, Map<String, ?> values) {
    for (String name : values.keySet()) {
      if (!preferences.containsKey(name)) {
        names.add(name);
      }
    }
  }

  private @Nullable ServiceError refusal(Map<String, String> merged) {
    int added = 0;
    for (String name : merged.keySet()) {
      added += preferences.containsKey(name) ? 0 : 1;
    }
    return added > 0 && preferences.size() + added > Preferences.LIMIT ? tooMany() : null;
  }

  private void merge(Map<String, String> values) {
    for (Map.Entry<String, String> e : values.entrySet()) {
      if (!e.getValue().equals(preferences.get(e.getKey()))) {
        SortedMap<String, String> next = new TreeMap<>(preferences);
        put(next, values);
        preferences = next;
        return;
      }
    }
  }

  private static void put(Map<String, String> into, Map<String, @Nullable String> values) {
    values.forEach(
        (name, value) -> {
          if (value == null) {
            into.remove(name);
          } else {
            into.put(name, value);
          }
        });
  }

  private static ServiceError tooMuch(String what) {
    return ServiceError.Validation.of(
        "amount_minor",
        "would take the customer's total of " + what + " above " + Money.MAX_MINOR + ".");
  }

  private static ServiceError tooMany() {
    return ServiceError.Validation.of(
        "preferences", "may be at most " + Preferences.LIMIT + " a customer.");
  }
}
