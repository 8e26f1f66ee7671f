package dev.purser.database;

import dev.purser.database.Query.SegmentFilter;
import dev.purser.database.Query.SegmentPage;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// Customers that match a set of conditions. Each condition becomes a piece of SQL; the first
/// preference, if any, drives the search by its index, since few customers share a value. Confined
/// to the session that owns the connection.
final class Segments {
  private static final String PENDING =
      "SELECT DISTINCT customer FROM totals WHERE pending_refunds > 0 AND customer > ?"
          + " ORDER BY customer LIMIT ?";

  private final Statements statements;

  Segments(Statements statements) {
    this.statements = statements;
  }

  SegmentPage page(Query.Segment q) throws SQLException {
    Conditions all = Conditions.of(q.filter(), statements);
    long count =
        q.counted()
            ? statements.once("SELECT count(*)" + all.sql, all::bind, r -> r.getLong(1)).getFirst()
            : -1;
    Conditions rest = all.after(q.afterId());
    List<String> ids =
        statements.once(
            "SELECT " + rest.id + rest.sql + " ORDER BY " + rest.id + " LIMIT ?",
            b -> {
              rest.bind(b);
              var _ = b.number(q.limit());
            },
            r -> r.getString(1));
    return new SegmentPage(count, ids);
  }

  List<String> pending(Query.PendingCustomers q) throws SQLException {
    // The empty text sorts before every id.
    String after = q.afterId() == null ? "" : q.afterId();
    return statements.list(PENDING, b -> b.text(after).number(q.limit()), r -> r.getString(1));
  }

  /// `FROM ... WHERE ...` with its values.
  ///
  /// @param id the column that holds the customer's id
  private record Conditions(String id, String sql, List<Object> values) {

    static Conditions of(SegmentFilter filter, Statements statements) {
      List<Object> values = new ArrayList<>();
      StringBuilder where = new StringBuilder();
      String id = "c.id";
      String from = " FROM customers c";
      for (Map.Entry<String, String> preference : filter.preferences().entrySet()) {
        if (where.isEmpty()) {
          id = "p.customer";
          from = " FROM preferences p";
          where.append(" AND ").append(is("p", preference, statements, values));
        } else {
          where
              .append(" AND EXISTS (SELECT 1 FROM preferences o WHERE o.customer = ")
              .append(id)
              .append(" AND ")
              .append(is("o", preference, statements, values))
              .append(')');
        }
      }
      addTimes(filter, id, where, values);
      addNet(filter, id, where, values);
      return new Conditions(id, from + " WHERE TRUE" + where, values);
    }

    Conditions after(@Nullable String afterId) {
      if (afterId == null) {
        return this;
      }
      List<Object> more = new ArrayList<>(values);
      more.add(afterId);
      return new Conditions(id, sql + " AND " + id + " > ?", more);
    }

    void bind(Binder to) throws SQLException {
      for (Object value : values) {
        if (value instanceof Long number) {
          var _ = to.number(number);
        } else {
          var _ = to.text((String) value);
        }
      }
    }

    private static String is(
        String table,
        Map.Entry<String, String> preference,
        Statements statements,
        List<Object> values) {
      return equal(table + ".name", preference.getKey(), statements, values)
          + " AND "
          + equal(table + ".value", preference.getValue(), statements, values);
    }

    private static String equal(
        String column, String value, Statements statements, List<Object> values) {
      String condition = statements.equal(column);
      int marks = Math.toIntExact(condition.chars().filter(c -> c == '?').count());
      values.addAll(Collections.nCopies(marks, value));
      return condition;
    }

    private static void addTimes(
        SegmentFilter f, String id, StringBuilder where, List<Object> values) {
      String last = "(SELECT last_micros FROM customers l WHERE l.id = " + id + ")";
      add(last + " >= ?", f.lastPurchaseFromMicros(), where, values);
      add(last + " < ?", f.lastPurchaseBelowMicros(), where, values);
    }

    /// Without totals in the currency a customer's net is 0.
    private static void addNet(
        SegmentFilter f, String id, StringBuilder where, List<Object> values) {
      String net =
          "coalesce((SELECT gross_minor - settled_minor FROM totals t WHERE t.customer = "
              + id
              + " AND t.currency = ?), 0)";
      if (f.netMinorFrom() != null) {
        values.add(f.currency());
        add(net + " >= ?", f.netMinorFrom(), where, values);
      }
      if (f.netMinorBelow() != null) {
        values.add(f.currency());
        add(net + " < ?", f.netMinorBelow(), where, values);
      }
    }

    private static void add(
        String condition, @Nullable Long bound, StringBuilder where, List<Object> values) {
      if (bound != null) {
        where.append(" AND ").append(condition);
        values.add(bound);
      }
    }
  }
}
