package dev.purser.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;

/// The baseline of durable single saves: bare JDBC, one thread, one transaction and one sync for
/// each purchase.
///
/// It does what a careful service without group commit would do: insert the purchase unless it is
/// known, then move the customer's totals, in one transaction on the same journal and sync settings
/// as the service.
public final class BareSingles {

  private BareSingles() {}

  /// Saves purchases for `seconds`; answers how many a second.
  public static double run(double seconds) throws SQLException, IOException {
    Path folder = Files.createTempDirectory("bare-singles");
    try (Connection c = DriverManager.getConnection("jdbc:sqlite:" + folder.resolve("bare.db"))) {
      schema(c);
      long saved = 0;
      long start = System.nanoTime();
      long end = start + (long) (seconds * 1e9);
      try (PreparedStatement insert =
              c.prepareStatement(
                  "INSERT INTO purchases VALUES (?,?,?,?,?,?,?,?) ON CONFLICT DO NOTHING");
          PreparedStatement total =
              c.prepareStatement(
                  "INSERT INTO totals VALUES (?,'GBP',1,?) ON CONFLICT DO UPDATE SET"
                      + " purchases = purchases + 1, gross = gross + excluded.gross")) {
        while (System.nanoTime() < end) {
          save(insert, total, saved++);
          c.commit();
        }
      }
      return saved / ((System.nanoTime() - start) / 1e9);
    }
  }

  private static void schema(Connection c) throws SQLException {
    try (Statement s = c.createStatement()) {
      s.execute("PRAGMA journal_mode = WAL");
      s.execute("PRAGMA synchronous = FULL");
      s.execute(
          "CREATE TABLE purchases (customer TEXT, id TEXT, sku TEXT, description TEXT,"
              + " quantity INT, amount INT, currency TEXT, at INT,"
              + " PRIMARY KEY (customer, id)) WITHOUT ROWID");
      s.execute("CREATE INDEX purchases_by_time ON purchases (customer, at DESC, id)");
      s.execute(
          "CREATE TABLE totals (customer TEXT, currency TEXT, purchases INT, gross INT,"
              + " PRIMARY KEY (customer, currency)) WITHOUT ROWID");
    }
    c.setAutoCommit(false);
  }

  private static void save(PreparedStatement insert, PreparedStatement total, long n)
      throws SQLException {
    String customer = "c" + n % 5_000;
    insert.setString(1, customer);
    insert.setString(2, "p" + n);
    insert.setString(3, "85123A");
    insert.setString(4, "WHITE HANGING HEART T-LIGHT HOLDER");
    insert.setLong(5, 6);
    insert.setLong(6, 1_530);
    insert.setString(7, "GBP");
    insert.setLong(8, 1_291_191_960_000_000L + n);
    insert.executeUpdate();
    total.setString(1, customer);
    total.setLong(2, 1_530);
    total.executeUpdate();
  }
}
