package dev.purser.database;

import dev.purser.database.Query.StoredPurchase;
import dev.purser.ledger.Profile;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The rows of events, `purchases` and `refunds`, as saves see them. Confined to the session that
/// owns the connection.
final class EventRows {
  /// Purchases of one customer from which on all of them are listed; the migrations know it too.
  static final int LISTED_FROM = 1_000;

  static final String PURCHASE_COLUMNS =
      "p.id, p.sku, p.description, p.quantity, p.amount_minor, p.currency, p.at_micros,"
          + " p.change_id, p.refunded_minor";
  static final String REFUND_COLUMNS =
      "r.id, r.purchase_id, r.sku, r.description, r.quantity, r.amount_minor, r.currency,"
          + " r.reason, r.at_micros, r.change_id, r.version";

  static final Shape INSERT_PURCHASES =
      Shape.rows(
          "INSERT INTO purchases (customer, id, sku, description, quantity, amount_minor,"
              + " currency, at_micros, change_id, listed) ",
          10,
          " ON CONFLICT DO NOTHING");
  private static final Shape INSERT_REFUNDS =
      Shape.rows(
          "INSERT INTO refunds (customer, id, purchase_id, sku, description, quantity,"
              + " amount_minor, currency, reason, at_micros, change_id, version) ",
          12,
          " ON CONFLICT DO NOTHING");
  // A cross join forces SQLite's order: a few keys, each found by the primary key.
  private static final Shape PURCHASES =
      Shape.rows(
          "WITH k (customer, id) AS (",
          2,
          ") SELECT "
              + PURCHASE_COLUMNS
              + ", p.customer FROM k CROSS JOIN purchases p"
              + " WHERE p.customer = k.customer AND p.id = k.id");
  private static final Shape REFUNDS =
      Shape.rows(
          "WITH k (customer, id) AS (",
          2,
          ") SELECT "
              + REFUND_COLUMNS
              + ", r.customer FROM k CROSS JOIN refunds r"
              + " WHERE r.customer = k.customer AND r.id = k.id");
  private static final String LIST = "UPDATE purchases SET listed = 1 WHERE customer = ?";
  private static final String TAKE =
      "UPDATE purchases SET refunded_minor = refunded_minor + ? WHERE customer = ? AND id = ?"
          + " AND currency = ? AND refunded_minor + ? <= amount_minor";

  private final Statements statements;

  EventRows(Statements statements) {
    this.statements = statements;
  }

  /// Whether the purchases of `profile` stand in the index that keeps them in the order of time.
  ///
  /// Only those of customers with many do. Everybody else's are sorted when they are read, some 100
  /// KiB at most, and their saves write into one B-tree instead of two: with many customers each
  /// row dirties a page of each tree of its own, and those pages are what a durable save costs.
  static boolean listed(Profile profile) {
    return profile.purchases() >= LISTED_FROM;
  }

  /// The identity of an event.
  record EventKey(String customer, String id) {}

  /// An event and the save that brings it.
  record Mine<E>(CustomerSave save, E event) {}

  /// A stored event and the save that brought it.
  record Kept<E>(E event, long changeId) {}

  /// Inserts where the id is new. Answers those that may not have been, a superset.
  List<Mine<Purchase>> insertPurchases(List<Mine<Purchase>> rows) throws SQLException {
    return statements.write(INSERT_PURCHASES, rows, EventRows::bindPurchase);
  }

  /// Inserts where the id is new. Answers those that may not have been, a superset.
  List<Mine<Refund>> insertRefunds(List<Mine<Refund>> rows) throws SQLException {
    return statements.write(INSERT_REFUNDS, rows, EventRows::bindRefund);
  }

  /// Lists the purchases of a customer that has become one of many.
  void list(String customer) throws SQLException {
    var _ = statements.update(LIST, b -> b.text(customer));
  }

  Map<EventKey, Kept<Purchase>> purchases(List<EventKey> keys) throws SQLException {
    Map<EventKey, Kept<Purchase>> found = new HashMap<>();
    statements.among(
        PURCHASES,
        keys,
        EventRows::bindKey,
        row ->
            found.put(
                new EventKey(row.getString(10), row.getString(1)),
                new Kept<>(purchase(row).purchase(), row.getLong(8))));
    return found;
  }

  Map<EventKey, Kept<Refund>> refunds(List<EventKey> keys) throws SQLException {
    Map<EventKey, Kept<Refund>> found = new HashMap<>();
    statements.among(
        REFUNDS,
        keys,
        EventRows::bindKey,
        row ->
            found.put(
                new EventKey(row.getString(12), row.getString(1)),
                new Kept<>(refund(row), row.getLong(10))));
    return found;
  }

  @Nullable Kept<Purchase> purchase(String customer, String id) throws SQLException {
    EventKey key = new EventKey(customer, id);
    return purchases(List.of(key)).get(key);
  }

  @Nullable Kept<Refund> refund(String customer, String id) throws SQLException {
    EventKey key = new EventKey(customer, id);
    return refunds(List.of(key)).get(key);
  }

  /// Takes `amountMinor` from what is left of a purchase; false if it is unknown, has another
  /// currency or has less left.
  boolean take(String customer, String purchase, String currency, long amountMinor)
      throws SQLException {
    return statements.update(
            TAKE,
            b ->
                b.number(amountMinor)
                    .text(customer)
                    .text(purchase)
                    .text(currency)
                    .number(amountMinor))
        == 1;
  }

  private static void bindKey(Binder to, EventKey key) throws SQLException {
    to.text(key.customer).text(key.id);
  }

  private static void bindPurchase(Binder to, Mine<Purchase> mine) throws SQLException {
    Purchase p = mine.event;
    to.text(mine.save.customer())
        .text(p.id())
        .text(p.sku())
        .text(p.description())
        .number(p.quantity())
        .number(p.amountMinor())
        .text(p.currency())
        .number(p.atMicros())
        .number(mine.save.changeId())
        .number(listed(mine.save.base()) ? 1 : 0);
  }

  private static void bindRefund(Binder to, Mine<Refund> mine) throws SQLException {
    Refund r = mine.event;
    to.text(mine.save.customer())
        .text(r.id())
        .text(r.purchaseId())
        .text(r.sku())
        .text(r.description())
        .number(r.quantity())
        .number(r.amountMinor())
        .text(r.currency())
        .text(r.reason())
        .number(r.atMicros())
        .number(mine.save.changeId())
        .number(mine.save.nextVersion());
  }

  /// Reads [#PURCHASE_COLUMNS]. What the caller once gave is not kept: a null says it.
  static StoredPurchase purchase(ResultSet row) throws SQLException {
    return new StoredPurchase(
        new Purchase(
            row.getString(1),
            row.getString(2),
            row.getString(3),
            row.getLong(4),
            row.getLong(5),
            row.getString(6),
            row.getLong(7),
            0,
            Map.of()),
        row.getLong(9));
  }

  /// Reads [#REFUND_COLUMNS].
  static Refund refund(ResultSet row) throws SQLException {
    return new Refund(
        row.getString(1),
        row.getString(2),
        row.getString(3),
        row.getString(4),
        CustomerRows.nullable(row, 5),
        row.getLong(6),
        row.getString(7),
        row.getString(8),
        row.getLong(9),
        0,
        Map.of());
  }
}
