package dev.purser.database;

import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import dev.purser.testing.Postgres;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.postgresql.Driver;
import org.postgresql.PGConnection;

/// The store on PostgreSQL, fed as a group commit feeds it, beside bare loaders of one thread that
/// write the same events and letters into the same tables, synced commits of 1,000 lines, by each
/// statement shape there is. Prints rows a second of all and the ratios to the store, alternating
/// so that all see the same machine.
///
/// Run: `java -cp <test class path> dev.purser.database.PostgresLoader FOLDER [rounds]`
public final class PostgresLoader {
  private static final int COMMIT_LINES = 1_000;

  /// How the baselines write rows.
  public enum How {
    /// One array a column.
    UNNEST,
    /// The driver's rewritten batches: `VALUES (...), (...)`.
    REWRITTEN,
    /// `COPY`, which knows no `ON CONFLICT`: a repeated line would fail it.
    COPY
  }

  private record Table(String name, List<String> columns, List<String> types) {
    String head() {
      return name + " (" + String.join(", ", columns) + ")";
    }
  }

  private static final Table PURCHASES =
      new Table(
          "purchases",
          List.of(
              "customer",
              "id",
              "sku",
              "description",
              "quantity",
              "amount_minor",
              "currency",
              "at_micros",
              "change_id",
              "listed"),
          List.of("text", "text", "text", "text", "int8", "int8", "text", "int8", "int8", "int8"));
  private static final Table REFUNDS =
      new Table(
          "refunds",
          List.of(
              "customer",
              "id",
              "purchase_id",
              "sku",
              "description",
              "quantity",
              "amount_minor",
              "currency",
              "reason",
              "at_micros",
              "change_id",
              "version"),
          List.of(
              "text", "text", "text", "text", "text", "int8", "int8", "text", "text", "int8",
              "int8", "int8"));
  private static final Table LETTERS =
      new Table(
          "letters",
          List.of(
              "run",
              "line",
              "reason",
              "code",
              "message",
              "raw",
              "profile",
              "header",
              "derived_id",
              "customer",
              "at_millis"),
          List.of(
              "text", "int8", "text", "text", "text", "bytea", "text", "bytea", "text", "text",
              "int8"));

  private final Connection connection;
  private final How how;
  private final Map<String, Integer> bought = new HashMap<>();
  private final Set<String> listed = new HashSet<>();

  private PostgresLoader(Connection connection, How how) {
    this.connection = connection;
    this.how = how;
  }

  public static void main(String[] args) throws Exception {
    Path folder = Path.of(args[0]);
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 2;
    for (int i = 0; i < rounds; i++) {
      Map<How, BareLoader.Pace> bare = new EnumMap<>(How.class);
      for (How how : How.values()) {
        bare.put(how, load(folder, how));
      }
      BareLoader.Pace ours = ours(folder);
      System.out.println("store: " + ours);
      bare.forEach(
          (how, pace) ->
              System.out.printf(
                  "bare %s: %s; store/bare %.2f%n",
                  how, pace, ours.rowsPerSecond() / pace.rowsPerSecond()));
    }
    System.exit(0);
  }

  private static PostgresProduct product(String database) {
    return new PostgresProduct(
        PostgresUrl.parse(Postgres.shared().url(database)),
        new PostgresSettings("purser", Duration.ofSeconds(5)),
        Duration.ofSeconds(60));
  }

  private static BareLoader.Pace ours(Path folder) throws Exception {
    String database = Postgres.shared().freshDatabase();
    try (Store store = product(database).writer().open()) {
      return StoreLoader.load(store, store, folder, COMMIT_LINES);
    }
  }

  /// Loads all parts into a database of [Postgres#shared] that holds the same lines under other
  /// invoices already, as the service's does when it is measured; the time is that of the second
  /// load.
  public static BareLoader.Pace load(Path folder, How how) throws Exception {
    String database = Postgres.shared().freshDatabase();
    product(database).writer().open().close();
    Properties properties = new Properties();
    properties.setProperty("user", "postgres");
    properties.setProperty("currentSchema", "purser");
    properties.setProperty("reWriteBatchedInserts", "true");
    String url = "jdbc:postgresql://127.0.0.1:" + Postgres.shared().port() + "/" + database;
    try (Connection connection = new Driver().connect(url, properties)) {
      connection.setAutoCommit(false);
      PostgresLoader loader = new PostgresLoader(connection, how);
      new RetailLines("W").read(folder, COMMIT_LINES, loader::write);
      return BareLoader.Pace.of(
          () -> {
            long[] rows = {0};
            new RetailLines().read(folder, COMMIT_LINES, chunk -> rows[0] += loader.write(chunk));
            return rows[0];
          });
    }
  }

