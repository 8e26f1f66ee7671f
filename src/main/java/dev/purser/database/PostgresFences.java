package dev.purser.database;

import dev.purser.database.CustomerRows.Fence;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/// [Fences] where many connections, of this and of other nodes, write at the same time.
///
/// ## Concurrency
///
/// Transactions are READ COMMITTED: each statement sees what was committed before it began, and one
/// that waits for a row goes on with the row as it then is. So everything about a customer that is
/// read after its fence is held is current, and stays so: whoever writes rows of a customer holds
/// its fence.
///
/// - A customer that is stored is held by a lock on its row, taken in the order of ids.
/// - One that is to be made is held by an empty row (version 0, seen by nobody else), inserted in
///   the order of ids. A second transaction that inserts it waits for the first one; if that
///   commits, the insert does nothing, and the row that stands is no longer absent: `Moved`.
///
/// Nobody waits in a ring. Who waits for a row lock has inserted nothing yet, and both are taken in
/// order. Who inserts waits for other inserters, or for a deletion, and who deletes holds all its
/// fences already. Rows that belong to no customer (letters, runs, erasures) are touched after the
/// fences and, should two chores meet in opposite orders there, the server ends the ring: the work
/// is tried again.
record PostgresFences(Statements statements, CustomerRows customers) implements Fences {
  private static final Shape LOCK =
      Shape.among(
          "SELECT id, version, change_id FROM customers WHERE id", " ORDER BY id FOR UPDATE");
  private static final Shape INSERT =
      Shape.rows(
          "INSERT INTO customers (id, version, change_id, settled_version) ",
          4,
          " ON CONFLICT DO NOTHING");
  private static final Shape REMOVE =
      Shape.among("DELETE FROM customers WHERE version = 0 AND id", "");

  @Override
  public Map<String, Fence> hold(List<CustomerSave> saves) throws SQLException {
    Map<String, Fence> standing =
        customers.fences(LOCK, saves.stream().map(CustomerSave::customer).toList());
    List<String> absent =
        saves.stream()
            .filter(s -> !s.base().stored())
            .map(CustomerSave::customer)
            .filter(id -> !standing.containsKey(id))
            .sorted()
            .toList();
    List<String> doubtful =
        statements.write(INSERT, absent, (b, id) -> b.text(id).number(0).number(0).number(0));
    // Those were made by others meanwhile. They need no lock: their saves write nothing.
    customers
        .fences(doubtful)
        .forEach(
            (id, fence) -> {
              if (fence.version() > 0) {
                standing.put(id, fence);
              }
            });
    return standing;
  }

  @Override
  public void release(List<String> unmade) throws SQLException {
    var _ = statements.write(REMOVE, unmade, Binder::text);
  }

  @Override
  public boolean ofManyWriters() {
    return true;
  }
}
