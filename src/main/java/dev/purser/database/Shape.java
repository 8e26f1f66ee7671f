package dev.purser.database;

import java.util.Arrays;
import java.util.Collections;

/// The text of a statement over a list of rows or keys, in the form of each product. Made once for
/// each statement of the code. Immutable.
///
/// - SQLite takes its rows as `VALUES (?,?),(?,?)`, in the few fixed sizes of [#SIZES].
/// - PostgreSQL takes each column as one array, `SELECT * FROM unnest(?,?)`, of any length; one row
///   alone as SQLite does.
final class Shape {
  /// How many rows or keys one statement of SQLite takes. Crossing into native code is what costs,
  /// and beyond some tens of rows nothing more is saved.
  static final int[] SIZES = {64, 16, 4, 1};

  private final String[] values;
  private final String arrays;

  private Shape(String[] values, String arrays) {
    this.values = values;
    this.arrays = arrays;
  }

  /// `head`, rows of so many columns, `tail`: after `INSERT INTO t (a, b) `, or as the body of a
  /// common table expression.
  static Shape rows(String head, int columns, String tail) {
    String row = "(" + marks(columns) + ")";
    return new Shape(
        Arrays.stream(SIZES)
            .mapToObj(n -> head + "VALUES " + repeated(row, n) + tail)
            .toArray(String[]::new),
        head + "SELECT * FROM unnest(" + marks(columns) + ")" + tail);
  }

  /// `head`, a column that is one of the keys, `tail`.
  static Shape among(String head, String tail) {
    return new Shape(
        Arrays.stream(SIZES)
            .mapToObj(n -> head + " IN (" + marks(n) + ")" + tail)
            .toArray(String[]::new),
        head + " = ANY (?)" + tail);
  }

  /// The text that takes `SIZES[size]` rows, a question mark a value.
  String values(int size) {
    return values[size];
  }

  /// The text that takes one row, a question mark a value.
  String value() {
    return values[values.length - 1];
  }

  /// The text that takes all rows, a question mark a column.
  String arrays() {
    return arrays;
  }

  private static String marks(int n) {
    return repeated("?", n);
  }

  private static String repeated(String text, int n) {
    return String.join(",", Collections.nCopies(n, text));
  }
}
