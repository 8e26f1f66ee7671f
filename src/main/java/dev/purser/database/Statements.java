package dev.purser.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// The prepared statements of one connection, each prepared once. Their number is bounded by the
/// code: lists of values come in the few fixed sizes of [#SIZES]. Confined to the session that owns
/// the connection.
final class Statements implements AutoCloseable {
  /// How many rows or ids one statement takes. Crossing into native code is what costs, and beyond
  /// some tens of rows nothing more is saved.
  private static final int[] SIZES = {64, 16, 4, 1};

  private final Connection connection;
  private final Map<String, PreparedStatement> prepared = new HashMap<>();

  Statements(Connection connection) {
    this.connection = connection;
  }

  /// A statement over a list of rows: `head (..),(..) tail`, its texts made once for each size.
  static final class Shape {
    private final String[] sql = new String[SIZES.length];

    Shape(String head, String row, String tail) {
      for (int i = 0; i < SIZES.length; i++) {
        sql[i] = head + String.join(",", Collections.nCopies(SIZES[i], row)) + tail;
      }
    }
  }

  /// Binds one value after the other.
  static final class Binder {
    private final PreparedStatement statement;
    private int at;

    private Binder(PreparedStatement statement) {
      this.statement = statement;
    }

    Binder text(@Nullable String value) throws SQLException {
      statement.setString(++at, value);
      return this;
    }

    Binder number(long value) throws SQLException {
      statement.setLong(++at, value);
      return this;
    }

    Binder number(@Nullable Long value) throws SQLException {
      statement.setObject(++at, value);
      return this;
    }

    Binder bytes(byte[] value) throws SQLException {
      statement.setBytes(++at, value);
      return this;
    }
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
  private interface Use<R> {
    R use(PreparedStatement statement) throws SQLException;
  }

  int update(String sql, BindAll bind) throws SQLException {
    return with(
        sql,
        statement -> {
          bind.bind(new Binder(statement));
          return statement.executeUpdate();
        });
  }

  <T> List<T> list(String sql, BindAll bind, Read<T> read) throws SQLException {
    List<T> list = new ArrayList<>();
    each(sql, bind, row -> list.add(read.read(row)));
    return list;
  }

  /// The first rows, up to the one with which they weigh `most` together.
  <T> List<T> listUpTo(long most, ToLongFunction<T> weight, String sql, BindAll bind, Read<T> read)
      throws SQLException {
    return with(
        sql,
        statement -> {
          bind.bind(new Binder(statement));
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
  <T> @Nullable T first(String sql, BindAll bind, Read<T> read) throws SQLException {
    List<T> list = list(sql, bind, read);
    return list.isEmpty() ? null : list.getFirst();
  }

  /// Runs a statement whose shape is the question's own; it is not kept.
  <T> List<T> once(String sql, BindAll bind, Read<T> read) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      bind.bind(new Binder(statement));
      try (ResultSet found = statement.executeQuery()) {
        List<T> rows = new ArrayList<>();
        while (found.next()) {
          rows.add(read.read(found));
        }
        return rows;
      }
    }
  }

  /// Writes all rows, in statements of fixed sizes. Answers the rows of those statements that did
  /// not touch each of theirs.
  <T> List<T> write(Shape shape, List<T> rows, Bind<T> bind) throws SQLException {
    List<T> doubtful = new ArrayList<>();
    for (int from = 0; from < rows.size(); ) {
      int size = largest(rows.size() - from);
      List<T> part = rows.subList(from, from + SIZES[size]);
      int touched =
          update(
              shape.sql[size],
              binder -> {
                for (T value : part) {
                  bind.bind(binder, value);
                }
              });
      if (touched != part.size()) {
        doubtful.addAll(part);
      }
      from += part.size();
    }
    return doubtful;
  }

  /// Reads for all keys, in statements of fixed sizes; the last key is repeated to fill one up, so
  /// the statement must not care about repeated keys.
  <T> void among(Shape shape, List<T> keys, Bind<T> bind, Each each) throws SQLException {
    for (int from = 0; from < keys.size(); ) {
      int left = keys.size() - from;
      int size = padded(left);
      int first = from;
      each(
          shape.sql[size],
          binder -> {
            for (int i = 0; i < SIZES[size]; i++) {
              bind.bind(binder, keys.get(Math.min(first + i, keys.size() - 1)));
            }
          },
          each);
      from += Math.min(left, SIZES[size]);
    }
  }

  @Override
  public void close() throws SQLException {
    for (PreparedStatement statement : prepared.values()) {
      statement.close();
    }
    prepared.clear();
  }

  private void each(String sql, BindAll bind, Each each) throws SQLException {
    var _ =
        with(
            sql,
            statement -> {
              bind.bind(new Binder(statement));
              try (ResultSet rows = statement.executeQuery()) {
                while (rows.next()) {
                  each.read(rows);
                }
              }
              return true;
            });
  }

  /// The driver closes a statement that has failed, so it is prepared anew the next time.
  private <R> R with(String sql, Use<R> use) throws SQLException {
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

  private static int largest(int rows) {
    int i = 0;
    while (SIZES[i] > rows) {
      i++;
    }
    return i;
  }

  /// The smallest size that takes all of `keys` if at most half of it is padding.
  private static int padded(int keys) {
    int fits = largest(keys);
    return fits > 0 && SIZES[fits] < keys && SIZES[fits - 1] <= 2 * keys ? fits - 1 : fits;
  }
}
