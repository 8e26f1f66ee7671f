package dev.purser.database;

import dev.purser.database.Statements.Shape;
import dev.purser.ledger.Profile;
import dev.purser.ledger.Totals;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The rows of customers' aggregates: `customers`, `totals` and `preferences`. Confined to the
/// session that owns the connection.
final class CustomerRows {
  private static final Shape CUSTOMERS =
      new Shape(
          "SELECT id, version, first_micros, last_micros FROM customers WHERE id IN (", "?", ")");
  private static final Shape FENCES =
      new Shape("SELECT id, version, change_id FROM customers WHERE id IN (", "?", ")");
  private static final Shape TOTALS =
      new Shape(
          "SELECT customer, currency, purchases, gross_minor, refunds, pending_refunds,"
              + " pending_minor, settled_minor FROM totals WHERE customer IN (",
          "?",
          ") ORDER BY customer, currency");
  private static final Shape PREFERENCES =
      new Shape("SELECT customer, name, value FROM preferences WHERE customer IN (", "?", ")");

  private static final Shape PUT_CUSTOMERS =
      new Shape(
          "INSERT INTO customers"
              + " (id, version, change_id, settled_version, first_micros, last_micros) VALUES ",
          "(?,?,?,?,?,?)",
          " ON CONFLICT (id) DO UPDATE SET version = excluded.version,"
              + " change_id = excluded.change_id,"
              + " settled_version = max(settled_version, excluded.settled_version),"
              + " first_micros = excluded.first_micros, last_micros = excluded.last_micros");
  private static final Shape PUT_TOTALS =
      new Shape("INSERT OR REPLACE INTO totals VALUES ", "(?,?,?,?,?,?,?,?)", "");
  private static final Shape PUT_PREFERENCES =
      new Shape("INSERT OR REPLACE INTO preferences VALUES ", "(?,?,?)", "");
  private static final String DROP_PREFERENCE =
      "DELETE FROM preferences WHERE customer = ? AND name = ?";

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
    Map<String, Profile> bare = new HashMap<>();
    statements.among(
        CUSTOMERS, ids, Statements.Binder::text, row -> bare.put(row.getString(1), bare(row)));
    if (bare.isEmpty()) {
      return bare;
    }
    List<String> found = List.copyOf(bare.keySet());
    Map<String, List<Totals>> totals = new HashMap<>();
    statements.among(
        TOTALS,
        found,
        Statements.Binder::text,
        row -> totals.computeIfAbsent(row.getString(1), _ -> new ArrayList<>()).add(totals(row)));
    Map<String, SortedMap<String, String>> preferences = new HashMap<>();
    statements.among(
        PREFERENCES,
        found,
        Statements.Binder::text,
        row ->
            preferences
                .computeIfAbsent(row.getString(1), _ -> new TreeMap<>())
                .put(row.getString(2), row.getString(3)));
    bare.replaceAll((id, p) -> whole(p, preferences.get(id), totals.get(id)));
    return bare;
  }

  /// The versions of those that are stored.
  Map<String, Fence> fences(List<String> ids) throws SQLException {
    Map<String, Fence> fences = new HashMap<>();
    statements.among(
        FENCES,
        ids,
        Statements.Binder::text,
        row -> fences.put(row.getString(1), new Fence(row.getLong(2), row.getLong(3))));
    return fences;
  }

  /// Writes what has moved, and no row that has not. The fences must have been checked in the same
  /// transaction: it replaces what stands.
  void put(List<Moved> moved) throws SQLException {
    var _ = statements.write(PUT_CUSTOMERS, moved, CustomerRows::bind);
    List<Total> totals = new ArrayList<>();
    List<Preference> preferences = new ArrayList<>();
    for (Moved m : moved) {
      for (Totals t : m.after.totals()) {
        if (!t.equals(m.before.totals(t.currency()))) {
          totals.add(new Total(m.after.id(), t));
        }
      }
      if (!m.after.preferences().equals(m.before.preferences())) {
        changedPreferences(m, preferences);
      }
    }
    var _ = statements.write(PUT_TOTALS, totals, CustomerRows::bind);
    var _ =
        statements.write(
            PUT_PREFERENCES, preferences, (b, p) -> b.text(p.customer).text(p.name).text(p.value));
  }

  private void changedPreferences(Moved m, List<Preference> changed) throws SQLException {
    for (String name : m.before.preferences().keySet()) {
      if (!m.after.preferences().containsKey(name)) {
        var _ = statements.update(DROP_PREFERENCE, b -> b.text(m.after.id()).text(name));
      }
    }
    m.after
        .preferences()
        .forEach(
            (name, value) -> {
              if (!value.equals(m.before.preferences().get(name))) {
                changed.add(new Preference(m.after.id(), name, value));
              }
            });
  }

  private static void bind(Statements.Binder to, Moved m) throws SQLException {
    to.text(m.after.id())
        .number(m.after.version())
        .number(m.changeId)
        .number(m.settledVersion)
        .number(m.after.firstPurchaseAtMicros())
        .number(m.after.lastPurchaseAtMicros());
  }

  private static void bind(Statements.Binder to, Total total) throws SQLException {
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

  private static Profile bare(ResultSet row) throws SQLException {
    return new Profile(
        row.getString(1),
        row.getLong(2),
        new TreeMap<>(),
        List.of(),
        nullable(row, 3),
        nullable(row, 4));
  }

  private static Profile whole(
      Profile bare,
      @Nullable SortedMap<String, String> preferences,
      @Nullable List<Totals> totals) {
    return new Profile(
        bare.id(),
        bare.version(),
        Objects.requireNonNullElseGet(preferences, TreeMap::new),
        totals == null ? List.of() : List.copyOf(totals),
        bare.firstPurchaseAtMicros(),
        bare.lastPurchaseAtMicros());
  }

  private static Totals totals(ResultSet row) throws SQLException {
    return new Totals(
        row.getString(2),
        row.getLong(3),
        row.getLong(4),
        row.getLong(5),
        row.getLong(6),
        row.getLong(7),
        row.getLong(8));
  }

  /// A column that may be null.
  static @Nullable Long nullable(ResultSet row, int column) throws SQLException {
    long value = row.getLong(column);
    return row.wasNull() ? null : value;
  }
}
