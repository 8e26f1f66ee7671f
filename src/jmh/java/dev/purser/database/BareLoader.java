package dev.purser.database;

import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.sql.Statement;
import java.sql.Types;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.LongSupplier;

/// The baseline of ingest: one thread, bare JDBC, the same rows and indexes, synced commits of
/// 1,000 lines, as many rows a statement as told (64 is the fastest found: 6.4 us of processor a
/// row, 6.7 at 20, 9.5 at 1).
///
/// Run: `java -cp ... dev.purser.database.BareLoader FOLDER [rows a statement]`
public final class BareLoader {
  private static final int COMMIT_LINES = 1_000;

  private final Connection connection;
  private final Table<RetailLines.Row.Event> purchases;
  private final Table<RetailLines.Row.Event> refunds;
  private final Table<Letter> letters;
  private final PreparedStatement list;
  private final Map<String, Integer> bought = new HashMap<>();
  private final Set<String> listed = new HashSet<>();

  private BareLoader(Connection connection, int rows) throws SQLException {
    this.connection = connection;
    this.list = connection.prepareStatement("UPDATE purchases SET listed = 1 WHERE customer = ?");
    this.purchases =
        new Table<>(
            connection,
            "INSERT INTO purchases (customer, id, sku, description, quantity, amount_minor,"
                + " currency, at_micros, change_id, listed) VALUES ",
            10,
            rows,
            this::purchase);
    this.refunds =
        new Table<>(
            connection,
            "INSERT INTO refunds (customer, id, purchase_id, sku, description, quantity,"
                + " amount_minor, currency, reason, at_micros, change_id, version) VALUES ",
            12,
            rows,
            BareLoader::refund);
    this.letters =
        new Table<>(
            connection,
            "INSERT INTO letters (run, line, reason, code, message, raw, profile, header,"
                + " derived_id, customer, at_millis) VALUES ",
            11,
            rows,
            BareLoader::letter);
  }

  public static void main(String[] args) throws IOException, SQLException {
    int rows = args.length > 1 ? Integer.parseInt(args[1]) : 64;
    System.out.printf("bare loader, %d rows a statement: %s%n", rows, load(Path.of(args[0]), rows));
  }

  /// What a load took, opening not counted. The processor time says more than the clock on a
  /// machine that has other things to do.
  public record Pace(long rows, long nanos, long cpuNanos) {
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    /// Runs a load on this thread; it answers its rows.
    static Pace of(LongSupplier load) {
      long start = System.nanoTime();
      long cpuStart = THREADS.getCurrentThreadCpuTime();
      long rows = load.getAsLong();
      return new Pace(
          rows, System.nanoTime() - start, THREADS.getCurrentThreadCpuTime() - cpuStart);
    }

    double rowsPerSecond() {
      return rows * 1e9 / nanos;
    }

    @Override
    public String toString() {
      return "%,.0f rows/s, %.2f us of processor a row"
          .formatted(rowsPerSecond(), cpuNanos / 1e3 / rows);
    }
  }

