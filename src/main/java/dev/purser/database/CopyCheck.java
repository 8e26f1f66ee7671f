package dev.purser.database;

import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/// Compares the two sides of a copy: every row of every table in the order of keys, and the money
/// of events and totals. Confined to one thread.
final class CopyCheck {
  private final CopySide source;
  private final CopySide target;
  private final CopyProgress progress;
  private final List<String> lines = new ArrayList<>();
  private final List<String> differences = new ArrayList<>();

  CopyCheck(CopySide source, CopySide target, CopyProgress progress) {
    this.source = source;
    this.target = target;
    this.progress = progress;
  }

  /// What was found.
  ///
  /// @param lines the rows of each table and each currency's money, as both sides have them
  /// @param differences what they do not agree on
  record Result(List<String> lines, List<String> differences) {}

  Result run(long rows) {
    progress.stage("checking", 2 * rows, 0);
    CopyTable.ALL.forEach(this::rows);
    progress.stage("checking the totals", 0, 0);
    money();
    return new Result(List.copyOf(lines), List.copyOf(differences));
  }

  private void rows(CopyTable table) {
    List<CopyColumn.Found> there = source.columns(table);
    List<CopyColumn.Found> here = target.columns(table);
    List<CopyColumn> pairs = CopyColumn.pairs(table, there, here);
    RowDigest.Sum read = digest(source, table, pairs);
    // In the order of the source's columns, which another migration may have put elsewhere.
    RowDigest.Sum written =
        digest(
            target,
            table,
            pairs.stream()
                .map(
                    c -> new CopyColumn(c.name(), /* read= */ c.written(), /* written= */ c.read()))
                .toList());
    if (read.rows() != written.rows()) {
      differences.add(
          "%s has %,d rows in the source and %,d in the target"
              .formatted(table.name(), read.rows(), written.rows()));
    } else if (!read.equals(written)) {
      differences.add(
          "%s has %,d rows on both sides, which differ in what they hold"
              .formatted(table.name(), read.rows()));
    }
    lines.add("%s: %,d rows".formatted(table.name(), written.rows()));
  }

  private RowDigest.Sum digest(CopySide side, CopyTable table, List<CopyColumn> columns) {
    RowDigest digest = new RowDigest(!target.holdsZero());
    @Nullable List<Object> after = null;
    while (true) {
      CopySide.Page page = side.page(table, columns, after, digest);
      if (page.last() == null) {
        return digest.sum();
      }
      progress.add(page.rows());
      after = page.last();
    }
  }

  private void money() {
    SortedMap<String, CopyMoney> read = CopyMoney.ofEvents(source);
    SortedMap<String, CopyMoney> written = CopyMoney.ofEvents(target);
    differences.addAll(CopyMoney.differences("in the source", read, "in the target", written));
    differences.addAll(
        CopyMoney.differences(
            "by the source's rows", read, "by its totals", CopyMoney.ofTotals(source)));
    differences.addAll(
        CopyMoney.differences(
            "by the target's rows", written, "by its totals", CopyMoney.ofTotals(target)));
    written.forEach((currency, money) -> lines.add(currency + ": " + money));
  }
}
