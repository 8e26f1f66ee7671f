package dev.purser.database;

import dev.purser.faults.ServiceError;
import dev.purser.slots.Connector;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGProperty;
import org.postgresql.ds.PGSimpleDataSource;
import org.postgresql.jdbc.PgConnection;

/// PostgreSQL as a [Product]: a database of a server, or of whichever member of a cluster takes
/// writes. Safe for many threads.
///
/// @param workLimit the longest a unit of work may run; the server's own time limits equal it
/// @param lease of this node: without a row in the database it writes nothing
/// @param parts how the ledger is divided here
record PostgresProduct(
    PostgresUrl url,
    PostgresSettings settings,
    Duration workLimit,
    NodeLease lease,
    List<Ledger.Parts> parts)
    implements Product {

  PostgresProduct {
    parts = List.copyOf(parts);
  }

  /// The product as a tool uses it that owns nothing.
  PostgresProduct(PostgresUrl url, PostgresSettings settings, Duration workLimit) {
    this(url, settings, workLimit, NodeLease.unshared(), List.of());
  }

  @Override
  public Connector<Store> writer() {
    return new Connection(this, true);
  }

  @Override
  public Connector<Store> reader() {
    return new Connection(this, false);
  }

  /// The server has a process of its own for that.
  @Override
  public @Nullable Connector<Store> syncer() {
    return null;
  }

  @Override
  public @Nullable Checkpoints checkpoints() {
    return null;
  }

  @Override
  public boolean elastic() {
    return true;
  }

  /// The server's disk is not ours to look at; it says itself when it is full.
  @Override
  public Room room() {
    return new Room(Long.MAX_VALUE, 0);
  }

  static ServiceError meaning(Throwable failure) {
    return Product.meaning(
        failure,
        e -> new ServiceError.Database(PostgresErrors.cause(e), PostgresErrors.sentence(e)));
  }

  /// Connections with a limit on how long an answer may be silent, or without one for migrations.
  PGSimpleDataSource source(boolean limited) throws SQLException {
    PGSimpleDataSource source = new PGSimpleDataSource();
    source.setServerNames(url.hosts().toArray(String[]::new));
    source.setPortNumbers(url.ports().stream().mapToInt(Integer::intValue).toArray());
    source.setDatabaseName(url.database());
    source.setUser(url.user());
    source.setPassword(url.password());
    source.setApplicationName("purser");
    for (var property : url.properties().entrySet()) {
      source.setProperty(property.getKey(), property.getValue());
    }
    int connectSeconds = Math.toIntExact(settings.connectTimeout().toSeconds());
    source.setConnectTimeout(connectSeconds);
    source.setLoginTimeout(connectSeconds);
    // The server gives up first and says so; this is for a server that has fallen silent.
    source.setSocketTimeout(limited ? Math.toIntExact(workLimit.toSeconds() + 2) : 0);
    source.setTcpKeepAlive(true);
    source.setAssumeMinServerVersion("14");
    // Details of an error quote rows.
    source.setLogServerErrorDetail(false);
    if (url.hosts().size() > 1) {
      source.setProperty(PGProperty.TARGET_SERVER_TYPE, "primary");
      // A member that has just changed its part is asked anew.
      source.setProperty(PGProperty.HOST_RECHECK_SECONDS, "0");
    }
    return source;
  }

  private record Connection(PostgresProduct product, boolean writes) implements Connector<Store> {

    @Override
    public Store open() throws SQLException, InterruptedException {
      PgConnection connection = product.source(true).getConnection().unwrap(PgConnection.class);
      try {
        if (writes) {
          PostgresSchema.prepare(connection, product.source(false), product.settings.schema());
        }
        PostgresSession.begin(connection, product.settings.schema(), product.workLimit, writes);
        if (writes) {
          Ledger.divide(connection, product.parts);
          if (!product.lease.awaitEntered(product.settings.connectTimeout())) {
            throw new SQLException("this node has no row of its own in the database yet", "08001");
          }
        }
        return PostgresStore.on(connection, writes, product.lease);
      } catch (SQLException | InterruptedException | RuntimeException e) {
        try {
          connection.close();
        } catch (SQLException second) {
          e.addSuppressed(second);
        }
        throw e;
      }
    }

    @Override
    public void validate(Store store) throws SQLException {
      store.validate();
    }

    @Override
    public void interrupt(Store store) {
      store.interrupt();
    }

    @Override
    public void close(Store store) throws SQLException {
      store.close();
    }

    @Override
    public ServiceError explain(Throwable failure) {
      return meaning(failure);
    }
  }
}
