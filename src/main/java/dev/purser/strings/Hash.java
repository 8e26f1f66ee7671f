package dev.purser.strings;

/// A hash of bytes. Tables use it to find candidates and never to tell that two strings are equal.
/// Implementations are safe for many threads.
@FunctionalInterface
public interface Hash {
  /// The hash of `bytes[from, from + length)`, all 32 bits of it good.
  int of(byte[] bytes, int from, int length);
}