  private int write(List<RetailLines.Row> chunk) {
    List<@Nullable Object[]> purchased = new ArrayList<>();
    List<@Nullable Object[]> refunded = new ArrayList<>();
    List<@Nullable Object[]> dead = new ArrayList<>();
    for (RetailLines.Row row : chunk) {
      switch (row) {
        case RetailLines.Row.Event e when e.change() instanceof Purchase p ->
            purchased.add(row(e.customer(), p));
        case RetailLines.Row.Event e -> refunded.add(row(e.customer(), (Refund) e.change()));
        case RetailLines.Row.Dead d -> dead.add(row(d.letter()));
      }
    }
    try {
      insert(PURCHASES, purchased);
      list(purchased);
      insert(REFUNDS, refunded);
      insert(LETTERS, dead);
      connection.commit();
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
    return chunk.size();
  }

  /// Lists the purchases of customers that have become ones of many, as the service does.
  private void list(List<@Nullable Object[]> purchased) throws SQLException {
    for (@Nullable Object[] row : purchased) {
      if (row[0] instanceof String customer
          && bought.getOrDefault(customer, 0) >= EventRows.LISTED_FROM
          && listed.add(customer)) {
        try (PreparedStatement list =
            connection.prepareStatement("UPDATE purchases SET listed = 1 WHERE customer = ?")) {
          list.setString(1, customer);
          list.executeUpdate();
        }
      }
    }
  }

  private void insert(Table table, List<@Nullable Object[]> rows) throws Exception {
    if (rows.isEmpty()) {
      return;
    }
    switch (how) {
      case UNNEST -> unnest(table, rows);
      case REWRITTEN -> batch(table, rows);
      case COPY -> copy(table, rows);
    }
  }

  private static String marks(Table table) {
    return String.join(",", Collections.nCopies(table.columns.size(), "?"));
  }

  private void unnest(Table table, List<@Nullable Object[]> rows) throws SQLException {
    String sql =
        "INSERT INTO %s SELECT * FROM unnest(%s) ON CONFLICT DO NOTHING"
            .formatted(table.head(), marks(table));
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int c = 0; c < table.columns.size(); c++) {
        String type = table.types.get(c);
        @Nullable Object[] values =
            switch (type) {
              case "text" -> new String[rows.size()];
              case "int8" -> new Long[rows.size()];
              default -> new byte[rows.size()][];
            };
        for (int r = 0; r < values.length; r++) {
          values[r] = rows.get(r)[c];
        }
        statement.setArray(c + 1, connection.createArrayOf(type, values));
      }
      statement.executeUpdate();
    }
  }

  private void batch(Table table, List<@Nullable Object[]> rows) throws SQLException {
    String sql =
        "INSERT INTO %s VALUES (%s) ON CONFLICT DO NOTHING".formatted(table.head(), marks(table));
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (@Nullable Object[] row : rows) {
        for (int c = 0; c < row.length; c++) {
          if (row[c] == null) {
            statement.setNull(
                c + 1,
                table.types.get(c).equals("int8") ? java.sql.Types.BIGINT : java.sql.Types.VARCHAR);
          } else {
            statement.setObject(c + 1, row[c]);
          }
        }
        statement.addBatch();
      }
      statement.executeBatch();
    }
  }

  private void copy(Table table, List<@Nullable Object[]> rows) throws Exception {
    StringBuilder text = new StringBuilder(rows.size() * 128);
    for (@Nullable Object[] row : rows) {
      for (int c = 0; c < row.length; c++) {
        text.append(c == 0 ? "" : "\t");
        switch (row[c]) {
          case null -> text.append("\\N");
          case byte[] bytes -> text.append("\\\\x").append(HexFormat.of().formatHex(bytes));
          case String s -> text.append(s.replace("\\", "\\\\").replace("\t", "\\t"));
          case Object number -> text.append(number);
        }
      }
      text.append('\n');
    }
    connection
        .unwrap(PGConnection.class)
        .getCopyAPI()
        .copyIn(
            "COPY " + table.head() + " FROM STDIN",
            new java.io.ByteArrayInputStream(text.toString().getBytes(StandardCharsets.UTF_8)));
  }

  private @Nullable Object[] row(String customer, Purchase p) {
    bought.merge(customer, 1, Integer::sum);
    return new @Nullable Object[] {
      customer,
      p.id(),
      p.sku(),
      p.description(),
      p.quantity(),
      p.amountMinor(),
      p.currency(),
      p.atMicros(),
      4_611_686_018_427_387_905L,
      listed.contains(customer) ? 1L : 0L
    };
  }

  private static @Nullable Object[] row(String customer, Refund r) {
    return new @Nullable Object[] {
      customer,
      r.id(),
      r.purchaseId(),
      r.sku(),
      r.description(),
      r.quantity(),
      r.amountMinor(),
      r.currency(),
      r.reason(),
      r.atMicros(),
      4_611_686_018_427_387_905L,
      1_700_000_000_000L
    };
  }

  private static @Nullable Object[] row(Letter l) {
    String header = l.header() == null ? "" : l.header();
    return new @Nullable Object[] {
      l.run(),
      l.line(),
      l.reason(),
      l.code(),
      l.message(),
      l.raw().getBytes(StandardCharsets.UTF_8),
      l.profile(),
      header.getBytes(StandardCharsets.UTF_8),
      l.derivedId(),
      null,
      l.atMillis()
    };
  }
}
