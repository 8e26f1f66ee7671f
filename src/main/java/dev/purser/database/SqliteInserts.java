package dev.purser.database;

import dev.purser.faults.Escalated;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Inserts rows into SQLite, many a statement: crossing into native code is the cost.
final class SqliteInserts implements RowSink {
  /// Beyond this nothing is gained; with some twenty columns it is far below SQLite's limit of
  /// 32,766 values.
  private static final int ROWS = 64;

  /// Rows may be wide: these many bytes are a statement, too.
  private static final long BYTES = 1 << 20;

  private final Connection connection;
  private final Function<SQLException, Escalated> explain;
  private final String insert;
  private final String row;
  private final List<@Nullable Object> values = new ArrayList<>();
  private @Nullable PreparedStatement full;
  private int rows;
  private long bytes;

  SqliteInserts(
      Connection connection,
      CopyTable table,
      List<CopyColumn> columns,
      Function<SQLException, Escalated> explain) {
    this.connection = connection;
    this.explain = explain;
    StringJoiner names = new StringJoiner(", ", "INSERT INTO " + table.name() + " (", ") VALUES ");
    StringJoiner marks = new StringJoiner(", ", "(", ")");
    for (CopyColumn column : columns) {
      var _ = names.add(column.name());
      // Bound as bytes it stays as it is, U+0000 and all, and no String is made of it.
      var _ = marks.add(column.written() == CopyColumn.Kind.TEXT ? "CAST(? AS TEXT)" : "?");
    }
    this.insert = names.toString();
    this.row = marks.toString();
  }

  @Override
  public void bytes(CopyColumn column, byte @Nullable [] value) {
    values.add(value);
    bytes += value == null ? 0 : value.length;
  }

  @Override
  public void number(CopyColumn column, long value) {
    values.add(value);
  }

  @Override
  public void noNumber(CopyColumn column) {
    values.add(null);
  }

  @Override
  public void endRow() {
    if (++rows == ROWS || bytes >= BYTES) {
      flush();
    }
  }

  @Override
  public void end() {
    flush();
    close();
  }

  @Override
  public void abort() {
    close();
  }

  private void flush() {
    try {
      if (rows == ROWS) {
        if (full == null) {
          full = prepare();
        }
        execute(full);
      } else if (rows > 0) {
        try (PreparedStatement fewer = prepare()) {
          execute(fewer);
        }
      }
    } catch (SQLException e) {
      throw explain.apply(e);
    }
    values.clear();
    rows = 0;
    bytes = 0;
  }

  private PreparedStatement prepare() throws SQLException {
    return connection.prepareStatement(insert + (row + ", ").repeat(rows - 1) + row);
  }

  private void execute(PreparedStatement statement) throws SQLException {
    for (int i = 0; i < values.size(); i++) {
      if (values.get(i) instanceof Long number) {
        statement.setLong(i + 1, number);
      } else {
        statement.setBytes(i + 1, (byte[]) values.get(i));
      }
    }
    var _ = statement.executeUpdate();
  }

  private void close() {
    try {
      if (full != null) {
        full.close();
      }
    } catch (SQLException e) {
      throw explain.apply(e);
    }
  }
}
