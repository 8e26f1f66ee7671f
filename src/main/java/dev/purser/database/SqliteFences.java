package dev.purser.database;

import dev.purser.database.CustomerRows.Fence;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// [Fences] where one connection writes at a time: its transaction itself holds everything.
///
/// What this connection has committed last it need not read again: a tenth of a durable save was
/// the question for its fence. SQLite tells ([#OTHERS]) whether any other connection has written
/// meanwhile, be it another process; then all is forgotten.
///
/// ## Limits
///
/// The fences of [#MOST] customers, the last ones written: some 2 MB.
final class SqliteFences implements Fences {
  static final int MOST = 20_000;

  /// A number that changes whenever another connection has changed the file.
  private static final String OTHERS = "PRAGMA data_version";

  private final Statements statements;
  private final CustomerRows customers;
  private final Map<String, Fence> known =
      new LinkedHashMap<>() {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Fence> eldest) {
          return size() > MOST;
        }
      };

  /// What stands for the customers of this batch if its transaction is committed.
  private final Map<String, Fence> pending = new HashMap<>();

  private long others = -1;

  SqliteFences(Statements statements, CustomerRows customers) {
    this.statements = statements;
    this.customers = customers;
  }

  @Override
  public void begin() {
    // Also before a transaction without saves: its commit must not vouch for what was rolled back.
    pending.clear();
  }

  @Override
  public Map<String, Fence> hold(List<CustomerSave> saves) throws SQLException {
    long now = statements.one(OTHERS, row -> row.getLong(1));
    if (now != others) {
      known.clear();
      others = now;
    }
    Map<String, Fence> held = HashMap.newHashMap(saves.size());
    List<String> unknown = new ArrayList<>();
    for (CustomerSave save : saves) {
      // Taken out: what becomes of them is known when this is committed.
      Fence fence = known.remove(save.customer());
      if (fence == null) {
        unknown.add(save.customer());
      } else {
        held.put(save.customer(), fence);
      }
    }
    if (!unknown.isEmpty()) {
      held.putAll(customers.fences(unknown));
    }
    return held;
  }

  @Override
  public void moved(List<CustomerRows.Moved> moved) {
    for (CustomerRows.Moved m : moved) {
      pending.put(m.after().id(), new Fence(m.after().version(), m.changeId()));
    }
  }

  @Override
  public void committed() {
    known.putAll(pending);
    pending.clear();
  }

  @Override
  public void release(List<String> unmade) {
    // Nothing stands for them.
  }

  @Override
  public boolean ofManyWriters() {
    return false;
  }
}
