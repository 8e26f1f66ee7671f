package dev.purser.database;

import java.nio.charset.StandardCharsets;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.jdbc.PgConnection;

/// [Statements] of PostgreSQL: a list of rows is one statement and one round trip, each column an
/// array in the binary format.
///
/// One row alone goes as plain values. The server takes an array that it does not know yet for ten
/// rows; a plan for one then always looks cheaper than the one it has kept, and it would plan the
/// statement anew each time, which takes longer than to execute it.
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
    int touched =
        rows.size() == 1
            ? update(shape.value(), binder -> bind.bind(binder, rows.getFirst()))
            : update(shape.arrays(), binder -> bindAll((ToMarks) binder, rows, bind));
    return touched == rows.size() ? List.of() : rows;
  }

  @Override
  <T> void among(Shape shape, List<T> keys, Bind<T> bind, Each each) throws SQLException {
    if (keys.size() == 1) {
      each(shape.value(), binder -> bind.bind(binder, keys.getFirst()), each);
    } else if (!keys.isEmpty()) {
      each(shape.arrays(), binder -> bindAll((ToMarks) binder, keys, bind), each);
    }
  }

  /// An index entry takes 2,704 bytes at most, a text up to 4 KiB: the index holds its hash.
  @Override
  String equal(String column) {
    return "hashtextextended(%1$s, 0) = hashtextextended(?, 0) AND %1$s = ?".formatted(column);
  }

  @Override
  String indexedRaw(String column) {
    return "sha256(" + column + ")";
  }

  @Override
  String clock() {
    return "(extract(epoch FROM clock_timestamp()) * 1000)::bigint";
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

  /// The values of one column.
  private abstract static class Column {
    final String type;

    Column(String type) {
      this.type = type;
    }

    /// An array that the driver knows how to send.
    abstract Object values();
  }

  private static final class Objects extends Column {
    private final @Nullable Object[] values;

    Objects(String type, @Nullable Object[] values) {
      super(type);
      this.values = values;
    }

    void put(int row, @Nullable Object value) {
      values[row] = value;
    }

    @Override
    Object values() {
      return values;
    }
  }

  /// Primitive numbers, unless one is null.
  private static final class Numbers extends Column {
    private final long[] values;
    private final BitSet nulls = new BitSet();

    Numbers(int rows) {
      super("int8");
      this.values = new long[rows];
    }

    void put(int row, @Nullable Long value) {
      if (value == null) {
        nulls.set(row);
      } else {
        values[row] = value;
      }
    }

    @Override
    Object values() {
      if (nulls.isEmpty()) {
        return values;
      }
      @Nullable Long[] boxed = new Long[values.length];
      Arrays.setAll(boxed, i -> nulls.get(i) ? null : values[i]);
      return boxed;
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

    private Column next(Supplier<Column> first) {
      if (row == 0) {
        columns.add(first.get());
      }
      return columns.get(at++);
    }

    private Binder put(Supplier<Column> first, @Nullable Object value) {
      ((Objects) next(first)).put(row, value);
      return this;
    }

    @Override
    public Binder text(@Nullable String value) {
      return put(() -> new Objects("text", new String[rows]), storable(value));
    }

    @Override
    public Binder number(long value) {
      ((Numbers) next(() -> new Numbers(rows))).values[row] = value;
      return this;
    }

    @Override
    public Binder number(@Nullable Long value) {
      ((Numbers) next(() -> new Numbers(rows))).put(row, value);
      return this;
    }

    @Override
    public Binder bytes(byte[] value) {
      return put(() -> new Objects("bytea", new byte[rows][]), value);
    }

    @Override
    public Binder raw(@Nullable String value) {
      return put(() -> new Objects("bytea", new byte[rows][]), utf8(value));
    }
  }
}
