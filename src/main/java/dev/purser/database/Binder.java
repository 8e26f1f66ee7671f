package dev.purser.database;

import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.jspecify.annotations.Nullable;

/// Takes the values of a statement, or of one row of it, one after the other. Confined to the
/// session that owns the connection.
interface Binder {

  Binder text(@Nullable String value) throws SQLException;

  Binder number(long value) throws SQLException;

  Binder number(@Nullable Long value) throws SQLException;

  Binder bytes(byte[] value) throws SQLException;

  /// Text that came from outside and obeys no rule: it comes back as it is, U+0000 and all. Its
  /// column is read by [Statements#raw].
  Binder raw(@Nullable String value) throws SQLException;

  /// Binds to the question marks of a statement, in their order.
  class ToMarks implements Binder {
    final PreparedStatement statement;
    private int at;

    ToMarks(PreparedStatement statement) {
      this.statement = statement;
    }

    /// The question mark that is bound next.
    final int next() {
      return ++at;
    }

    @Override
    public Binder text(@Nullable String value) throws SQLException {
      statement.setString(next(), value);
      return this;
    }

    @Override
    public Binder number(long value) throws SQLException {
      statement.setLong(next(), value);
      return this;
    }

    @Override
    public Binder number(@Nullable Long value) throws SQLException {
      statement.setObject(next(), value);
      return this;
    }

    @Override
    public Binder bytes(byte[] value) throws SQLException {
      statement.setBytes(next(), value);
      return this;
    }

    @Override
    public Binder raw(@Nullable String value) throws SQLException {
      return text(value);
    }
  }
}
