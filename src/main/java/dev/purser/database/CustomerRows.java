package dev.purser.database;

import dev.purser.ledger.Profile;
import dev.purser.ledger.Totals;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The rows of customers' aggregates: `customers`, `totals` and `preferences`. Confined to the
/// session that owns the connection.
final class CustomerRows {
  // One statement and so one state of the database: a row of the customer (no name), one for each
  // of
  // its totals (no value) and one for each preference. A cross join forces SQLite's order.
  static final Shape LOAD =
      Shape.rows(
          "WITH k (id) AS (",
          1,
          ") SELECT c.id, NULL, NULL, c.version, c.first_micros, c.last_micros, 0, 0, 0"
              + " FROM k CROSS JOIN customers c WHERE c.id = k.id"
              + " UNION ALL SELECT t.customer, t.currency, NULL, t.purchases, t.gross_minor,"
              + " t.refunds, t.pending_refunds, t.pending_minor, t.settled_minor"
              + " FROM k CROSS JOIN totals t WHERE t.customer = k.id"
              + " UNION ALL SELECT p.customer, p.name, p.value, 0, 0, 0, 0, 0, 0"
              + " FROM k CROSS JOIN preferences p WHERE p.customer = k.id");
  private static final Shape FENCES =
      Shape.among("SELECT id, version, change_id FROM customers WHERE id", "");

  static final Shape PUT_CUSTOMERS =
      Shape.rows(
          "INSERT INTO customers"
              + " (id, version, change_id, settled_version, first_micros, last_micros) ",
          6,
          " ON CONFLICT (id) DO UPDATE SET version = excluded.version,"
              + " change_id = excluded.change_id, settled_version = CASE"
              + " WHEN excluded.settled_version > 0 THEN excluded.settled_version"
              + " ELSE customers.settled_version END,"
              + " first_micros = excluded.first_micros, last_micros = excluded.last_micros");
  static final Shape PUT_TOTALS =
      Shape.rows(
          "INSERT INTO totals (customer, currency, purchases, gross_minor, refunds,"
              + " pending_refunds, pending_minor, settled_minor) ",
          8,
          " ON CONFLICT (customer, currency) DO UPDATE SET purchases = excluded.purchases,"
              + " gross_minor = excluded.gross_minor, refunds = excluded.refunds,"
              + " pending_refunds = excluded.pending_refunds,"
              + " pending_minor = excluded.pending_minor,"
              + " settled_minor = excluded.settled_minor");
  private static final Shape PUT_PREFERENCES =
      Shape.rows("INSERT INTO preferences (customer, name, value) ", 3, "");
  private static final Shape DROP_PREFERENCES =
      Shape.rows("DELETE FROM preferences WHERE (customer, name) IN (", 2, ")");

  private final Statements statements;

  CustomerRows(Statements statements) {
    this.statements = statements;
  }

  /// What a fence is checked against.
  record Fence(long version, long changeId) {}

  /// An aggregate that a save has moved.
  ///
  /// @param settledVersion the new version if the save settled refunds, else 0
  record Moved(Profile before, Profile after, long changeId, long settledVersion) {}

  private record Total(String customer, Totals totals) {}

  private record Preference(String customer, String name, String value) {}

  /// The aggregates of those that are stored.
  Map<String, Profile> load(List<String> ids) throws SQLException {
    Map<String, Gathered> gathered = new HashMap<>();
    statements.among(
        LOAD,
        ids,
        Binder::text,
        row -> gathered.computeIfAbsent(row.getString(1), _ -> new Gathered()).add(row));
    Map<String, Profile> found = HashMap.newHashMap(gathered.size());
    gathered.forEach((id, g) -> found.put(id, g.profile(id)));
    return found;
  }

  /// The versions of those that are stored.
  Map<String, Fence> fences(List<String> ids) throws SQLException {
    return fences(FENCES, ids);
  }

  /// The versions of those that are stored, by a statement that reads id, version and change id.
  Map<String, Fence> fences(Shape shape, List<String> ids) throws SQLException {
    Map<String, Fence> fences = new HashMap<>();
    statements.among(
        shape,
        ids,
        Binder::text,
        row -> fences.put(row.getString(1), new Fence(row.getLong(2), row.getLong(3))));
    return fences;
  }

  /// Writes what has moved, and no row that has not. The fences must have been checked in the same
  /// transaction: it replaces what stands.
  void put(List<Moved> moved) throws SQLException {
    var _ = statements.write(PUT_CUSTOMERS, moved, CustomerRows::bind);
    List<Total> totals = new ArrayList<>();
    List<Preference> added = new ArrayList<>();
    List<Preference> dropped = new ArrayList<>();
    for (Moved m : moved) {
      for (Totals t : m.after.totals()) {
        if (!t.equals(m.before.totals(t.currency()))) {
          totals.add(new Total(m.after.id(), t));
        }
      }
      if (!m.after.preferences().equals(m.before.preferences())) {
        difference(m.after.id(), m.before.preferences(), m.after.preferences(), dropped);
        difference(m.after.id(), m.after.preferences(), m.before.preferences(), added);
      }
    }
    var _ = statements.write(PUT_TOTALS, totals, CustomerRows::bind);
    var _ = statements.write(DROP_PREFERENCES, dropped, (b, p) -> b.text(p.customer).text(p.name));
    var _ =
        statements.write(
            PUT_PREFERENCES, added, (b, p) -> b.text(p.customer).text(p.name).text(p.value));
  }

  /// Adds what `these` have and `others` have not, or have with another value.
  private static void difference(
      String customer,
      Map<String, String> these,
      Map<String, String> others,
      List<Preference> into) {
    these.forEach(
        (name, value) -> {
          if (!value.equals(others.get(name))) {
            into.add(new Preference(customer, name, value));
          }
        });
  }

  private static void bind(Binder to, Moved m) throws SQLException {
    to.text(m.after.id())
        .number(m.after.version())
        .number(m.changeId)
        .number(m.settledVersion)
        .number(m.after.firstPurchaseAtMicros())
        .number(m.after.lastPurchaseAtMicros());
  }

  private static void bind(Binder to, Total total) throws SQLException {
    Totals t = total.totals;
    to.text(total.customer)
        .text(t.currency())
        .number(t.purchases())
        .number(t.grossMinor())
        .number(t.refunds())
        .number(t.pendingRefunds())
        .number(t.pendingMinor())
        .number(t.settledMinor());
  }

  /// The rows of one customer while they arrive, in any order and perhaps repeated.
  private static final class Gathered {
    private final SortedMap<String, String> preferences = new TreeMap<>();
    private final SortedMap<String, Totals> totals = new TreeMap<>();
    private long version;
    private @Nullable Long firstMicros;
    private @Nullable Long lastMicros;

    void add(ResultSet row) throws SQLException {
      String name = row.getString(2);
      String value = row.getString(3);
      if (name == null) {
        version = row.getLong(4);
        firstMicros = nullable(row, 5);
        lastMicros = nullable(row, 6);
      } else if (value == null) {
        totals.put(name, totals(name, row));
      } else {
        preferences.put(name, value);
      }
    }

    private static Totals totals(String currency, ResultSet row) throws SQLException {
      return new Totals(
          currency,
          row.getLong(4),
          row.getLong(5),
          row.getLong(6),
          row.getLong(7),
          row.getLong(8),
          row.getLong(9));
    }

    Profile profile(String id) {
      return new Profile(
          id, version, preferences, List.copyOf(totals.values()), firstMicros, lastMicros);
    }
  }

  /// A column that may be null.
  static @Nullable Long nullable(ResultSet row, int column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? null : value;
  }
}
