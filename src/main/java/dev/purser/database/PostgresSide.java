package dev.purser.database;

import dev.purser.database.CopyColumn.Kind;
import dev.purser.faults.Escalated;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.PgConnection;

/// A PostgreSQL database that a copy reads or writes. One copy at a time, by an advisory lock, and
/// no node of the service, as far as sessions by the service's name tell.
final class PostgresSide extends CopySide {
  /// 'PURC'; with the schema's hash it is what copies lock.
  private static final int LOCK = 0x50555243;

  private static final String SERVING =
      "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
          + " AND application_name = 'purser'";

  /// How long sessions of the service may take to go, and the pause between two looks at them.
  private static final Duration PATIENCE = Duration.ofSeconds(2);

  private static final Duration PAUSE = Duration.ofMillis(50);

  private final PostgresSettings settings;
  private final PGSimpleDataSource source;
  private final PgConnection connection;

  PostgresSide(PostgresUrl url, PostgresSettings settings) {
    super(url.shown());
    this.settings = settings;
    this.source =
        ask(() -> new PostgresProduct(url, settings, Duration.ofSeconds(10)).source(false));
    source.setApplicationName("purser copy");
    this.connection = ask(() -> source.getConnection().unwrap(PgConnection.class));
    try {
      begin();
    } catch (RuntimeException e) {
      try {
        connection.close();
      } catch (SQLException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
  }

  private void begin() {
    // The server of a copy that was killed may take a moment to notice it.
    run(
        "SET search_path = " + settings.schema(),
        "SET lock_timeout = '10s'",
        "SET statement_timeout = 0",
        "SET idle_in_transaction_session_timeout = 0",
        "SET jit = off");
    try (var statement = connection.createStatement()) {
      statement.execute(
          "SELECT pg_advisory_lock(" + LOCK + ", hashtext('" + settings.schema() + "'))");
    } catch (SQLException e) {
      if ("55P03".equals(e.getSQLState())) {
        throw new Escalated(
            shown()
                + " is in use by another copy, or is both what is copied and where to: wait for the"
                + " other one, or name two databases.",
            e);
      }
      throw explain(e);
    }
  }

  @Override
  Connection connection() {
    return connection;
  }

  @Override
  String sentence(SQLException error) {
    return PostgresErrors.sentence(error);
  }

  @Override
  SchemaMark mark() {
    return ask(() -> PostgresSchema.mark(connection, settings.schema()));
  }

  @Override
  int version() {
    return PostgresSchema.VERSION;
  }

  @Override
  void migrate() {
    var _ =
        ask(
            () -> {
              PostgresSchema.prepare(connection, source, settings.schema());
              return true;
            });
  }

  @Override
  void alone() {
    // The sessions of a node that has just been stopped may take a moment to go.
    long until = System.nanoTime() + PATIENCE.toNanos();
    while (one(SERVING, row -> row.getLong(1)) > 0) {
      if (System.nanoTime() < until) {
        LockSupport.parkNanos(PAUSE.toNanos());
        continue;
      }
      throw served();
    }
    leases();
  }

  private Escalated served() {
    return new Escalated(
        shown() + " is being served by a node of Purser: stop every node, then copy.", null);
  }

  /// Refuses if a node renews its lease, whatever its sessions are named. Rows of nodes that were
  /// killed stand, and are not renewed.
  private void leases() {
    if (one("SELECT to_regclass('nodes') IS NULL", row -> row.getBoolean(1))) {
      return; // an empty database, or one of an older version
    }
    String beats = "SELECT uid, beat FROM nodes";
    Map<Long, Long> before = new HashMap<>();
    long start = System.nanoTime();
    long waitNanos =
        1_000_000 * one("SELECT coalesce(max(lease_millis), 0) FROM nodes", row -> row.getLong(1));
    do {
      list(beats, row -> Map.entry(row.getLong(1), row.getLong(2)))
          .forEach(
              node -> {
                Long first = before.putIfAbsent(node.getKey(), node.getValue());
                if (first != null && !first.equals(node.getValue())) {
                  throw served();
                }
              });
      LockSupport.parkNanos(before.isEmpty() ? 0 : PAUSE.toNanos());
    } while (!before.isEmpty() && System.nanoTime() - start < waitNanos);
  }

  @Override
  String marking(boolean whole) {
    return "COMMENT ON TABLE customers IS '"
        + (whole ? PostgresSchema.LEDGER : PostgresSchema.COPY)
        + PostgresSchema.VERSION
        + "'";
  }

  @Override
  void settle(boolean writes) {
    // Pages are found by keys, whatever statistics say of tables that have just been filled.
    run("SET enable_seqscan = off");
    if (writes) {
      run("SET synchronous_commit = off");
    }
    autoCommit(false);
  }

  @Override
  void durable() {
    run("SET synchronous_commit = on");
    commit();
  }

  @Override
  List<CopyColumn.Found> columns(CopyTable table) {
    return list(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
            + " WHERE attrelid = '"
            + table.name()
            + "'::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
        row ->
            new CopyColumn.Found(
                row.getString(1),
                switch (row.getString(2)) {
                  case "text" -> Kind.TEXT;
                  case "bytea" -> Kind.BYTES;
                  case "bigint" -> Kind.LONG;
                  case "integer" -> Kind.INT;
                  case "smallint" -> Kind.SHORT;
                  default -> throw new IllegalStateException("unknown type in " + table.name());
                }));
  }

  @Override
  String selected(CopyColumn column) {
    return column.name();
  }

  @Override
  RowSink sink(CopyTable table, List<CopyColumn> columns) {
    return new PostgresCopy(connection, table, columns, this::explain);
  }

  @Override
  long numbered(CopyTable table) {
    return one(
        "SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM " + table.name() + "_id_seq",
        row -> row.getLong(1));
  }

  @Override
  void numbered(CopyTable table, long last) {
    String sequence = "'" + table.name() + "_id_seq'";
    run("SELECT setval(" + sequence + ", " + Math.max(1, last) + ", " + (last > 0) + ")");
  }

  @Override
  boolean holdsZero() {
    return false;
  }
}
