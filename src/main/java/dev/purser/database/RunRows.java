package dev.purser.database;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Bulk runs. Confined to the session that owns the connection.
///
/// A row moves forward only, whatever order its writes arrive in: each names the attempt whose row
/// it is, and finds the run unfinished or as it would leave it.
final class RunRows {
  private static final int FETCHED = 64;
  private static final String COLUMNS =
      "id, kind, state, key, started_millis, finished_millis, report, attempt, cancelled";
  private static final String FIRST = "SELECT " + COLUMNS + " FROM runs ORDER BY id DESC LIMIT ?";
  private static final String NEXT =
      "SELECT " + COLUMNS + " FROM runs WHERE id < ? ORDER BY id DESC LIMIT ?";
  private static final String ONE = "SELECT " + COLUMNS + " FROM runs WHERE id = ?";
  private static final String BY_KEY =
      "SELECT " + COLUMNS + " FROM runs WHERE kind = ? AND key = ?";
  private static final String CANCEL =
      "UPDATE runs SET cancelled = 1 WHERE id = ? AND state = 'running'"
          + " AND finished_millis IS NULL";

  private static final String ENDED =
      "SELECT id FROM runs WHERE id > ? AND id <= ? AND state <> 'running' ORDER BY id LIMIT ?";
  private static final String EXPIRE = "DELETE FROM runs WHERE id = ? AND state <> 'running'";
  private static final String BEYOND = "SELECT id FROM runs ORDER BY id DESC LIMIT 1 OFFSET ?";

  private final Statements statements;
  private final String move;
  private final String insert;
  private final String see;
  private final String proceed;
  private final String interrupt;

  RunRows(Statements statements) {
    this.statements = statements;
    String clock = statements.clock();
    // A save that is run again finds its own end.
    move =
        ("UPDATE runs SET state = ?, finished_millis = ?, report = ?, seen_millis = " + clock)
            + " WHERE id = ? AND attempt = ?"
            + " AND (finished_millis IS NULL OR (state = ? AND finished_millis = ?))";
    insert =
        "INSERT INTO runs (id, kind, state, key, started_millis, finished_millis, report, attempt,"
            + (" seen_millis) VALUES (?,?,?,?,?,?,?,?," + clock + ") ON CONFLICT DO NOTHING");
    see =
        ("UPDATE runs SET state = 'running', seen_millis = " + clock)
            + " WHERE id = ? AND attempt = ? AND finished_millis IS NULL";
    proceed =
        "UPDATE runs SET state = 'running', finished_millis = NULL, cancelled = 0, attempt = ?,"
            + (" seen_millis = " + clock)
            + " WHERE id = ? AND state <> 'done' AND attempt IN (?, ?)";
    interrupt =
        "UPDATE runs SET"
            + " state = CASE WHEN cancelled = 1 THEN 'cancelled' ELSE 'interrupted' END,"
            + (" finished_millis = CASE WHEN cancelled = 1 THEN " + clock + " END")
            + (" WHERE state = 'running' AND seen_millis <= " + clock + " - ?");
  }

  long keep(RunRow run) throws SQLException {
    int moved =
        statements.update(
            move,
            b ->
                b.text(run.state())
                    .number(run.finishedMillis())
                    .text(run.report())
                    .text(run.id())
                    .number(run.attempt())
                    .text(run.state())
                    .number(run.finishedMillis()));
    return moved > 0 ? moved : statements.update(insert, b -> bind(b, run));
  }

  private static void bind(Binder to, RunRow run) throws SQLException {
    to.text(run.id())
        .text(run.kind())
        .text(run.state())
        .text(run.key())
        .number(run.startedMillis())
        .number(run.finishedMillis())
        .text(run.report())
        .number(run.attempt());
  }

  long see(Chore.SeeRun run) throws SQLException {
    return statements.update(see, b -> b.text(run.id()).number(run.attempt()));
  }

  long proceed(Chore.ContinueRun run) throws SQLException {
    return statements.update(
        proceed,
        b ->
            b.number(run.attempt())
                .text(run.id())
                .number(run.known())
                .number(run.attempt())); // run again, it finds its own number
  }

  long cancel(String id) throws SQLException {
    return statements.update(CANCEL, b -> b.text(id));
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

  /// One piece of the expiry; the next one, or null if that was the last.
  @Nullable Chore expire(Chore.ExpireRuns chore, Piece piece) throws SQLException {
    int limit = piece.room();
    List<String> page =
        statements.list(
            ENDED,
            b -> b.text(chore.afterId()).text(chore.upToId()).number(limit),
            row -> row.getString(1));
    String end =
        piece.delete(
            page,
            limit,
            _ -> true,
            _ -> 0,
            gone -> statements.updateAll(EXPIRE, gone, Binder::text));
    return end == null ? null : new Chore.ExpireRuns(chore.upToId(), end);
  }

  Optional<String> beyond(long keep) throws SQLException {
    return Optional.ofNullable(
        statements.first(BEYOND, b -> b.number(keep), row -> row.getString(1)));
  }

  private static RunRow run(ResultSet row) throws SQLException {
    return new RunRow(
        row.getString(1),
        row.getString(2),
        row.getString(3),
        row.getString(4),
        row.getLong(5),
        CustomerRows.nullable(row, 6),
        row.getString(7),
        row.getLong(8),
        row.getLong(9) != 0);
  }
}
