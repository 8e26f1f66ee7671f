package dev.purser.database;

import dev.purser.ledger.Change;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Preferences;
import dev.purser.ledger.Profile;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// A writing store on a real database, with the few calls that tests make all the time.
final class TestStore implements AutoCloseable {
  static final SqliteSettings SETTINGS =
      new SqliteSettings(4 << 20, 4 << 20, Duration.ofMillis(50));

  final Path file;
  final Store store;
  private long changeId = 1;
  private long nowMillis = 1_000;

  /// On an SQLite file.
  TestStore(Path folder) throws SQLException {
    this(TestProduct.SQLITE, folder);
  }

  TestStore(TestProduct product, Path folder) throws SQLException {
    this.file = folder.resolve("purser.db");
    try {
      this.store = product.open(folder).writer().open();
    } catch (SQLException | RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /// A save on what is stored now.
  CustomerSave draft(String customer, Change... changes) throws SQLException {
    LoadReply.Loaded loaded = load(customer);
    return new CustomerSave(
        customer, changeId++, loaded.profile(), loaded.floor(), nowMillis++, List.of(changes));
  }

  SaveReply commit(CustomerSave save) throws SQLException {
    return commit(List.of(save)).getFirst();
  }

  List<SaveReply> commit(List<CustomerSave> saves) throws SQLException {
    List<Store.Result> results =
        store.apply(
            saves.stream().<Store.Write>map(s -> new Store.Write.OfCustomer(s, false)).toList());
    store.commit();
    return results.stream().map(r -> ((Store.Result.OfCustomer) r).reply()).toList();
  }

  SaveReply.Saved saved(String customer, Change... changes) throws SQLException {
    return (SaveReply.Saved) commit(draft(customer, changes));
  }

  List<Outcome> outcomes(String customer, Change... changes) throws SQLException {
    return saved(customer, changes).outcomes();
  }

  /// All pieces of a chore, if it has several.
  long run(Chore chore) throws SQLException {
    long rows = 0;
    for (Chore piece = chore; piece != null; ) {
      Store.Result.OfChore done = piece(piece);
      rows += done.rows();
      piece = done.rest();
    }
    return rows;
  }

  Store.Result.OfChore piece(Chore chore) throws SQLException {
    var result = store.apply(List.of(new Store.Write.OfChore(chore))).getFirst();
    store.commit();
    return (Store.Result.OfChore) result;
  }

  LoadReply.Loaded load(String customer) throws SQLException {
    LoadReply.Loaded loaded = store.load(List.of(customer)).get(customer);
    if (loaded == null) {
      throw new AssertionError("load() has no entry for " + customer);
    }
    return loaded;
  }

  Profile profile(String customer) throws SQLException {
    return load(customer).profile();
  }

  @Override
  public void close() throws SQLException {
    store.close();
  }

  static Purchase purchase(String id, long amountMinor) {
    return new Purchase(id, "sku", null, 1, amountMinor, "GBP", 1_000, 0, Map.of());
  }

  static Purchase purchase(String id, long amountMinor, Map<String, String> preferences) {
    return new Purchase(id, "sku", null, 1, amountMinor, "GBP", 1_000, 0, preferences);
  }

  static Refund creditNote(String id, long amountMinor) {
    return refund(id, null, amountMinor, "GBP");
  }

  static Refund refund(String id, @Nullable String purchase, long amountMinor, String currency) {
    return new Refund(
        id, purchase, null, null, null, amountMinor, currency, null, 2_000, 0, Map.of());
  }

  static Preferences merge(Map<String, @Nullable String> values) {
    return new Preferences(false, true, values);
  }

  /// An outcome in a word: `accepted`, `duplicate`, `conflict`, `not_found`, the field of a
  /// validation, or what was settled.
  static String word(Outcome outcome) {
    return switch (outcome) {
      case Outcome.Accepted _ -> "accepted";
      case Outcome.Duplicate _ -> "duplicate";
      case Outcome.Erased _ -> "erased";
      case Outcome.Settled(boolean duplicate, List<Outcome.Sum> sums, var _) ->
          (duplicate ? "settled before " : "settled ") + sums;
      case Outcome.Refused(dev.purser.faults.ServiceError.Conflict _) -> "conflict";
      case Outcome.Refused(dev.purser.faults.ServiceError.NotFound _) -> "not_found";
      case Outcome.Refused(dev.purser.faults.ServiceError.Validation v) ->
          v.errors().getFirst().field();
      case Outcome.Refused(var error) -> error.code();
    };
  }
}
