package dev.purser.database;

import dev.purser.ledger.ExactSum;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Tally;
import dev.purser.ledger.Totals;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The rows of settlements that carry an id. Confined to the session that owns the connection.
final class SettlementRows {
  private static final String FIND =
      "SELECT currency, refunds, amount_minor, purchases, gross_minor, all_refunds, settled_minor,"
          + " change_id FROM settlements WHERE settlement = ? AND customer = ? ORDER BY currency";
  private static final String KEEP = "INSERT INTO settlements VALUES (?,?,?,?,?,?,?,?,?,?)";
  private static final String SUMS =
      "SELECT currency, sum(refunds), "
          + WideSum.of("amount_minor")
          + " FROM settlements"
          + " WHERE settlement = ? AND refunds > 0 GROUP BY currency ORDER BY currency";
  private static final String COUNT =
      "SELECT count(DISTINCT customer) FROM settlements WHERE settlement = ? AND refunds > 0";

  /// Marks the settlement of a customer without any totals; no currency is empty.
  private static final Totals NOTHING = Totals.empty("");

  private final Statements statements;

  SettlementRows(Statements statements) {
    this.statements = statements;
  }

  /// A settlement made earlier and the save that made it.
  record Made(List<Outcome.Sum> sums, List<Totals> totals, long changeId) {

    /// What the save `changeId` is told: a duplicate, unless it is the very one.
    Outcome outcome(long changeId) {
      return new Outcome.Settled(this.changeId != changeId, sums, totals);
    }
  }

  private record Row(Outcome.Sum sum, Totals totals, long changeId) {}

  @Nullable Made find(String customer, String settlement) throws SQLException {
    List<Row> rows =
        statements.list(FIND, b -> b.text(settlement).text(customer), SettlementRows::row);
    if (rows.isEmpty()) {
      return null;
    }
    return new Made(
        rows.stream().map(Row::sum).filter(sum -> sum.refunds() > 0).toList(),
        rows.stream().map(Row::totals).filter(totals -> !totals.equals(NOTHING)).toList(),
        rows.getFirst().changeId);
  }

  private static Row row(ResultSet r) throws SQLException {
    String currency = r.getString(1);
    return new Row(
        new Outcome.Sum(currency, r.getLong(2), r.getLong(3)),
        new Totals(currency, r.getLong(4), r.getLong(5), r.getLong(6), 0, 0, r.getLong(7)),
        r.getLong(8));
  }

  /// Keeps what the settlement of `tally` is about to apply, and what it will leave.
  void keep(CustomerSave save, String settlement, Tally tally) throws SQLException {
    Map<String, Outcome.Sum> sums = new HashMap<>();
    tally.pending().forEach(sum -> sums.put(sum.currency(), sum));
    List<Totals> left = tally.settledTotals();
    for (Totals totals : left.isEmpty() ? List.of(NOTHING) : left) {
      String currency = totals.currency();
      Outcome.Sum sum = sums.getOrDefault(currency, new Outcome.Sum(currency, 0, 0));
      var _ =
          statements.update(
              KEEP,
              b ->
                  b.text(settlement)
                      .text(save.customer())
                      .text(currency)
                      .number(sum.refunds())
                      .number(sum.amountMinor())
                      .number(totals.purchases())
                      .number(totals.grossMinor())
                      .number(totals.refunds())
                      .number(totals.settledMinor())
                      .number(save.changeId()));
    }
  }

  /// What all customers' settlements of one id applied; customers without pending refunds do not
  /// count.
  Query.SettlementTotal total(String settlement) throws SQLException {
    List<ExactSum> sums =
        statements.list(
            SUMS,
            b -> b.text(settlement),
            r -> new ExactSum(r.getString(1), r.getLong(2), WideSum.read(r, 3)));
    Long customers = statements.first(COUNT, b -> b.text(settlement), r -> r.getLong(1));
    return new Query.SettlementTotal(customers == null ? 0 : customers, sums);
  }
}
