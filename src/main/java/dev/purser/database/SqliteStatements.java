package dev.purser.database;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// [Statements] of SQLite: lists of rows go in statements of the fixed sizes of [Shape#SIZES].
final class SqliteStatements extends Statements {

  SqliteStatements(Connection connection) {
    super(connection);
  }

  @Override
  <T> List<T> write(Shape shape, List<T> rows, Bind<T> bind) throws SQLException {
    List<T> doubtful = new ArrayList<>();
    for (int from = 0; from < rows.size(); ) {
      int size = largest(rows.size() - from);
      List<T> part = rows.subList(from, from + Shape.SIZES[size]);
      int touched =
          update(
              shape.values(size),
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

  /// The last key is repeated to fill a statement up.
  @Override
  <T> void among(Shape shape, List<T> keys, Bind<T> bind, Each each) throws SQLException {
    for (int from = 0; from < keys.size(); ) {
      int left = keys.size() - from;
      int size = padded(left);
      int first = from;
      each(
          shape.values(size),
          binder -> {
            for (int i = 0; i < Shape.SIZES[size]; i++) {
              bind.bind(binder, keys.get(Math.min(first + i, keys.size() - 1)));
            }
          },
          each);
      from += Math.min(left, Shape.SIZES[size]);
    }
  }

  @Override
  String equal(String column) {
    return column + " = ?";
  }

  @Override
  String indexedRaw(String column) {
    return column;
  }

  @Override
  String clock() {
    return "CAST(unixepoch('subsec') * 1000 AS INTEGER)";
  }

  @Override
  @Nullable String raw(ResultSet row, int column) throws SQLException {
    return row.getString(column);
  }

  @Override
  Binder binder(PreparedStatement statement) {
    return new Binder.ToMarks(statement);
  }

  private static int largest(int rows) {
    int i = 0;
    while (Shape.SIZES[i] > rows) {
      i++;
    }
    return i;
  }

  /// The smallest size that takes all of `keys` if at most half of it is padding.
  private static int padded(int keys) {
    int fits = largest(keys);
    return fits > 0 && Shape.SIZES[fits] < keys && Shape.SIZES[fits - 1] <= 2 * keys
        ? fits - 1
        : fits;
  }
}
