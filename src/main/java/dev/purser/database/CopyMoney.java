package dev.purser.database;

import java.math.BigInteger;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;

/// The money of a whole ledger by currency, added up from its events and, apart from those, from
/// its customers' totals. Immutable.
///
/// @param counts purchases, refunds and pending refunds
/// @param minor gross, pending and settled, in minor units
record CopyMoney(List<Long> counts, List<BigInteger> minor) {
  private static final CopyMoney NONE =
      new CopyMoney(
          List.of(0L, 0L, 0L), List.of(BigInteger.ZERO, BigInteger.ZERO, BigInteger.ZERO));

  private static final String PURCHASES =
      "SELECT currency, count(*), 0, 0, "
          + sums("amount_minor", "0", "0")
          + " FROM purchases"
          + notErased("customer")
          + " GROUP BY currency";

  private static final String REFUNDS =
      "SELECT r.currency, 0, count(*), sum(CASE WHEN r.version > c.settled_version THEN 1 ELSE 0"
          + " END), "
          + sums(
              "0",
              "CASE WHEN r.version > c.settled_version THEN r.amount_minor ELSE 0 END",
              "CASE WHEN r.version > c.settled_version THEN 0 ELSE r.amount_minor END")
          + " FROM refunds r LEFT JOIN customers c ON c.id = r.customer"
          + notErased("r.customer")
          + " GROUP BY r.currency";

  private static final String TOTALS =
      "SELECT currency, sum(purchases), sum(refunds), sum(pending_refunds), "
          + sums("gross_minor", "pending_minor", "settled_minor")
          + " FROM totals GROUP BY currency";

  /// Events of customers whose erasure was cut off count for no customer.
  private static String notErased(String customer) {
    return " WHERE " + customer + " NOT IN (SELECT customer FROM erasures WHERE purging = 1)";
  }

  private static String sums(String... columns) {
    return String.join(", ", Stream.of(columns).map(WideSum::of).toList());
  }

  /// From purchases and refunds.
  static SortedMap<String, CopyMoney> ofEvents(CopySide side) {
    SortedMap<String, CopyMoney> money = new TreeMap<>();
    for (String sql : List.of(PURCHASES, REFUNDS)) {
      side.list(sql, row -> money.merge(row.getString(1), read(row), CopyMoney::plus));
    }
    return money;
  }

  /// From the totals that customers' profiles show.
  static SortedMap<String, CopyMoney> ofTotals(CopySide side) {
    SortedMap<String, CopyMoney> money = new TreeMap<>();
    side.list(TOTALS, row -> money.put(row.getString(1), read(row)));
    money.values().removeIf(NONE::equals);
    return money;
  }

  private static CopyMoney read(ResultSet row) throws SQLException {
    return new CopyMoney(
        List.of(row.getLong(2), row.getLong(3), row.getLong(4)),
        List.of(WideSum.read(row, 5), WideSum.read(row, 7), WideSum.read(row, 9)));
  }

  private CopyMoney plus(CopyMoney other) {
    List<Long> counted = new ArrayList<>();
    List<BigInteger> added = new ArrayList<>();
    for (int i = 0; i < counts.size(); i++) {
      counted.add(counts.get(i) + other.counts.get(i));
      added.add(minor.get(i).add(other.minor.get(i)));
    }
    return new CopyMoney(counted, added);
  }

  /// What differs, by currency, in sentences without an end.
  static List<String> differences(
      String here,
      SortedMap<String, CopyMoney> these,
      String there,
      SortedMap<String, CopyMoney> those) {
    SortedSet<String> currencies = new TreeSet<>(these.keySet());
    currencies.addAll(those.keySet());
    return currencies.stream()
        .filter(c -> !these.getOrDefault(c, NONE).equals(those.getOrDefault(c, NONE)))
        .map(
            c ->
                "%s %s: %s, but %s: %s"
                    .formatted(
                        c, here, these.getOrDefault(c, NONE), there, those.getOrDefault(c, NONE)))
        .toList();
  }

  @Override
  public String toString() {
    return "%d purchases, gross %s, %d refunds (%d pending), pending %s, settled %s"
        .formatted(
            counts.get(0), minor.get(0), counts.get(1), counts.get(2), minor.get(1), minor.get(2));
  }
}
