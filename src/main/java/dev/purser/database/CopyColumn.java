package dev.purser.database;

import java.util.List;

/// A column on its way from one database to the other. Texts travel as their UTF-8 bytes, and so a
/// text of one product may be bytes in the other (a dead letter's raw line), exactly.
///
/// @param read its kind where it is read
/// @param written its kind where it is written
record CopyColumn(String name, Kind read, Kind written) {

  enum Kind {
    TEXT(0),
    BYTES(0),
    LONG(Long.BYTES),
    INT(Integer.BYTES),
    SHORT(Short.BYTES);

    /// Bytes of a number in PostgreSQL's binary format; 0 if it is none.
    final int width;

    Kind(int width) {
      this.width = width;
    }

    boolean number() {
      return width > 0;
    }
  }

  /// A column as one database has it.
  record Found(String name, Kind kind) {}

  /// Pairs the columns of both sides, in the reading side's order.
  static List<CopyColumn> pairs(CopyTable table, List<Found> read, List<Found> written) {
    if (read.size() != written.size()) {
      throw new IllegalStateException(table.name() + " differs in its columns");
    }
    return read.stream().map(r -> new CopyColumn(r.name, r.kind, kind(r.name, written))).toList();
  }

  private static Kind kind(String name, List<Found> among) {
    return among.stream()
        .filter(f -> f.name.equals(name))
        .map(Found::kind)
        .findFirst()
        .orElseThrow(() -> new IllegalStateException("no column " + name + " on the other side"));
  }
}
