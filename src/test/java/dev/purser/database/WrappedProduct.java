package dev.purser.database;

import dev.purser.faults.ServiceError;
import dev.purser.slots.Connector;
import java.nio.file.Path;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// A product whose connections are wrapped, and whose room a test may set.
final class WrappedProduct implements Product {
  private final Product real;
  private final UnaryOperator<Store> writers;
  private final UnaryOperator<Store> readers;
  private boolean elastic;
  volatile UnaryOperator<Store> checkpointers = s -> s;
  volatile UnaryOperator<Store> syncers = s -> s;
  volatile long usable = Long.MAX_VALUE;

  WrappedProduct(Product real, UnaryOperator<Store> writers, UnaryOperator<Store> readers) {
    this.real = real;
    this.writers = writers;
    this.readers = readers;
    this.elastic = real.elastic();
  }

  /// The file, taken for a server whose connections come and go.
  static WrappedProduct elastic(
      Path file,
      SqliteSettings settings,
      UnaryOperator<Store> writers,
      UnaryOperator<Store> readers) {
    WrappedProduct product =
        new WrappedProduct(new SqliteProduct(file, settings), writers, readers);
    product.elastic = true;
    return product;
  }

  @Override
  public Connector<Store> writer() {
    return new Wrapped(real.writer(), writers);
  }

  @Override
  public Connector<Store> reader() {
    return new Wrapped(real.reader(), readers);
  }

  @Override
  public @Nullable Connector<Store> syncer() {
    Connector<Store> syncer = elastic ? null : real.syncer();
    return syncer == null ? null : new Wrapped(syncer, s -> syncers.apply(s));
  }

  @Override
  public @Nullable Checkpoints checkpoints() {
    Checkpoints checkpoints = elastic ? null : real.checkpoints();
    return checkpoints == null
        ? null
        : new Checkpoints(
            new Wrapped(checkpoints.connector(), s -> checkpointers.apply(s)),
            checkpoints.fromPages());
  }

  @Override
  public boolean elastic() {
    return elastic;
  }

  @Override
  public void closed() throws Exception {
    real.closed();
  }

  @Override
  public Room room() throws Exception {
    return new Room(usable, real.room().log());
  }

  private record Wrapped(Connector<Store> real, UnaryOperator<Store> wrap)
      implements Connector<Store> {
    @Override
    public Store open() throws Exception {
      return wrap.apply(real.open());
    }

    @Override
    public void validate(Store store) throws Exception {
      if (store instanceof WrappedStore w) {
        w.validate();
        real.validate(w.real);
      } else {
        real.validate(store);
      }
    }

    @Override
    public void interrupt(Store store) {
      store.interrupt();
    }

    @Override
    public void close(Store store) throws Exception {
      store.close();
    }

    @Override
    public ServiceError explain(Throwable failure) {
      return real.explain(failure);
    }
  }
}
