package dev.purser.database;

import dev.purser.ledger.Outcome;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The rows of settlements that carry an id. Confined to the session that owns the connection.
final class SettlementRows {
  private static final String FIND =
      "SELECT currency, refunds, amount_minor, change_id FROM settlements"
          + " WHERE settlement = ? AND customer = ? ORDER BY currency";
  private static final String KEEP = "INSERT INTO settlements VALUES (?,?,?,?,?,?)";
  private static final String SUMS =
      "SELECT currency, sum(refunds), sum(amount_minor) FROM settlements"
          + " WHERE settlement = ? AND currency <> '' GROUP BY currency ORDER BY currency";
  private static final String COUNT =
      "SELECT count(DISTINCT customer) FROM settlements WHERE settlement = ? AND currency <> ''";

  /// Marks a settlement that found nothing pending; no currency is empty.
  private static final Outcome.Sum NOTHING = new Outcome.Sum("", 0, 0);

  private final Statements statements;

  SettlementRows(Statements statements) {
    this.statements = statements;
  }

  /// A settlement made earlier and the save that made it.
  record Made(List<Outcome.Sum> sums, long changeId) {}

  private record Row(Outcome.Sum sum, long changeId) {}

  @Nullable Made find(String customer, String settlement) throws SQLException {
    List<Row> rows =
        statements.list(
            FIND,
            b -> b.text(settlement).text(customer),
            r ->
                new Row(new Outcome.Sum(r.getString(1), r.getLong(2), r.getLong(3)), r.getLong(4)));
    if (rows.isEmpty()) {
      return null;
    }
    List<Outcome.Sum> sums = new ArrayList<>(rows.stream().map(Row::sum).toList());
    sums.remove(NOTHING);
    return new Made(sums, rows.getFirst().changeId);
  }

  void keep(CustomerSave save, String settlement, List<Outcome.Sum> sums) throws SQLException {
    for (Outcome.Sum sum : sums.isEmpty() ? List.of(NOTHING) : sums) {
      var _ =
          statements.update(
              KEEP,
              b ->
                  b.text(settlement)
                      .text(save.customer())
                      .text(sum.currency())
                      .number(sum.refunds())
                      .number(sum.amountMinor())
                      .number(save.changeId()));
    }
  }

  /// What all customers' settlements of one id applied; customers without pending refunds do not
  /// count.
  Query.SettlementTotal total(String settlement) throws SQLException {
    List<Outcome.Sum> sums =
        statements.list(
            SUMS,
            b -> b.text(settlement),
            r -> new Outcome.Sum(r.getString(1), r.getLong(2), r.getLong(3)));
    Long customers = statements.first(COUNT, b -> b.text(settlement), r -> r.getLong(1));
    return new Query.SettlementTotal(customers == null ? 0 : customers, sums);
  }
}
