package dev.purser.vectors;

/// The id of a vector's record: its space and its id. They are parted by a control character, which
/// neither may hold. Pure.
final class VectorKey {
  private static final char SEPARATOR = '\u001f';

  private VectorKey() {}

  static String of(String space, String id) {
    return space + SEPARATOR + id;
  }

  static String space(String key) {
    return key.substring(0, key.indexOf(SEPARATOR));
  }

  static String id(String key) {
    return key.substring(key.indexOf(SEPARATOR) + 1);
  }
}
