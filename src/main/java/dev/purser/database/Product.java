package dev.purser.database;

import dev.purser.faults.DatabaseCause;
import dev.purser.faults.Escalated;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.slots.Connector;
import java.sql.SQLException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A database product: how its connections are opened, what its errors mean and how much room it
/// has. Safe for many threads.
interface Product {

  /// Connections that write. The first one opened migrates the schema.
  Connector<Store> writer();

  /// Connections that only read.
  Connector<Store> reader();

  /// Connections that sync what was committed; null where each commit is synced by itself.
  @Nullable Connector<Store> syncer();

  /// How its write-ahead log is kept short; null where it does so by itself.
  @Nullable Checkpoints checkpoints();

  /// Whether it is a server, to which connections come and go, several of which may write at a
  /// time. If not, exactly one connection writes and a fixed few read.
  boolean elastic();

  /// What this process owns of the data.
  default NodeLease lease() {
    return NodeLease.unshared();
  }

  /// Leaves everything in its place once all connections are closed in order.
  default void closed() throws Exception {}

  /// The room that is left to the data.
  Room room() throws Exception;

  /// What a failure means, whoever threw it: the first error of the driver among its causes counts,
  /// by the product's own table.
  static ServiceError meaning(Throwable failure, Function<SQLException, ServiceError> table) {
    return switch (failure) {
      case Fault f -> f.error();
      case Escalated e -> new ServiceError.Database(DatabaseCause.CORRUPT, e.sentence());
      default -> {
        SQLException driver = driver(failure);
        yield driver == null
            ? new ServiceError.Database(
                DatabaseCause.UNKNOWN, "unexpected " + failure.getClass().getSimpleName())
            : table.apply(driver);
      }
    };
  }

  private static @Nullable SQLException driver(Throwable failure) {
    // Causes may form a ring; nobody nests deeper than this.
    int depth = 0;
    for (Throwable t = failure; t != null && depth < 16; t = t.getCause()) {
      if (t instanceof SQLException e) {
        return e;
      }
      depth++;
    }
    return null;
  }

  /// Copying the write-ahead log back.
  ///
  /// @param connector how the connection that does so is opened
  /// @param fromPages the size of the log, in pages, at which it begins
  record Checkpoints(Connector<Store> connector, long fromPages) {}

  /// Bytes on disk.
  ///
  /// @param usable free bytes where the data is
  /// @param log bytes of the write-ahead log
  record Room(long usable, long log) {}
}
