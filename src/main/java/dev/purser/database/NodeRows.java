package dev.purser.database;

import dev.purser.faults.DatabaseCause;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/// The table `nodes` of PostgreSQL, as a session sees it. Confined to the owner of the connection.
///
/// ## Concurrency
///
/// A transaction that writes holds its node's row `FOR KEY SHARE`. Renewing and fencing change no
/// key, so neither waits for such transactions nor holds them up; deleting waits for all of them.
/// Transactions are READ COMMITTED: a lock on a row that has been deleted meanwhile finds no row.
final class NodeRows {
  /// 'PURN': who forms a cluster, and who fences whom, is decided one after the other.
  private static final String ONE_AT_A_TIME = "SELECT pg_advisory_xact_lock(1347768910)";

  private static final String HOLD_OWN =
      "SELECT 1 FROM nodes WHERE uid = ? AND NOT fenced FOR KEY SHARE";
  private static final String OWNERS = "SELECT uid, address, fenced FROM nodes WHERE owner";
  private static final String ENTER =
      "INSERT INTO nodes (uid, address, lease_millis) VALUES (?, ?, ?) ON CONFLICT DO NOTHING";
  private static final String RENEW =
      "WITH own AS (UPDATE nodes SET beat = beat + 1 WHERE uid = ? AND NOT fenced RETURNING uid)"
          + " SELECT n.uid, n.address, n.lease_millis, n.beat, n.owner, n.fenced,"
          + " (SELECT count(*) FROM own) FROM nodes n";
  private static final String CLAIM =
      "UPDATE nodes SET owner = true WHERE uid = ? AND NOT fenced"
          + " AND NOT EXISTS (SELECT FROM nodes o WHERE o.owner AND o.uid <> ?)";
  private static final String OWN = "UPDATE nodes SET owner = true WHERE uid = ? AND NOT fenced";
  private static final String FENCE =
      "UPDATE nodes SET fenced = true WHERE uid = ?"
          + " AND EXISTS (SELECT FROM nodes o WHERE o.uid = ? AND o.owner AND NOT o.fenced)";
  private static final String REMOVE =
      "DELETE FROM nodes WHERE uid IN"
          + " (SELECT uid FROM nodes WHERE uid = ? AND beat = ? FOR UPDATE SKIP LOCKED)";
  private static final String LEAVE = "DELETE FROM nodes WHERE uid = ?";

  private final Statements statements;
  private final Connection connection;

  NodeRows(Statements statements, Connection connection) {
    this.statements = statements;
    this.connection = connection;
  }

  /// A node.
  ///
  /// @param beat how often it has renewed its lease
  record Row(long uid, String address, Duration lease, long beat, boolean owner, boolean fenced) {}

  /// Whether this node's renewal was taken, and all rows.
  record Renewed(boolean own, List<Row> rows) {}

  /// Keeps the row of this node from being deleted until the transaction that is open has ended.
  ///
  /// @throws Fault if it does not stand
  void holdOwn(NodeLease lease) throws SQLException {
    if (statements.list(HOLD_OWN, b -> b.number(lease.uid()), row -> row.getInt(1)).isEmpty()) {
      throw refused("This node's lease has ended; other nodes own what it owned.");
    }
  }

  /// Makes sure that nothing is loaded while a node that is no member may own it still.
  ///
  /// @throws Fault if there is such a node, or if this one owns nothing
  void checkOthers(NodeLease lease) throws SQLException {
    boolean own = false;
    for (Row row :
        statements.list(
            OWNERS,
            _ -> {},
            row ->
                new Row(
                    row.getLong(1), row.getString(2), Duration.ZERO, 0, true, row.getBoolean(3)))) {
      if (row.uid == lease.uid()) {
        own = !row.fenced;
      } else if (!lease.member(row.uid)) {
        throw refused("The lease of a former owner has not run out yet (" + row.address + ").");
      }
    }
    if (!own) {
      throw refused("This node owns nothing: it is not a member yet, or its lease has ended.");
    }
  }

  private static Fault refused(String why) {
    return new Fault(new ServiceError.Database(DatabaseCause.LEASE, why));
  }

  void enter(long uid, String address, Duration lease) throws SQLException {
    var _ = statements.update(ENTER, b -> b.number(uid).text(address).number(lease.toMillis()));
  }

  Renewed renew(long uid) throws SQLException {
    List<Row> rows = new ArrayList<>();
    List<Long> own = new ArrayList<>();
    statements.each(
        RENEW,
        b -> b.number(uid),
        row -> {
          rows.add(
              new Row(
                  row.getLong(1),
                  row.getString(2),
                  Duration.ofMillis(row.getLong(3)),
                  row.getLong(4),
                  row.getBoolean(5),
                  row.getBoolean(6)));
          own.add(row.getLong(7));
        });
    return new Renewed(!own.isEmpty() && own.getFirst() > 0, rows);
  }

  /// Lets this node form a cluster unless another one has; whether it may.
  boolean claim(long uid) throws SQLException {
    return alone(() -> statements.update(CLAIM, b -> b.number(uid).number(uid))) > 0;
  }

  /// This node is a member, and may own partitions from now on.
  boolean own(long uid) throws SQLException {
    return statements.update(OWN, b -> b.number(uid)) > 0;
  }

  /// Ends the renewals of another node, unless this one's have been ended.
  void fence(long other, long own) throws SQLException {
    var _ = alone(() -> statements.update(FENCE, b -> b.number(other).number(own)));
  }

  /// Deletes the row of a node whose lease has run out; false if it was renewed meanwhile, or while
  /// a transaction of that node is open, which the server ends at its limit.
  boolean remove(Row row) throws SQLException {
    return statements.update(REMOVE, b -> b.number(row.uid).number(row.beat)) > 0;
  }

  /// Deletes the row of a node that is known to have ended; waits for its transactions.
  void leave(long uid) throws SQLException {
    var _ = statements.update(LEAVE, b -> b.number(uid));
  }

  @FunctionalInterface
  private interface Change {
    int rows() throws SQLException;
  }

  private int alone(Change change) throws SQLException {
    connection.setAutoCommit(false);
    try {
      statements.each(ONE_AT_A_TIME, _ -> {}, _ -> {});
      int rows = change.rows();
      connection.commit();
      return rows;
    } catch (SQLException e) {
      connection.rollback();
      throw e;
    } finally {
      connection.setAutoCommit(true);
    }
  }
}
