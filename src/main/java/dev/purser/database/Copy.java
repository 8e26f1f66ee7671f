package dev.purser.database;

import dev.purser.faults.Escalated;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// Carries a whole ledger from one database to another, of whatever product. Confined to one
/// thread.
///
/// ## Failure
///
/// Pages of rows are committed in the order of keys, so that the highest key of each table tells
/// where a copy stood that was killed: the same copy started again goes on from there. Until the
/// check at the end has found both sides alike the target is marked as unfinished, in the same
/// place where it says whose it is, and every service refuses it. What it came from stands in
/// `unfinished_copy`, a table that goes with the mark.
///
/// Commits before the last one need not be durable: they are so together with it, or the copy goes
/// on from what a crash has left.
public final class Copy {
  private final CopySide source;
  private final CopySide target;
  private final CopyProgress progress;

  Copy(CopySide source, CopySide target, CopyProgress progress) {
    this.source = source;
    this.target = target;
    this.progress = progress;
  }

  /// Copies `from` to `to`, or goes on with that.
  ///
  /// @param told takes a line of progress about every second
  /// @return what was checked: the rows of each table, the money of each currency
  /// @throws Escalated with one sentence if it cannot be done, or if the two sides differ at the
  ///   end
  public static List<String> run(
      DatabaseUrl from, DatabaseUrl to, DatabaseSettings settings, Consumer<String> told)
      throws IOException {
    refuseSame(from, to);
    try (CopyFolders _ = CopyFolders.lock(from, to);
        CopyProgress progress = new CopyProgress(told);
        CopySide source = open(from, settings, false);
        CopySide target = open(to, settings, true)) {
      Copy copy = new Copy(source, target, progress);
      copy.begin();
      long rows = copy.rows();
      CopyCheck.Result checked = copy.check(rows);
      copy.finish();
      return checked.lines();
    }
  }

  private static void refuseSame(DatabaseUrl from, DatabaseUrl to) throws IOException {
    boolean same = from.shown().equals(to.shown());
    if (from instanceof DatabaseUrl.OfFile(Path here)
        && to instanceof DatabaseUrl.OfFile(Path there)
        && Files.exists(here)
        && Files.exists(there)) {
      same = Files.isSameFile(here, there);
    }
    if (same) {
      throw new Escalated(from.shown() + " is both what is copied and where to.", null);
    }
  }

  static CopySide open(DatabaseUrl url, DatabaseSettings settings, boolean makes) {
    return switch (url) {
      case DatabaseUrl.OfFile(Path file) -> new SqliteSide(file, settings.sqlite(), makes);
      case DatabaseUrl.OfServer(PostgresUrl server) ->
          new PostgresSide(server, settings.postgres());
    };
  }

  /// Looks at both sides and marks the target.
  void begin() {
    source.alone();
    target.alone();
    new CopyBeginning(source, target).begin();
    source.settle(false);
    target.settle(true);
  }

  /// Copies the rows that are not there yet; answers how many there are in all.
  long rows() {
    progress.stage("counting", 0, 0);
    long total = CopyTable.ALL.stream().mapToLong(source::count).sum();
    long done = CopyTable.ALL.stream().mapToLong(target::count).sum();
    target.commit();
    progress.stage("copying", total, done);
    CopyTable.ALL.forEach(this::rows);
    return total;
  }

  private void rows(CopyTable table) {
    List<CopyColumn.Found> there = source.columns(table);
    List<CopyColumn.Found> here = target.columns(table);
    List<CopyColumn> columns = CopyColumn.pairs(table, there, here);
    @Nullable List<Object> after = target.highest(table, CopyColumn.pairs(table, here, there));
    CopySide.Page page;
    do {
      page = page(table, columns, after);
      target.commit();
      progress.add(page.rows());
      after = page.last();
    } while (after != null);
  }

  private CopySide.Page page(
      CopyTable table, List<CopyColumn> columns, @Nullable List<Object> after) {
    RowSink sink = target.sink(table, columns);
    try {
      CopySide.Page page = source.page(table, columns, after, sink);
      sink.end();
      return page;
    } catch (RuntimeException e) {
      try {
        sink.abort();
      } catch (RuntimeException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
  }

  /// Compares both sides.
  ///
  /// @throws Escalated if they differ; the target stays marked
  CopyCheck.Result check(long rows) {
    CopyCheck.Result checked = new CopyCheck(source, target, progress).run(rows);
    if (!checked.differences().isEmpty()) {
      throw new Escalated(
          "The copy differs from its source ("
              + String.join("; ", checked.differences())
              + "): it stays marked as unfinished, and no service uses it; see that nothing changes"
              + " the source or the target meanwhile, drop the target and copy again.",
          null);
    }
    source.alone();
    return checked;
  }

  /// Lets the target be whole, durably.
  void finish() {
    progress.stage("finishing", 0, 0);
    target.durable();
    CopyTable.ALL.stream()
        .filter(CopyTable::numbered)
        .forEach(table -> target.numbered(table, source.numbered(table)));
    target.run("DROP TABLE " + CopyBeginning.UNFINISHED, target.marking(true));
    target.commit();
  }
}
