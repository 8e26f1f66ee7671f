package dev.purser.database;

import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/// A store that passes everything on to a real one; tests override what is to go wrong.
class WrappedStore implements Store {
  final Store real;

  WrappedStore(Store real) {
    this.real = real;
  }

  @Override
  public Map<String, LoadReply.Loaded> load(List<String> customers) throws SQLException {
    return real.load(customers);
  }

  @Override
  public <T> T answer(Query<T> query) throws SQLException {
    return real.answer(query);
  }

  @Override
  public List<Result> apply(List<Write> writes) throws SQLException {
    return real.apply(writes);
  }

  @Override
  public void commit() throws SQLException {
    real.commit();
  }

  @Override
  public void syncLog() {
    real.syncLog();
  }

  @Override
  public Backlog backlog() throws SQLException {
    return real.backlog();
  }

  @Override
  public void copyLog() throws SQLException {
    real.copyLog();
  }

  @Override
  public boolean uncommitted(SQLException error) {
    return real.uncommitted(error);
  }

  @Override
  public void rollback() throws SQLException {
    real.rollback();
  }

  @Override
  public void validate() throws SQLException {
    real.validate();
  }

  @Override
  public void interrupt() {
    real.interrupt();
  }

  @Override
  public void close() throws SQLException {
    real.close();
  }
}
