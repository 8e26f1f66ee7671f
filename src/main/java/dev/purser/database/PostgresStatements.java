package dev.purser.database;

import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.jdbc.PgConnection;

/// [Statements] of PostgreSQL: a list of rows is one statement and one round trip, each column an
/// array in the binary format.
final class PostgresStatements extends Statements {
  private final PGConnection connection;

  PostgresStatements(PgConnection connection) {
    super(connection);
    this.connection = connection;
  }

  @Override
  <T> List<T> write(Shape shape, List<T> rows, Bind<T> bind) throws SQLException {
    if (rows.isEmpty()) {
      return List.of();
    }
    int touched = update(shape.arrays(), binder -> bindAll((ToMarks) binder, rows, bind));
    return touched == rows.size() ? List.of() : rows;
  }

  @Override
  <T> void among(Shape shape, List<T> keys, Bind<T> bind, Each each) throws SQLException {
    if (!keys.isEmpty()) {
      each(shape.arrays(), binder -> bindAll((ToMarks) binder, keys, bind), each);
    }
  }

  /// An index entry takes 2,704 bytes at most, a text up to 4 KiB: the index holds its hash.
  @Override
  String equal(String column) {
    return "hashtextextended(%1$s, 0) = hashtextextended(?, 0) AND %1$s = ?".formatted(column);
  }

  @Override
  @Nullable String raw(ResultSet row, int column) throws SQLException {
    byte[] bytes = row.getBytes(column);
    return bytes == null ? null : new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  Binder binder(PreparedStatement statement) {
    return new ToMarks(statement);
  }

  private <T> void bindAll(ToMarks to, List<T> rows, Bind<T> bind) throws SQLException {
    Columns columns = new Columns(rows.size());
    for (T row : rows) {
      columns.nextRow();
      bind.bind(columns, row);
    }
    for (Column column : columns.columns) {
      to.statement.setArray(to.next(), connection.createArrayOf(column.type, column.values()));
    }
  }

  /// No text of the product can hold U+0000. The rules of the contract refuse it in what customers
  /// send; what is left are identifying texts of lines that could not be used.
  private static @Nullable String storable(@Nullable String text) {
    return text == null || text.indexOf('\0') < 0 ? text : text.replace('\0', '\ufffd');
  }

  private static byte @Nullable [] utf8(@Nullable String text) {
    return text == null ? null : text.getBytes(StandardCharsets.UTF_8);
  }

  private static final class ToMarks extends Binder.ToMarks {
    ToMarks(PreparedStatement statement) {
      super(statement);
    }

    @Override
    public Binder text(@Nullable String value) throws SQLException {
      return super.text(storable(value));
    }

    @Override
    public Binder raw(@Nullable String value) throws SQLException {
      statement.setBytes(next(), utf8(value));
      return this;
    }
  }

  /// The values of one column, as primitive numbers until the first null.
  private static final class Column {
    final String type;
    private final int rows;
    private final @Nullable Object @Nullable [] objects;
    private long @Nullable [] numbers;
    private @Nullable Long @Nullable [] nullable;

    Column(String type, int rows) {
      this.type = type;
      this.rows = rows;
      this.objects =
          switch (type) {
            case "text" -> new String[rows];
            case "bytea" -> new byte[rows][];
            default -> null;
          };
      this.numbers = objects == null ? new long[rows] : null;
    }

    void put(int row, @Nullable Object value) {
      if (objects != null) {
        objects[row] = value;
      }
    }

    void put(int row, long value) {
      if (numbers != null) {
        numbers[row] = value;
      } else if (nullable != null) {
        nullable[row] = value;
      }
    }

    void putNull(int row) {
      if (numbers != null) {
        nullable = new Long[rows];
        Arrays.setAll(nullable, i -> i < row ? numbers[i] : null);
        numbers = null;
      }
    }

    Object values() {
      return objects != null ? objects : numbers != null ? numbers : nullable;
    }
  }

  /// Turns rows into columns. The first row tells the columns' types.
  private static final class Columns implements Binder {
    final List<Column> columns = new ArrayList<>();
    private final int rows;
    private int row = -1;
    private int at;

    Columns(int rows) {
      this.rows = rows;
    }

    void nextRow() {
      row++;
      at = 0;
    }

    private Column column(String type) {
      if (row == 0) {
        columns.add(new Column(type, rows));
      }
      return columns.get(at++);
    }

    @Override
    public Binder text(@Nullable String value) {
      column("text").put(row, storable(value));
      return this;
    }

    @Override
    public Binder number(long value) {
      column("int8").put(row, value);
      return this;
    }

    @Override
    public Binder number(@Nullable Long value) {
      Column column = column("int8");
      if (value == null) {
        column.putNull(row);
      } else {
        column.put(row, (long) value);
      }
      return this;
    }

    @Override
    public Binder bytes(byte[] value) {
      column("bytea").put(row, value);
      return this;
    }

    @Override
    public Binder raw(@Nullable String value) {
      column("bytea").put(row, utf8(value));
      return this;
    }
  }
}
