package dev.purser.documents;

import dev.purser.strings.StringPool;

/// A range of UTF-8, not copied. Immutable if its bytes are.
@SuppressWarnings("ArrayRecordComponent") // a range of somebody's buffer, handed over to be read
record Text(byte[] bytes, int from, int length) {
  static Text of(String string) {
    byte[] utf8 = StringPool.utf8(string);
    return new Text(utf8, 0, utf8.length);
  }

  int find(StringPool pool) {
    return pool.find(bytes, from, length);
  }

  int intern(StringPool pool) {
    return pool.intern(bytes, from, length);
  }
}
