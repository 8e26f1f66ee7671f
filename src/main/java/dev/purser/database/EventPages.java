package dev.purser.database;

import dev.purser.database.Query.Place;
import dev.purser.database.Query.StoredPurchase;
import dev.purser.database.Query.StoredRefund;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A customer's events, a page at a time, newest first and then by id. Confined to the session that
/// owns the connection.
final class EventPages {
  /// Rows have some hundred bytes, and 13 KiB at most.
  private static final int FETCHED = 64;

  /// Null if the customer is unknown.
  private static final String HOW_MANY =
      "SELECT (SELECT coalesce(sum(purchases), 0) FROM totals WHERE customer = id)"
          + " FROM customers WHERE id = ?";

  private static final String PURCHASES =
      "SELECT " + EventRows.PURCHASE_COLUMNS + " FROM purchases p WHERE p.customer = ?";

  /// With this the index that keeps the order of time serves; without it, the rows are sorted.
  private static final String LISTED = " AND p.listed = 1";

  private static final String REFUNDS =
      "SELECT "
          + EventRows.REFUND_COLUMNS
          + ", r.version <= c.settled_version"
          + " FROM refunds r JOIN customers c ON c.id = r.customer WHERE r.customer = ?";
  private static final Pages FEW_PURCHASES = Pages.of(PURCHASES, "p");
  private static final Pages MANY_PURCHASES = Pages.of(PURCHASES + LISTED, "p");
  private static final Pages ALL_REFUNDS = Pages.of(REFUNDS, "r");
  // Purchases of a customer that is being erased are not listed.
  private static final String PURCHASE =
      PURCHASES + " AND p.id = ? AND EXISTS (SELECT 1 FROM customers c WHERE c.id = p.customer)";
  private static final String REFUND = REFUNDS + " AND r.id = ?";

  private final Statements statements;

  EventPages(Statements statements) {
    this.statements = statements;
  }

  /// The statements of a list: its first page, and one after a place.
  private record Pages(String first, String next) {
    static Pages of(String rows, String table) {
      // The first bound is the index's, the second only leaves out what has the very same time.
      String after =
          " AND %1$s.at_micros <= ? AND (%1$s.at_micros < ? OR %1$s.id > ?)".formatted(table);
      String page = " ORDER BY %1$s.at_micros DESC, %1$s.id LIMIT ?".formatted(table);
      return new Pages(rows + page, rows + after + page);
    }
  }

  Optional<List<StoredPurchase>> purchases(Query.Purchases q) throws SQLException {
    Long known = howMany(q.customer());
    if (known == null) {
      return Optional.empty();
    }
    Pages pages = known >= EventRows.LISTED_FROM ? MANY_PURCHASES : FEW_PURCHASES;
    return Optional.of(page(q.customer(), q.limit(), q.after(), pages, EventRows::purchase));
  }

  Optional<List<StoredRefund>> refunds(Query.Refunds q) throws SQLException {
    return howMany(q.customer()) == null
        ? Optional.empty()
        : Optional.of(page(q.customer(), q.limit(), q.after(), ALL_REFUNDS, EventPages::refund));
  }

  private @Nullable Long howMany(String customer) throws SQLException {
    return statements.first(HOW_MANY, b -> b.text(customer), row -> row.getLong(1));
  }

  Optional<StoredPurchase> purchase(Query.OnePurchase q) throws SQLException {
    return Optional.ofNullable(
        statements.first(PURCHASE, b -> b.text(q.customer()).text(q.id()), EventRows::purchase));
  }

  Optional<StoredRefund> refund(Query.OneRefund q) throws SQLException {
    return Optional.ofNullable(
        statements.first(REFUND, b -> b.text(q.customer()).text(q.id()), EventPages::refund));
  }

  private <T extends Query.PageRow> List<T> page(
      String customer, int limit, @Nullable Place after, Pages pages, Statements.Read<T> read)
      throws SQLException {
    return after == null
        ? statements.page(FETCHED, pages.first, b -> b.text(customer).number(limit), read)
        : statements.page(
            FETCHED,
            pages.next,
            b ->
                b.text(customer)
                    .number(after.atMicros())
                    .number(after.atMicros())
                    .text(after.id())
                    .number(limit),
            read);
  }

  private static StoredRefund refund(ResultSet row) throws SQLException {
    return new StoredRefund(EventRows.refund(row), row.getBoolean(12));
  }
}
