package dev.purser.database;

import dev.purser.slots.Connector;
import dev.purser.slots.Work;
import java.util.function.BooleanSupplier;

/// The check of a connection that had nothing to do for long: a firewall may have forgotten it, or
/// its server may be gone. If it fails, it ends the session.
///
/// @param mostMillis the longest it may take
record CheckWork(Connector<Store> connector, long mostMillis) implements Work<Store> {

  @Override
  public void run(Store store, BooleanSupplier overran) throws Exception {
    connector.validate(store);
  }

  @Override
  public String name() {
    return "check";
  }

  @Override
  public long limitMillis(long usual) {
    return Math.min(usual, mostMillis);
  }
}
