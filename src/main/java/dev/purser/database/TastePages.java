package dev.purser.database;

import dev.purser.database.Query.CustomerVersion;
import dev.purser.database.Query.TasteEvent;
import dev.purser.database.Query.TastePage;
import java.sql.SQLException;
import java.util.List;

/// What tastes are computed from and compared with, a page at a time. Confined to the session that
/// owns the connection.
final class TastePages {
  private static final String VERSION = "SELECT version FROM customers WHERE id = ?";

  // The empty text sorts before every id.
  private static final String VERSIONS =
      "SELECT id, version FROM customers WHERE id > ? ORDER BY id LIMIT ?";

  private static final String PURCHASES =
      "SELECT id, sku, currency, amount_minor FROM purchases"
          + " WHERE customer = ? AND id > ? ORDER BY id LIMIT ?";

  private static final String REFUNDS =
      "SELECT r.id, CASE WHEN r.purchase_id IS NULL THEN r.sku ELSE p.sku END, r.currency,"
          + " r.amount_minor FROM refunds r"
          + " LEFT JOIN purchases p ON p.customer = r.customer AND p.id = r.purchase_id"
          + " WHERE r.customer = ? AND r.id > ? ORDER BY r.id LIMIT ?";

  private final Statements statements;
  private final ErasureRows erasures;

  TastePages(Statements statements, ErasureRows erasures) {
    this.statements = statements;
    this.erasures = erasures;
  }

  TastePage events(Query.TasteEvents q) throws SQLException {
    Long version = statements.first(VERSION, b -> b.text(q.customer()), row -> row.getLong(1));
    if (version == null) {
      return new TastePage(0, erasures.floor(q.customer()), List.of());
    }
    String after = q.afterId() == null ? "" : q.afterId();
    return new TastePage(
        version,
        0,
        statements.list(
            q.refunds() ? REFUNDS : PURCHASES,
            b -> b.text(q.customer()).text(after).number(q.limit()),
            row ->
                new TasteEvent(
                    row.getString(1), row.getString(2), row.getString(3), row.getLong(4))));
  }

  List<CustomerVersion> versions(Query.CustomerVersions q) throws SQLException {
    String after = q.afterId() == null ? "" : q.afterId();
    return statements.list(
        VERSIONS,
        b -> b.text(after).number(q.limit()),
        row -> new CustomerVersion(row.getString(1), row.getLong(2)));
  }
}
