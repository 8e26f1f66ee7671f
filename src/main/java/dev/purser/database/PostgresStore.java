package dev.purser.database;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;
import org.postgresql.jdbc.PgConnection;

/// [Store] on a connection to PostgreSQL. Any number of them write at the same time, of this and of
/// other nodes; [PostgresFences] keeps them apart.
///
/// What is loaded to be owned is loaded only while no former owner is left, and a transaction that
/// writes holds this node's row ([NodeLease]).
///
/// Loads are single statements and need no transaction. Questions of several statements are asked
/// in one of the session's default, which a reading session has as REPEATABLE READ.
final class PostgresStore extends LedgerStore {
  private final PgConnection connection;
  private final boolean writes;
  private final NodeLease lease;
  private final NodeRows nodes;

  private PostgresStore(
      PgConnection connection,
      boolean writes,
      NodeLease lease,
      Statements statements,
      CustomerRows customers,
      Fences fences) {
    super(statements, customers, fences);
    this.connection = connection;
    this.writes = writes;
    this.lease = lease;
    this.nodes = new NodeRows(statements, connection);
  }

  /// A store on a connection that is set up.
  static PostgresStore on(PgConnection connection, boolean writes, NodeLease lease) {
    Statements statements = new PostgresStatements(connection);
    CustomerRows customers = new CustomerRows(statements);
    Fences fences = new PostgresFences(statements, customers);
    return new PostgresStore(connection, writes, lease, statements, customers, fences);
  }

  @Override
  public Map<String, LoadReply.Loaded> load(List<String> ids) throws SQLException {
    owned();
    return loadNow(ids);
  }

  @Override
  void owned() throws SQLException {
    if (lease.shared()) {
      nodes.checkOthers(lease);
    }
  }

  @Override
  void leased() throws SQLException {
    if (lease.shared()) {
      nodes.holdOwn(lease);
    }
  }

  /// The driver sends BEGIN together with the first statement.
  @Override
  boolean shared() {
    return true;
  }

  @Override
  void begin() throws SQLException {
    connection.setAutoCommit(false);
  }

  @Override
  public void commit() throws SQLException {
    connection.commit();
    connection.setAutoCommit(true);
  }

  @Override
  public boolean uncommitted(SQLException error) {
    return PostgresErrors.uncommitted(error);
  }

  @Override
  public void rollback() throws SQLException {
    if (!connection.getAutoCommit()) {
      connection.rollback();
      connection.setAutoCommit(true);
    }
  }

  @Override
  <T> T snapshot(Reading<T> reading) throws SQLException {
    begin();
    T read;
    try {
      read = reading.read();
    } catch (SQLException | RuntimeException e) {
      try {
        rollback();
      } catch (SQLException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
    rollback();
    return read;
  }

  /// A writing session on a server that has become a standby is no longer usable.
  @Override
  public void validate() throws SQLException {
    Boolean readOnly =
        statements()
            .first(
                "SELECT current_setting('transaction_read_only'), version FROM erased_floor",
                _ -> {},
                row -> row.getBoolean(1));
    if (writes && Boolean.TRUE.equals(readOnly)) {
      throw new SQLException("the session is read-only", "25006");
    }
  }

  /// Cuts the connection: a statement that waits for the server fails at once. The server itself
  /// ends what it still runs by its own time limits.
  @Override
  public void interrupt() {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      throw new IllegalStateException("this connection may not be aborted", e);
    }
  }

  @Override
  public void close() throws SQLException {
    // Statements end with their session: closing each would be a round trip for nothing.
    connection.close();
  }
}