  /// Loads all parts into a file of its own.
  public static Pace load(Path folder, int rowsPerStatement) throws IOException, SQLException {
    Path file = RetailLines.scratch();
    SqliteStore.open(
            file,
            new SqliteSettings(32 << 20, 64 << 20, Duration.ofSeconds(1)),
            SqliteStore.Role.WRITER)
        .close();
    try (Connection connection = DriverManager.getConnection("jdbc:sqlite:" + file)) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("PRAGMA journal_mode = WAL");
        statement.execute("PRAGMA synchronous = FULL");
        statement.execute("PRAGMA cache_size = -32768");
        statement.execute("PRAGMA wal_autocheckpoint = 16384");
      }
      connection.setAutoCommit(false);
      BareLoader loader = new BareLoader(connection, rowsPerStatement);
      return Pace.of(
          () -> {
            long[] rows = {0};
            new RetailLines().read(folder, COMMIT_LINES, chunk -> rows[0] += loader.write(chunk));
            return rows[0];
          });
    }
  }

  private int write(List<RetailLines.Row> chunk) {
    List<RetailLines.Row.Event> purchased = new ArrayList<>();
    List<RetailLines.Row.Event> refunded = new ArrayList<>();
    List<Letter> dead = new ArrayList<>();
    for (RetailLines.Row row : chunk) {
      switch (row) {
        case RetailLines.Row.Event e when e.change() instanceof Purchase -> purchased.add(e);
        case RetailLines.Row.Event e -> refunded.add(e);
        case RetailLines.Row.Dead d -> dead.add(d.letter());
      }
    }
    try {
      purchases.insert(purchased);
      list(purchased);
      refunds.insert(refunded);
      letters.insert(dead);
      connection.commit();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return chunk.size();
  }

  /// Lists the purchases of customers that have become ones of many, as the service does.
  private void list(List<RetailLines.Row.Event> purchased) throws SQLException {
    for (RetailLines.Row.Event e : purchased) {
      if (bought.get(e.customer()) >= EventRows.LISTED_FROM && listed.add(e.customer())) {
        list.setString(1, e.customer());
        list.executeUpdate();
      }
    }
  }

  private interface Bind<T> {
    void bind(PreparedStatement to, int at, T row) throws SQLException;
  }

  /// One table and its two statements: of many rows and of one.
  private record Table<T>(
      PreparedStatement many, PreparedStatement one, int columns, int rows, Bind<T> bind) {
    Table(Connection connection, String head, int columns, int rows, Bind<T> bind)
        throws SQLException {
      this(
          connection.prepareStatement(sql(head, columns, rows)),
          connection.prepareStatement(sql(head, columns, 1)),
          columns,
          rows,
          bind);
    }

    void insert(List<T> all) throws SQLException {
      int i = 0;
      for (; i + rows <= all.size(); i += rows) {
        for (int r = 0; r < rows; r++) {
          bind.bind(many, r * columns, all.get(i + r));
        }
        many.executeUpdate();
      }
      for (; i < all.size(); i++) {
        bind.bind(one, 0, all.get(i));
        one.executeUpdate();
      }
    }

    private static String sql(String head, int columns, int rows) {
      String row = "(" + String.join(",", Collections.nCopies(columns, "?")) + ")";
      return head + String.join(",", Collections.nCopies(rows, row)) + " ON CONFLICT DO NOTHING";
    }
  }

  private void purchase(PreparedStatement to, int at, RetailLines.Row.Event e) throws SQLException {
    Purchase p = (Purchase) e.change();
    to.setString(at + 1, e.customer());
    to.setString(at + 2, p.id());
    to.setString(at + 3, p.sku());
    to.setString(at + 4, p.description());
    to.setLong(at + 5, p.quantity());
    to.setLong(at + 6, p.amountMinor());
    to.setString(at + 7, p.currency());
    to.setLong(at + 8, p.atMicros());
    to.setLong(at + 9, 4_611_686_018_427_387_905L);
    to.setLong(
        at + 10, bought.merge(e.customer(), 1, Integer::sum) > EventRows.LISTED_FROM ? 1 : 0);
  }

  private static void refund(PreparedStatement to, int at, RetailLines.Row.Event e)
      throws SQLException {
    Refund r = (Refund) e.change();
    to.setString(at + 1, e.customer());
    to.setString(at + 2, r.id());
    to.setString(at + 3, r.purchaseId());
    to.setString(at + 4, r.sku());
    to.setString(at + 5, r.description());
    to.setObject(at + 6, r.quantity());
    to.setLong(at + 7, r.amountMinor());
    to.setString(at + 8, r.currency());
    to.setString(at + 9, r.reason());
    to.setLong(at + 10, r.atMicros());
    to.setLong(at + 11, 4_611_686_018_427_387_905L);
    to.setLong(at + 12, 1_700_000_000_000L);
  }

  private static void letter(PreparedStatement to, int at, Letter l) throws SQLException {
    to.setString(at + 1, l.run());
    to.setLong(at + 2, l.line());
    to.setString(at + 3, l.reason());
    to.setString(at + 4, l.code());
    to.setString(at + 5, l.message());
    to.setString(at + 6, l.raw());
    to.setString(at + 7, l.profile());
    to.setString(at + 8, l.header());
    to.setString(at + 9, l.derivedId());
    to.setNull(at + 10, Types.VARCHAR);
    to.setLong(at + 11, l.atMillis());
  }
}
