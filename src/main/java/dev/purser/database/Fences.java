package dev.purser.database;

import dev.purser.database.CustomerRows.Fence;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/// How a product keeps the customers of a batch from everybody else until its transaction ends.
/// Confined to the session that owns the connection.
interface Fences {

  /// Holds all customers, those that are to be made too, and reads what stands: an entry for each
  /// that is stored. Called once in a transaction, before anything else of it.
  Map<String, Fence> hold(List<CustomerSave> saves) throws SQLException;

  /// Gives up customers that were held to be made, and were not.
  void release(List<String> unmade) throws SQLException;

  /// Whether other connections write at the same time.
  boolean ofManyWriters();

  /// Where one connection writes at a time: its transaction itself holds everything.
  record OfOneWriter(CustomerRows customers) implements Fences {

    @Override
    public Map<String, Fence> hold(List<CustomerSave> saves) throws SQLException {
      return customers.fences(saves.stream().map(CustomerSave::customer).toList());
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
}
