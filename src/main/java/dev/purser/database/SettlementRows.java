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
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// The rows of settlements that carry an id. Confined to the session that owns the connection.
final class SettlementRows {
  private static final String FIND =
      "SELECT currency, refunds, amount_minor, purchases, gross_minor, all_refunds, settled_minor,"
          + " change_id FROM settlements WHERE settlement = ? AND customer = ? ORDER BY currency";
  private static final String KEEP = "INSERT INTO settlements VALUES (?,?,?,?,?,?,?,?,?,?,?)";
  private static final String SUMS =
      "SELECT currency, sum(refunds), "
          + WideSum.of("amount_minor")
          + " FROM settlements"
          + " WHERE settlement = ? AND refunds > 0 GROUP BY currency ORDER BY currency";
  private static final String COUNT =
      "SELECT count(DISTINCT customer) FROM settlements WHERE settlement = ? AND refunds > 0";

  private static final String OLDEST =
      "SELECT settlement, customer, currency FROM settlements WHERE at_millis < ?"
          + " ORDER BY at_millis LIMIT ?";
  private static final String OF_CUSTOMER =
      "SELECT settlement, customer, currency FROM settlements WHERE customer = ? LIMIT ?";
  private static final String DROP =
      "DELETE FROM settlements WHERE settlement = ? AND customer = ? AND currency = ?";
  private static final String BEYOND =
      "SELECT at_millis FROM settlements ORDER BY at_millis DESC LIMIT 1 OFFSET ?";

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
                      .number(save.changeId())
                      .number(save.nowMillis()));
    }
  }

  private record Key(String settlement, String customer, String currency) {}

  /// One piece of the expiry; the next one, or null if that was the last.
  @Nullable Chore expire(Chore.ExpireSettlements chore, Piece piece) throws SQLException {
    int limit = piece.room();
    List<Key> page =
        statements.list(
            OLDEST, b -> b.number(chore.beforeMillis()).number(limit), SettlementRows::key);
    return drop(page, limit, piece) ? null : chore;
  }

  /// Drops those of a customer; false if there may be more of them.
  boolean dropOf(String customer, Piece piece) throws SQLException {
    int limit = piece.room();
    List<Key> page =
        statements.list(OF_CUSTOMER, b -> b.text(customer).number(limit), SettlementRows::key);
    return drop(page, limit, piece);
  }

  private boolean drop(List<Key> page, int limit, Piece piece) throws SQLException {
    return piece.delete(
            page,
            limit,
            _ -> true,
            _ -> 0,
            gone ->
                statements.updateAll(
                    DROP, gone, (b, k) -> b.text(k.settlement).text(k.customer).text(k.currency)))
        == null;
  }

  private static Key key(ResultSet row) throws SQLException {
    return new Key(row.getString(1), row.getString(2), row.getString(3));
  }

  Optional<Long> beyond(long keep) throws SQLException {
    return Optional.ofNullable(
        statements.first(BEYOND, b -> b.number(keep), row -> row.getLong(1)));
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
