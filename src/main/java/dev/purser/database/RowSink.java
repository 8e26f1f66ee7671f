package dev.purser.database;

import org.jspecify.annotations.Nullable;

/// Takes the values of rows one after the other. Confined to one thread.
interface RowSink {

  /// A text as UTF-8, or bytes; null is none.
  void bytes(CopyColumn column, byte @Nullable [] value);

  void number(CopyColumn column, long value);

  /// A number that is null.
  void noNumber(CopyColumn column);

  void endRow();

  /// All rows have come.
  void end();

  /// No more will come, and none of them counts.
  void abort();
}
