package dev.purser.database;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/// One unit of work of a deletion that may touch any number of rows: it ends after a few rows, some
/// bytes or a short time, whichever comes first, and the rest is done by the next piece. An
/// interactive save waits behind one piece at most, which costs about what its own commit does.
///
/// Used once; confined to the session that owns the connection.
final class Piece {
  /// Rows that one piece deletes at most.
  static final int ROWS = 200;

  /// Rows that one piece looks at in search of those that go.
  static final int LOOKED_AT = 1_000;

  // A dead letter may have 64 KiB, whose pages are all freed.
  private static final long BYTES = 1 << 20;
  private static final long NANOS = 10_000_000;

  // One round trip each, after which the time is looked at: so few are always done.
  private static final int TOGETHER = 50;

  private final long endNanos = System.nanoTime() + NANOS;
  private int rows;
  private long bytes;
  private long deleted;

  /// Deletes rows; answers how many there were.
  @FunctionalInterface
  interface Delete<T> {
    long delete(List<T> rows) throws SQLException;
  }

  /// How many more rows it may delete.
  int room() {
    return spent() ? 0 : ROWS - rows;
  }

  private boolean spent() {
    return rows >= ROWS
        || bytes >= BYTES
        || (rows >= TOGETHER && System.nanoTime() - endNanos >= 0);
  }

  /// How many rows it has deleted.
  long deleted() {
    return deleted;
  }

  /// Deletes those of `page` that go. Answers the last one that was judged if there may be more
  /// after it, or null if there are not.
  ///
  /// @param limit of the page: a shorter one is the last
  <T> @Nullable T delete(
      List<T> page, int limit, Predicate<T> goes, ToLongFunction<T> size, Delete<T> delete)
      throws SQLException {
    List<T> some = new ArrayList<>(TOGETHER);
    for (T row : page) {
      if (goes.test(row)) {
        some.add(row);
        rows++;
        bytes += size.applyAsLong(row);
      }
      boolean full = rows >= ROWS || bytes >= BYTES;
      if (some.size() >= TOGETHER || full) {
        deleted += delete.delete(some);
        some.clear();
        if (spent()) {
          return row;
        }
      }
    }
    if (!some.isEmpty()) {
      deleted += delete.delete(some);
    }
    return page.size() < limit ? null : page.getLast();
  }
}
