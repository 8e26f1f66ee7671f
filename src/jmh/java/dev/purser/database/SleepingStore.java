package dev.purser.database;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;

/// A bare connection that answers every question about runs with 2 ms of the server's sleep.
record SleepingStore(Connection connection) implements Store {

  @Override
  public Map<String, LoadReply.Loaded> load(List<String> customers) {
    throw new IllegalStateException("it only answers questions");
  }

  @Override
  @SuppressWarnings("unchecked")
  public <T> T answer(Query<T> query) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute("SELECT pg_sleep(0.002)");
    }
    return (T) List.of();
  }

  @Override
  public List<Result> apply(List<Write> writes) {
    throw new IllegalStateException("it only answers questions");
  }

  @Override
  public void commit() {
    throw new IllegalStateException("it only answers questions");
  }

  @Override
  public boolean uncommitted(SQLException error) {
    return false;
  }

  @Override
  public void rollback() throws SQLException {
    connection.rollback();
  }

  @Override
  public void validate() throws SQLException {
    if (!connection.isValid(2)) {
      throw new SQLException("the connection is dead", "08006");
    }
  }

  @Override
  public void interrupt() {
    try {
      connection.abort(Runnable::run);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  @Override
  public void close() throws SQLException {
    connection.close();
  }
}
