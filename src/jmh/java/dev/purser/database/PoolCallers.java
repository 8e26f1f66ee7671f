package dev.purser.database;

import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.purser.ledger.Profile;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Totals;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.Supplier;

/// The baseline: virtual threads that borrow from HikariCP with 10 connections and execute, for one
/// customer, the statements of [CustomerRows], [PostgresFences] and [EventRows] with plain values,
/// which is what costs least for one row.
final class PoolCallers implements AutoCloseable {
  private static final int CONNECTIONS = 10;

  private final HikariDataSource reading;
  private final HikariDataSource writing;

  PoolCallers(String url) {
    this.reading = pool(url, true);
    this.writing = pool(url, false);
  }

  /// Sessions are set up as ours are, as far as it matters to speed.
  private static HikariDataSource pool(String url, boolean autoCommit) {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url + "?currentSchema=purser");
    config.setUsername("postgres");
    config.setMinimumIdle(CONNECTIONS);
    config.setMaximumPoolSize(CONNECTIONS);
    config.setAutoCommit(autoCommit);
    config.setConnectionInitSql("SET enable_seqscan = off; SET jit = off");
    return new HikariDataSource(config);
  }

  private interface Step {
    void run() throws SQLException;
  }

  /// Loads in a loop, as many callers as there are suppliers of ids.
  Latencies.Pace loads(List<Supplier<String>> callers, double seconds) throws Exception {
    return run(callers.stream().<Step>map(next -> () -> load(next.get())).toList(), seconds);
  }

  /// Saves in a loop, as many callers as there are spenders.
  Latencies.Pace saves(List<Spender> callers, double seconds) throws Exception {
    return run(callers.stream().<Step>map(spender -> () -> save(spender)).toList(), seconds);
  }

  private static Latencies.Pace run(List<Step> callers, double seconds) throws Exception {
    List<Latencies> latencies = new ArrayList<>();
    List<Future<?>> running = new ArrayList<>();
    long start = System.nanoTime();
    long end = start + (long) (seconds * 1e9);
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      for (Step step : callers) {
        Latencies mine = new Latencies();
        latencies.add(mine);
        running.add(threads.submit(() -> loop(step, mine, end)));
      }
    }
    double took = (System.nanoTime() - start) / 1e9;
    for (Future<?> caller : running) {
      failIfFailed(caller);
    }
    return Latencies.pace(latencies, took);
  }

  private static void failIfFailed(Future<?> caller) throws Exception {
    try {
      caller.get();
    } catch (ExecutionException e) {
      throw new IllegalStateException("a caller failed", e);
    }
  }

  private static boolean loop(Step step, Latencies latencies, long end) throws SQLException {
    for (long now = System.nanoTime(); now < end; ) {
      step.run();
      long then = System.nanoTime();
      latencies.add(then - now);
      now = then;
    }
    return true;
  }

  private void load(String customer) throws SQLException {
    try (Connection c = reading.getConnection();
        PreparedStatement load = c.prepareStatement(CustomerRows.LOAD.value())) {
      load.setString(1, customer);
      read(load);
    }
  }

  /// Takes all columns of all rows, as whoever made a profile of them would.
  private static void read(PreparedStatement load) throws SQLException {
    long sum = 0;
    try (ResultSet rows = load.executeQuery()) {
      while (rows.next()) {
        for (int i = 1; i <= 3; i++) {
          String text = rows.getString(i);
          sum += text == null ? 0 : text.length();
        }
        for (int i = 4; i <= 9; i++) {
          sum += rows.getLong(i);
        }
      }
    }
    if (sum == 0) {
      throw new IllegalStateException("a customer was not found");
    }
  }

  private void save(Spender spender) throws SQLException {
    CustomerSave save = spender.next();
    try (Connection c = writing.getConnection()) {
      fence(c, save);
      purchase(c, save);
      Profile after = Spender.after(save);
      customer(c, save, after);
      totals(c, after);
      c.commit();
      spender.saved(after);
    }
  }

  private static void fence(Connection c, CustomerSave save) throws SQLException {
    try (PreparedStatement lock = c.prepareStatement(PostgresFences.LOCK.value())) {
      lock.setString(1, save.customer());
      try (ResultSet row = lock.executeQuery()) {
        if (!row.next() || row.getLong(2) != save.base().version()) {
          throw new IllegalStateException("the fence missed");
        }
      }
    }
  }

  private static void purchase(Connection c, CustomerSave save) throws SQLException {
    Purchase p = (Purchase) save.changes().getFirst();
    try (PreparedStatement insert = c.prepareStatement(EventRows.INSERT_PURCHASES.value())) {
      insert.setString(1, save.customer());
      insert.setString(2, p.id());
      insert.setString(3, p.sku());
      insert.setString(4, p.description());
      insert.setLong(5, p.quantity());
      insert.setLong(6, p.amountMinor());
      insert.setString(7, p.currency());
      insert.setLong(8, p.atMicros());
      insert.setLong(9, save.changeId());
      insert.setLong(10, 0);
      one(insert);
    }
  }

  private static void customer(Connection c, CustomerSave save, Profile after) throws SQLException {
    try (PreparedStatement put = c.prepareStatement(CustomerRows.PUT_CUSTOMERS.value())) {
      put.setString(1, after.id());
      put.setLong(2, after.version());
      put.setLong(3, save.changeId());
      put.setLong(4, 0);
      put.setObject(5, after.firstPurchaseAtMicros());
      put.setObject(6, after.lastPurchaseAtMicros());
      one(put);
    }
  }

  private static void totals(Connection c, Profile after) throws SQLException {
    Totals t = after.totals("GBP");
    try (PreparedStatement put = c.prepareStatement(CustomerRows.PUT_TOTALS.value())) {
      put.setString(1, after.id());
      put.setString(2, t.currency());
      put.setLong(3, t.purchases());
      put.setLong(4, t.grossMinor());
      put.setLong(5, t.refunds());
      put.setLong(6, t.pendingRefunds());
      put.setLong(7, t.pendingMinor());
      put.setLong(8, t.settledMinor());
      one(put);
    }
  }

  private static void one(PreparedStatement statement) throws SQLException {
    if (statement.executeUpdate() != 1) {
      throw new IllegalStateException("not one row");
    }
  }

  @Override
  public void close() {
    reading.close();
    writing.close();
  }
}
