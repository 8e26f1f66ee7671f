package dev.purser.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;

/// Bulk runs. Confined to the session that owns the connection.
final class RunRows {
  private static final int FETCHED = 64;
  private static final String COLUMNS =
      "id, kind, state, key, started_millis, finished_millis, report";
  private static final String FIRST = "SELECT " + COLUMNS + " FROM runs ORDER BY id DESC LIMIT ?";
  private static final String NEXT =
      "SELECT " + COLUMNS + " FROM runs WHERE id < ? ORDER BY id DESC LIMIT ?";
  private static final String ONE = "SELECT " + COLUMNS + " FROM runs WHERE id = ?";
  private static final String BY_KEY =
      "SELECT " + COLUMNS + " FROM runs WHERE kind = ? AND key = ?";

  private final Statements statements;
  private final String replace;
  private final String insert;
  private final String see;
  private final String interrupt;

  RunRows(Statements statements) {
    this.statements = statements;
    String clock = statements.clock();
    replace =
        "UPDATE runs SET kind = ?, state = ?, key = ?, started_millis = ?, finished_millis = ?,"
            + (" report = ?, seen_millis = " + clock + " WHERE id = ?");
    insert =
        "INSERT INTO runs (kind, state, key, started_millis, finished_millis, report, id,"
            + (" seen_millis) VALUES (?,?,?,?,?,?,?," + clock + ") ON CONFLICT DO NOTHING");
    see =
        ("UPDATE runs SET state = 'running', seen_millis = " + clock)
            + " WHERE id = ? AND state IN ('running', 'interrupted')";
    interrupt =
        "UPDATE runs SET state = 'interrupted' WHERE state = 'running' AND seen_millis <= "
            + (clock + " - ?");
  }

  /// Inserts or replaces; 0 rows if another run of its kind holds the key.
  long keep(RunRow run) throws SQLException {
    int replaced = statements.update(replace, b -> bind(b, run));
    return replaced > 0 ? replaced : statements.update(insert, b -> bind(b, run));
  }

  private static void bind(Binder to, RunRow run) throws SQLException {
    to.text(run.kind())
        .text(run.state())
        .text(run.key())
        .number(run.startedMillis())
        .number(run.finishedMillis())
        .text(run.report())
        .text(run.id());
  }

  long see(String id) throws SQLException {
    return statements.update(see, b -> b.text(id));
  }

  long interrupt(long unseenMillis) throws SQLException {
    return statements.update(interrupt, b -> b.number(unseenMillis));
  }

  List<RunRow> page(Query.Runs q) throws SQLException {
    return q.afterId() == null
        ? statements.page(FETCHED, FIRST, b -> b.number(q.limit()), RunRows::run)
        : statements.page(FETCHED, NEXT, b -> b.text(q.afterId()).number(q.limit()), RunRows::run);
  }

  Optional<RunRow> one(String id) throws SQLException {
    return Optional.ofNullable(statements.first(ONE, b -> b.text(id), RunRows::run));
  }

  Optional<RunRow> byKey(Query.RunByKey q) throws SQLException {
    return Optional.ofNullable(
        statements.first(BY_KEY, b -> b.text(q.kind()).text(q.key()), RunRows::run));
  }

  private static RunRow run(ResultSet row) throws SQLException {
    return new RunRow(
        row.getString(1),
        row.getString(2),
        row.getString(3),
        row.getString(4),
        row.getLong(5),
        CustomerRows.nullable(row, 6),
        row.getString(7));
  }
}
