package dev.purser.database;

import dev.purser.slots.Connector;

/// A database product: how its connections are opened, what its errors mean and how much room it
/// has. Safe for many threads.
interface Product {

  /// Connections that write. The first one opened migrates the schema.
  Connector<Store> writer();

  /// Connections that only read.
  Connector<Store> reader();

  /// Whether it is a server, to which connections come and go, several of which may write at a
  /// time. If not, exactly one connection writes and a fixed few read.
  boolean elastic();

  /// The room that is left to the data.
  Room room() throws Exception;

  /// Bytes on disk.
  ///
  /// @param usable free bytes where the data is
  /// @param log bytes of the write-ahead log
  record Room(long usable, long log) {}
}
