package dev.purser.database;

import java.math.BigInteger;
import java.sql.ResultSet;
import java.sql.SQLException;

/// Sums of 64-bit numbers that may themselves exceed 64 bits. SQLite gives up on them and
/// PostgreSQL answers a numeric, so they are added in two parts of which each fits.
final class WideSum {
  private static final BigInteger PART = BigInteger.valueOf(1_000_000_000);

  private WideSum() {}

  /// The two columns that sum up an expression.
  static String of(String expression) {
    return "sum((%1$s) / %2$s), sum((%1$s) %% %2$s)".formatted(expression, PART);
  }

  /// Reads them.
  ///
  /// @param at the first of the two
  static BigInteger read(ResultSet row, int at) throws SQLException {
    return BigInteger.valueOf(row.getLong(at))
        .multiply(PART)
        .add(BigInteger.valueOf(row.getLong(at + 1)));
  }
}
