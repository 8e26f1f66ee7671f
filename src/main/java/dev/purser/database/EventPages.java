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
  private static final String EXISTS = "SELECT 1 FROM customers WHERE id = ?";
  private static final String PURCHASES =
      "SELECT " + EventRows.PURCHASE_COLUMNS + " FROM purchases p WHERE p.customer = ?";
  private static final String REFUNDS =
      "SELECT "
          + EventRows.REFUND_COLUMNS
          + ", r.version <= c.settled_version"
          + " FROM refunds r JOIN customers c ON c.id = r.customer WHERE r.customer = ?";
  // The first bound is the index's, the second only leaves out what has the very same time.
  private static final String AFTER =
      " AND %1$s.at_micros <= ? AND (%1$s.at_micros < ? OR %1$s.id > ?)";
  private static final String PAGE = " ORDER BY %1$s.at_micros DESC, %1$s.id LIMIT ?";

  private static final String PURCHASES_FIRST = PURCHASES + PAGE.formatted("p");
  private static final String PURCHASES_NEXT =
      PURCHASES + AFTER.formatted("p") + PAGE.formatted("p");
  private static final String REFUNDS_FIRST = REFUNDS + PAGE.formatted("r");
  private static final String REFUNDS_NEXT = REFUNDS + AFTER.formatted("r") + PAGE.formatted("r");
  private static final String PURCHASE = PURCHASES + " AND p.id = ?";
  private static final String REFUND = REFUNDS + " AND r.id = ?";

  private final Statements statements;

  EventPages(Statements statements) {
    this.statements = statements;
  }

  Optional<List<StoredPurchase>> purchases(Query.Purchases q) throws SQLException {
    return page(
        q.customer(), q.limit(), q.after(), PURCHASES_FIRST, PURCHASES_NEXT, EventRows::purchase);
  }

  Optional<List<StoredRefund>> refunds(Query.Refunds q) throws SQLException {
    return page(
        q.customer(), q.limit(), q.after(), REFUNDS_FIRST, REFUNDS_NEXT, EventPages::refund);
  }

  Optional<StoredPurchase> purchase(Query.OnePurchase q) throws SQLException {
    return Optional.ofNullable(
        statements.first(PURCHASE, b -> b.text(q.customer()).text(q.id()), EventRows::purchase));
  }

  Optional<StoredRefund> refund(Query.OneRefund q) throws SQLException {
    return Optional.ofNullable(
        statements.first(REFUND, b -> b.text(q.customer()).text(q.id()), EventPages::refund));
  }

  private <T> Optional<List<T>> page(
      String customer,
      int limit,
      @Nullable Place after,
      String first,
      String next,
      Statements.Read<T> read)
      throws SQLException {
    if (statements.first(EXISTS, b -> b.text(customer), r -> r.getInt(1)) == null) {
      return Optional.empty();
    }
    return Optional.of(
        after == null
            ? statements.list(first, b -> b.text(customer).number(limit), read)
            : statements.list(
                next,
                b ->
                    b.text(customer)
                        .number(after.atMicros())
                        .number(after.atMicros())
                        .text(after.id())
                        .number(limit),
                read));
  }

  private static StoredRefund refund(ResultSet row) throws SQLException {
    return new StoredRefund(EventRows.refund(row), row.getBoolean(12));
  }
}
