package dev.purser.database;

import dev.purser.database.CustomerRows.Fence;
import dev.purser.database.EventRows.EventKey;
import dev.purser.database.EventRows.Kept;
import dev.purser.database.EventRows.Mine;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Preferences;
import dev.purser.ledger.Profile;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Applies the saves of one transaction: the transaction decides what becomes of each change.
///
/// First the fences of all saves are held and read at once. Saves whose changes can be judged by
/// their ids alone are then written together, in statements of many rows, and only if some row was
/// not new is there one look at which; all others take the ordered way, a statement at a time. In
/// the end the aggregates that moved are written together. Confined to the session that owns the
/// connection.
final class SaveBatch {
  private final Fences fences;
  private final CustomerRows customers;
  private final EventRows events;
  private final ErasureRows erasures;
  private final OrderedSave ordered;
  private final KnownSave known;

  SaveBatch(Statements statements, Fences fences, CustomerRows customers, ErasureRows erasures) {
    this.fences = fences;
    this.customers = customers;
    this.events = new EventRows(statements);
    this.erasures = erasures;
    SettlementRows settlements = new SettlementRows(statements);
    this.ordered = new OrderedSave(events, settlements, erasures);
    this.known = new KnownSave(customers, events, settlements);
  }

  /// Applies saves of distinct customers within the transaction that is open; a reply for each, in
  /// their order.
  List<SaveReply> apply(List<CustomerSave> saves) throws SQLException {
    if (saves.isEmpty()) {
      return List.of();
    }
    if (saves.stream().map(CustomerSave::customer).distinct().count() < saves.size()) {
      throw new IllegalArgumentException("A batch has two saves of one customer.");
    }
    Map<String, Fence> standing = fences.hold(saves);
    Map<String, ErasureRows.Trace> traces = traces(saves, standing);
    @Nullable SaveReply[] replies = new SaveReply[saves.size()];
    @Nullable Draft[] drafts = new Draft[saves.size()];
    for (int i = 0; i < saves.size(); i++) {
      CustomerSave save = saves.get(i);
      Fence fence = standing.get(save.customer());
      replies[i] = barred(save, fence, traces.getOrDefault(save.customer(), ErasureRows.NO_TRACE));
      drafts[i] = replies[i] == null ? new Draft(save) : null;
    }
    decide(Arrays.stream(drafts).filter(d -> d != null).toList());
    fences.release(unmade(saves, drafts));
    for (int i = 0; i < replies.length; i++) {
      Draft draft = drafts[i];
      if (draft != null) {
        replies[i] = draft.reply();
      }
    }
    return Collections.unmodifiableList(Arrays.asList(replies));
  }

  /// Customers that were to be made, and were not.
  private static List<String> unmade(List<CustomerSave> saves, @Nullable Draft[] drafts) {
    List<String> unmade = new ArrayList<>();
    for (int i = 0; i < drafts.length; i++) {
      Draft draft = drafts[i];
      if (!saves.get(i).base().stored() && (draft == null || draft.moved() == null)) {
        unmade.add(saves.get(i).customer());
      }
    }
    return unmade;
  }

  private void decide(List<Draft> drafts) throws SQLException {
    List<Draft> together = new ArrayList<>(drafts.size());
    List<CustomerRows.Moved> moved = new ArrayList<>(drafts.size());
    for (Draft draft : drafts) {
      if (draft.unordered()) {
        together.add(draft);
      } else {
        ordered.decide(draft);
      }
    }
    decideTogether(together);
    for (Draft draft : drafts) {
      CustomerRows.Moved m = draft.moved();
      if (m != null) {
        moved.add(m);
        if (EventRows.listed(m.after()) && !EventRows.listed(m.before())) {
          events.list(m.after().id());
        }
      }
    }
    customers.put(moved);
    fences.moved(moved);
  }

  /// What erased predecessors and suppressions say of customers that are absent.
  private Map<String, ErasureRows.Trace> traces(
      List<CustomerSave> saves, Map<String, Fence> standing) throws SQLException {
    List<String> absent =
        saves.stream()
            .map(CustomerSave::customer)
            .filter(customer -> !standing.containsKey(customer))
            .toList();
    return absent.isEmpty() ? Map.of() : erasures.traces(absent);
  }

