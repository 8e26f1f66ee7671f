package dev.purser.database;

import dev.purser.database.CustomerRows.Fence;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/// How a product keeps the customers of a batch from everybody else until its transaction ends.
/// Confined to the session that owns the connection.
interface Fences {

  /// A transaction begins: what an earlier one that was rolled back has left here is forgotten.
  default void begin() {}

  /// Holds all customers, those that are to be made too, and reads what stands: an entry for each
  /// that is stored. Called once in a transaction, before anything else of it.
  Map<String, Fence> hold(List<CustomerSave> saves) throws SQLException;

  /// Gives up customers that were held to be made, and were not.
  void release(List<String> unmade) throws SQLException;

  /// Whether other connections write at the same time.
  boolean ofManyWriters();

  /// The transaction has put these in the place of what stood.
  default void moved(List<CustomerRows.Moved> moved) {}

  /// The transaction was committed.
  default void committed() {}
}
