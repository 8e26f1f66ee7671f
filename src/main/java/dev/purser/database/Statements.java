package dev.purser.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// The prepared statements of one connection, each prepared once; their number is bounded by the
/// code. Confined to the session that owns the connection.
///
/// What is SQL of every product is shared by all; a subclass knows how its product takes lists of
/// rows ([#write], [#among]) and the few expressions in which products differ.
abstract class Statements implements AutoCloseable {
  /// Rows of records fetched at once; some hundred bytes to 64 KiB each.
  private static final int RECORDS = 16;

  private final Connection connection;
  private final Map<String, PreparedStatement> prepared = new HashMap<>();

  Statements(Connection connection) {
    this.connection = connection;
  }

  /// Binds the values of a statement, or of one row of it.
  @FunctionalInterface
  interface Bind<T> {
    void bind(Binder to, T value) throws SQLException;
  }

  /// Binds the values of a statement.
  @FunctionalInterface
  interface BindAll {
    void bind(Binder to) throws SQLException;
  }

  /// Reads one row.
  @FunctionalInterface
  interface Read<T> {
    T read(ResultSet row) throws SQLException;
  }

  /// Reads one row into something.
  @FunctionalInterface
  interface Each {
    void read(ResultSet row) throws SQLException;
  }

  /// Uses a prepared statement.
  @FunctionalInterface
  interface Use<R> {
    R use(PreparedStatement statement) throws SQLException;
  }

  /// Writes all rows. Answers the rows of those statements that did not touch each of theirs.
  abstract <T> List<T> write(Shape shape, List<T> rows, Bind<T> bind) throws SQLException;

  /// Reads for all keys; the statement must not care about repeated keys.
  abstract <T> void among(Shape shape, List<T> keys, Bind<T> bind, Each each) throws SQLException;

  /// A condition that `column`, a text of any length, is a value, found by an index. The value is
  /// bound once for each question mark.
  abstract String equal(String column);

  /// What stands for `column`, written by [Binder#raw], in a unique index: an expression.
  abstract String indexedRaw(String column);

  /// The database's clock in milliseconds, an expression.
  abstract String clock();

  /// Reads what [Binder#raw] wrote.
  abstract @Nullable String raw(ResultSet row, int column) throws SQLException;

  abstract Binder binder(PreparedStatement statement);

  final int update(String sql, BindAll bind) throws SQLException {
    return with(
        sql,
        statement -> {
          bind.bind(binder(statement));
          return statement.executeUpdate();
        });
  }

  /// Runs one statement for each of `rows`, all of them in one round trip; answers how many rows
  /// they touched together.
  final <T> long updateAll(String sql, List<T> rows, Bind<T> bind) throws SQLException {
    return with(
        sql,
        statement -> {
          for (T row : rows) {
            bind.bind(binder(statement), row);
            statement.addBatch();
          }
          long touched = 0;
          for (int count : statement.executeBatch()) {
            touched += count;
          }
          return touched;
        });
  }

  final <T> List<T> list(String sql, BindAll bind, Read<T> read) throws SQLException {
    List<T> list = new ArrayList<>();
    each(sql, bind, row -> list.add(read.read(row)));
    return list;
  }

  /// The first records, up to the one with which they weigh `most` together.
  final <T> List<T> listUpTo(
      long most, ToLongFunction<T> weight, String sql, BindAll bind, Read<T> read)
      throws SQLException {
    return listUpTo(most, weight, RECORDS, sql, bind, read);
  }

  /// The first rows, up to the one that makes the page [Query#full].
  ///
  /// @param fetched rows fetched at once, so that what is not read is not fetched either
  final <T extends Query.PageRow> List<T> page(int fetched, String sql, BindAll bind, Read<T> read)
      throws SQLException {
    return listUpTo(Query.PAGE_CHARACTERS, Query.PageRow::characters, fetched, sql, bind, read);
  }

  private <T> List<T> listUpTo(
      long most, ToLongFunction<T> weight, int fetched, String sql, BindAll bind, Read<T> read)
      throws SQLException {
    return with(
        sql,
        statement -> {
          bind.bind(binder(statement));
          statement.setFetchSize(fetched);
          List<T> list = new ArrayList<>();
          try (ResultSet rows = statement.executeQuery()) {
            for (long weighed = 0; weighed < most && rows.next(); ) {
              T row = read.read(rows);
              list.add(row);
              weighed += weight.applyAsLong(row);
            }
          }
          return list;
        });
  }

  /// The first row, or null if there is none.
  final <T> @Nullable T first(String sql, BindAll bind, Read<T> read) throws SQLException {
    List<T> list = list(sql, bind, read);
    return list.isEmpty() ? null : list.getFirst();
  }

  /// The one row of a statement that always has one.
  final <T> T one(String sql, Read<T> read) throws SQLException {
    T row = first(sql, _ -> {}, read);
    if (row == null) {
      throw new SQLException("no row: " + sql);
    }
    return row;
  }

  /// Runs a statement whose shape is the question's own; it is not kept.
  final <T> List<T> once(String sql, BindAll bind, Read<T> read) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind.bind(binder(statement));
      try (ResultSet found = statement.executeQuery()) {
        List<T> rows = new ArrayList<>();
        while (found.next()) {
          rows.add(read.read(found));
        }
        return rows;
      }
    }
  }

  @Override
  public void close() throws SQLException {
    for (PreparedStatement statement : prepared.values()) {
      statement.close();
    }
    prepared.clear();
  }

  final void each(String sql, BindAll bind, Each each) throws SQLException {
    var _ =
        with(
            sql,
            statement -> {
              bind.bind(binder(statement));
              try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                  each.read(rows);
                }
              }
              return true;
            });
  }

  /// A driver may close a statement that has failed, so it is prepared anew the next time.
  final <R> R with(String sql, Use<R> use) throws SQLException {
    PreparedStatement statement = prepared.get(sql);
    if (statement == null) {
      statement = connection.prepareStatement(sql);
      prepared.put(sql, statement);
    }
    try {
      return use.use(statement);
    } catch (SQLException e) {
      prepared.remove(sql);
      try {
        statement.close();
      } catch (SQLException second) {
        e.addSuppressed(second);
      }
      throw e;
    }
  }
}