  /// The answer to a save that may not be applied, or null if it may.
  private @Nullable SaveReply barred(
      CustomerSave save, @Nullable Fence fence, ErasureRows.Trace trace) throws SQLException {
    long stored = fence == null ? 0 : fence.version();
    boolean ours = trace.changeId() != null && trace.changeId() == save.changeId();
    if (trace.purging() && (ours || save.base().version() == 0)) {
      return whilePurging(save);
    }
    if (stored == save.base().version()) {
      return stored > 0 ? null : barredAsNew(save, trace);
    }
    if (fence == null) {
      return ours ? erased(save) : new SaveReply.Moved();
    }
    return fence.changeId() == save.changeId() || known.holdsRowsOf(save)
        ? known.recall(save)
        : new SaveReply.Moved();
  }

  /// Rows of an erased predecessor are left. Erasing it again, or running that erasure again, means
  /// to wait until they are gone; nothing can be made before.
  private SaveReply whilePurging(CustomerSave save) throws SQLException {
    if (!(save.changes().getFirst() instanceof Erase(boolean suppress))) {
      return new SaveReply.NotSaved(
          new ServiceError.Overloaded("The customer of this id is still being erased."));
    }
    if (suppress) {
      erasures.suppress(save.customer());
    }
    return new SaveReply.Purging(erased(save));
  }

  private static @Nullable SaveReply barredAsNew(CustomerSave save, ErasureRows.Trace trace) {
    if (trace.suppressed()) {
      ServiceError error =
          new ServiceError.Conflict("This customer was erased, and its id is suppressed.");
      return new SaveReply.Saved(
          Profile.absent(save.customer()),
          Collections.nCopies(save.changes().size(), new Outcome.Refused(error)));
    }
    return save.nextVersion() <= trace.floor() ? new SaveReply.Moved() : null;
  }

  private static SaveReply.Saved erased(CustomerSave save) {
    return new SaveReply.Saved(Profile.absent(save.customer()), List.of(new Outcome.Erased()));
  }

  private void decideTogether(List<Draft> drafts) throws SQLException {
    List<Mine<Purchase>> purchases = new ArrayList<>();
    List<Mine<Refund>> refunds = new ArrayList<>();
    for (Draft draft : drafts) {
      for (var change : draft.save.changes()) {
        if (change instanceof Purchase p) {
          purchases.add(new Mine<>(draft.save, p));
        } else if (change instanceof Refund r) {
          refunds.add(new Mine<>(draft.save, r));
        }
      }
    }
    var oldPurchases = events.purchases(keys(events.insertPurchases(purchases), Purchase::id));
    var oldRefunds = events.refunds(keys(events.insertRefunds(refunds), Refund::id));
    for (Draft draft : drafts) {
      judge(draft, oldPurchases, oldRefunds);
    }
  }

  private static void judge(
      Draft draft, Map<EventKey, Kept<Purchase>> purchases, Map<EventKey, Kept<Refund>> refunds) {
    for (var change : draft.save.changes()) {
      switch (change) {
        case Purchase p -> {
          Kept<Purchase> kept = other(draft.save, p.id(), purchases);
          if (kept == null) {
            draft.accept(p);
          } else {
            draft.decide(Draft.repeated(p, kept.event()));
          }
        }
        case Refund r -> {
          Kept<Refund> kept = other(draft.save, r.id(), refunds);
          if (kept == null) {
            draft.accept(r);
          } else {
            draft.decide(Draft.repeated(r, kept.event()));
          }
        }
        case Preferences p -> draft.decide(draft.tally.apply(p));
        case dev.purser.ledger.Settle _, dev.purser.ledger.Erase _ ->
            throw new IllegalStateException("Settlements and erasures are decided in order.");
      }
    }
  }

  /// The row of another save that has this id, or null if the row is ours.
  private static <E> @Nullable Kept<E> other(
      CustomerSave save, String id, Map<EventKey, Kept<E>> doubtful) {
    Kept<E> kept = doubtful.isEmpty() ? null : doubtful.get(new EventKey(save.customer(), id));
    return kept == null || kept.changeId() == save.changeId() ? null : kept;
  }

  private static <E> List<EventKey> keys(
      List<Mine<E>> rows, java.util.function.Function<E, String> id) {
    return rows.stream().map(m -> new EventKey(m.save().customer(), id.apply(m.event()))).toList();
  }
}
