package dev.purser.database;

import dev.purser.faults.ServiceError;
import dev.purser.slots.Connector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.List;

/// SQLite as a [Product]: one file. Safe for many threads.
///
/// @param parts how the ledger is divided here
record SqliteProduct(Path file, SqliteSettings settings, List<Ledger.Parts> parts)
    implements Product {

  SqliteProduct {
    parts = List.copyOf(parts);
  }

  /// The product as a tool uses it that owns nothing.
  SqliteProduct(Path file, SqliteSettings settings) {
    this(file, settings, List.of());
  }

  @Override
  public Connector<Store> writer() {
    return new Connection(this, SqliteStore.Role.WRITER);
  }

  @Override
  public Connector<Store> reader() {
    return new Connection(this, SqliteStore.Role.READER);
  }

  @Override
  public Connector<Store> syncer() {
    return new Connection(this, SqliteStore.Role.SYNCER);
  }

  @Override
  public Checkpoints checkpoints() {
    Connector<Store> connector = new Connection(this, SqliteStore.Role.CHECKPOINTER);
    return new Checkpoints(connector, settings.checkpointPages());
  }

  @Override
  public boolean elastic() {
    return false;
  }

  /// The last connection to close copies the log back and removes it, if it may write and no other
  /// closes at the same time: one that comes after all others is sure to. Who copies the file alone
  /// has everything then.
  @Override
  public void closed() throws SQLException {
    try (Store last = SqliteStore.open(file, settings, SqliteStore.Role.CHECKPOINTER)) {
      last.validate();
    }
  }

  @Override
  public Room room() throws IOException {
    Path folder = file.toAbsolutePath().getParent();
    long usable = Files.getFileStore(folder == null ? file : folder).getUsableSpace();
    Path log = file.resolveSibling(file.getFileName() + "-wal");
    return new Room(usable, Files.exists(log) ? Files.size(log) : 0);
  }

  static ServiceError meaning(Throwable failure) {
    return Product.meaning(
        failure, e -> new ServiceError.Database(SqliteErrors.cause(e), SqliteErrors.sentence(e)));
  }

  private record Connection(SqliteProduct product, SqliteStore.Role role)
      implements Connector<Store> {

    @Override
    public Store open() throws SQLException {
      return SqliteStore.open(product.file, product.settings, role, product.parts);
    }

    @Override
    public void validate(Store store) throws SQLException {
      store.validate();
      if (role == SqliteStore.Role.WRITER) {
        // SQLite opens a file that may not be written all the same, and lets a transaction begin:
        // only a statement that would write tells.
        var _ = store.apply(List.of(new Store.Write.OfChore(new Chore.DropLetter(0))));
        store.rollback();
      }
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
