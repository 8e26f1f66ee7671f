package dev.purser.database;

import dev.purser.faults.Escalated;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A database that a copy reads or writes, by a connection of its own. What SQL of both products is
/// alike is here. Errors of the driver come out as [Escalated], naming the database. Confined to
/// one thread.
abstract class CopySide implements AutoCloseable {
  private static final int PAGE_ROWS = 10_000;

  /// A page of wide rows ends earlier.
  private static final long PAGE_BYTES = 8 << 20;

  private final String shown;

  CopySide(String shown) {
    this.shown = shown;
  }

  /// Asks the database.
  @FunctionalInterface
  interface Asking<T> {
    T ask() throws SQLException;
  }

  /// Rows read at once.
  ///
  /// @param last the key of the last one, or null if there was none
  record Page(@Nullable List<Object> last, long rows) {}

  abstract Connection connection();

  abstract String sentence(SQLException error);

  abstract SchemaMark mark();

  /// The schema's version that this side's product must have.
  abstract int version();

  /// Brings an empty database to the newest schema.
  abstract void migrate();

  /// Refuses if somebody else uses the database.
  abstract void alone();

  /// The statement that marks the tables as an unfinished copy's, or as whole.
  abstract String marking(boolean whole);

  /// Prepares the connection for pages: read ones, or written ones that need not be durable before
  /// the last.
  abstract void settle(boolean writes);

  /// Lets the next commit, and all before it, be durable.
  abstract void durable();

  abstract List<CopyColumn.Found> columns(CopyTable table);

  /// How a column is selected so that the driver gives its bytes.
  abstract String selected(CopyColumn column);

  abstract RowSink sink(CopyTable table, List<CopyColumn> columns);

  /// The highest number that the database has given in `table`, 0 if none.
  abstract long numbered(CopyTable table);

  /// Lets the next number be above `last`.
  abstract void numbered(CopyTable table, long last);

  /// Whether texts of the product can hold U+0000.
  abstract boolean holdsZero();

  /// What an operator may be shown of the URL.
  final String shown() {
    return shown;
  }

  final Escalated explain(SQLException e) {
    return new Escalated(shown + ": " + sentence(e), e);
  }

  final <T> T ask(Asking<T> asking) {
    try {
      return asking.ask();
    } catch (SQLException e) {
      throw explain(e);
    }
  }

  final void run(String... statements) {
    var _ =
        ask(
            () -> {
              try (Statement statement = connection().createStatement()) {
                for (String sql : statements) {
                  statement.execute(sql);
                }
              }
              return true;
            });
  }

  /// The columns of a query's only row, or of its first.
  final <T> T one(String sql, Statements.Read<T> read) {
    return list(sql, read).getFirst();
  }

  final <T> List<T> list(String sql, Statements.Read<T> read) {
    return ask(
        () -> {
          try (Statement statement = connection().createStatement();
              ResultSet row = statement.executeQuery(sql)) {
            List<T> rows = new ArrayList<>();
            while (row.next()) {
              rows.add(read.read(row));
            }
            return rows;
          }
        });
  }

  /// One statement after the other is a transaction of its own, or all until [#commit()].
  final void autoCommit(boolean on) {
    var _ =
        ask(
            () -> {
              connection().setAutoCommit(on);
              return true;
            });
  }

  final void commit() {
    var _ =
        ask(
            () -> {
              connection().commit();
              return true;
            });
  }

  final long count(CopyTable table) {
    return one("SELECT count(*) FROM " + table.name(), row -> row.getLong(1));
  }

  /// The highest key of a table, or null if it is empty.
  final @Nullable List<Object> highest(CopyTable table, List<CopyColumn> columns) {
    String sql =
        "SELECT "
            + table.keys()
            + " FROM "
            + table.name()
            + " ORDER BY "
            + String.join(" DESC, ", table.key())
            + " DESC LIMIT 1";
    List<List<Object>> found =
        list(
            sql,
            row -> {
              List<Object> key = new ArrayList<>();
              for (String name : table.key()) {
                int at = key.size() + 1;
                key.add(
                    switch (column(columns, name).read()) {
                      case TEXT -> row.getString(at);
                      case BYTES -> row.getBytes(at);
                      case LONG, INT, SHORT -> row.getLong(at);
                    });
              }
              return key;
            });
    return found.isEmpty() ? null : found.getFirst();
  }

  private static CopyColumn column(List<CopyColumn> columns, String name) {
    return columns.stream().filter(c -> c.name().equals(name)).findFirst().orElseThrow();
  }

  /// Gives the rows after the key `after` to `sink`, as many as a page has, and ends the
  /// transaction that they are read in.
  final Page page(
      CopyTable table, List<CopyColumn> columns, @Nullable List<Object> after, RowSink sink) {
    return ask(
        () -> {
          try (PreparedStatement statement =
              connection().prepareStatement(select(table, columns, after != null))) {
            int at = 0;
            for (Object key : after == null ? List.<Object>of() : after) {
              bind(statement, ++at, key);
            }
            statement.setInt(++at, PAGE_ROWS);
            statement.setFetchSize(table.fetched());
            Page page;
            try (ResultSet rows = statement.executeQuery()) {
              page = read(rows, table, columns, sink);
            }
            if (!connection().getAutoCommit()) {
              connection().commit();
            }
            return page;
          }
        });
  }

  private String select(CopyTable table, List<CopyColumn> columns, boolean after) {
    String marks = String.join(", ", Collections.nCopies(table.key().size(), "?"));
    return "SELECT "
        + String.join(", ", columns.stream().map(this::selected).toList())
        + " FROM "
        + table.name()
        + (after ? " WHERE (" + table.keys() + ") > (" + marks + ")" : "")
        + " ORDER BY "
        + table.keys()
        + " LIMIT ?";
  }

  private static void bind(PreparedStatement statement, int at, Object key) throws SQLException {
    switch (key) {
      case String text -> statement.setString(at, text);
      case byte[] bytes -> statement.setBytes(at, bytes);
      default -> statement.setLong(at, (Long) key);
    }
  }

  private static Page read(ResultSet rows, CopyTable table, List<CopyColumn> columns, RowSink sink)
      throws SQLException {
    CopyKey key = new CopyKey(table, columns);
    long read = 0;
    long bytes = 0;
    while (bytes < PAGE_BYTES && rows.next()) {
      for (int i = 0; i < columns.size(); i++) {
        CopyColumn column = columns.get(i);
        if (column.read().number()) {
          long number = rows.getLong(i + 1);
          if (number == 0 && rows.wasNull()) {
            sink.noNumber(column);
          } else {
            sink.number(column, number);
            key.number(i, number);
          }
        } else {
          byte[] value = rows.getBytes(i + 1);
          bytes += value == null ? 0 : value.length;
          sink.bytes(column, value);
          key.bytes(i, value);
        }
      }
      sink.endRow();
      read++;
    }
    return new Page(read == 0 ? null : key.last(), read);
  }

  @Override
  public void close() {
    var _ =
        ask(
            () -> {
              connection().close();
              return true;
            });
  }
}
