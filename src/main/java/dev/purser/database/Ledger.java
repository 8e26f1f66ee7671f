package dev.purser.database;

import dev.purser.faults.Escalated;
import dev.purser.faults.ServiceError;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;

/// What a database says of the ledger that it keeps. Immutable.
///
/// The identity is made with the schema, so no two databases share one unless the server's own
/// means have copied them. The numbers of partitions are those that the ledger was first served
/// with: nodes that divide it in different ways would own the same records twice.
///
/// @param id a UUID
public record Ledger(String id) {
  /// The pause before a database that does not answer is asked again.
  private static final Duration PAUSE = Duration.ofSeconds(1);

  /// Into how many partitions the configuration divides a kind.
  ///
  /// @param key where it says so
  public record Parts(String kind, String key, int count) {}

  /// Reads the identity of the ledger at `url`, and waits for the server as long as it takes: a
  /// node of a cluster has to know it before its actor system starts. Makes the schema if it is
  /// missing.
  ///
  /// @param parts how the ledger is divided here
  /// @param unreachable takes a sentence for each attempt that failed
  /// @throws Escalated if an operator has to mend something
  public static Ledger await(
      PostgresUrl url,
      DatabaseSettings settings,
      List<Ledger.Parts> parts,
      Consumer<String> unreachable)
      throws InterruptedException {
    PostgresProduct product =
        new PostgresProduct(url, settings.postgres(), settings.slots().workLimit());
    while (true) {
      try (Connection connection = product.source(true).getConnection()) {
        String schema = settings.postgres().schema();
        PostgresSchema.prepare(connection, product.source(false), schema);
        connection.setSchema(schema);
        divide(connection, parts);
        return read(connection);
      } catch (SQLException e) {
        ServiceError why = PostgresProduct.meaning(e);
        if (Shared.setup(why) || Shared.corrupt(why)) {
          throw new Escalated(why.message() + " [" + url.shown() + "]", e);
        }
        unreachable.accept(why.message());
      }
      Thread.sleep(PAUSE);
    }
  }

  static Ledger read(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT id FROM ledger")) {
      if (!row.next()) {
        throw new Escalated("The database lacks the row of its ledger: restore a backup.", null);
      }
      return new Ledger(row.getString(1));
    }
  }

  /// Lets the ledger be divided as it is the first time that it is served, and later as it was
  /// then.
  ///
  /// @throws Escalated if `parts` differ from that
  static void divide(Connection connection, List<Parts> parts) throws SQLException {
    for (Parts of : parts) {
      int stored = stored(connection, of);
      if (stored != of.count) {
        throw new Escalated(
            "The ledger is divided into "
                + stored
                + " partitions of "
                + of.kind
                + ", and "
                + of.key
                + " is "
                + of.count
                + ": set it to "
                + stored
                + ", or copy the ledger to an empty database (bin/purser copy), which may be"
                + " divided anew.",
            null);
      }
    }
  }

  private static int stored(Connection connection, Parts parts) throws SQLException {
    try (PreparedStatement insert =
        connection.prepareStatement(
            "INSERT INTO partition_counts VALUES (?, ?) ON CONFLICT DO NOTHING")) {
      insert.setString(1, parts.kind);
      insert.setLong(2, parts.count);
      insert.executeUpdate();
    }
    try (PreparedStatement select =
        connection.prepareStatement("SELECT partitions FROM partition_counts WHERE kind = ?")) {
      select.setString(1, parts.kind);
      try (ResultSet row = select.executeQuery()) {
        return row.next() ? row.getInt(1) : parts.count;
      }
    }
  }
}
