package dev.purser.ledger;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// What a change took the place of: digests of the state before it and of the state that it left.
/// Equal states have equal digests; two different ones have the same by chance once in 2^64 pairs.
/// Immutable.
public record Replaced(long was, long now) {

  /// The states in any encoding that is the same for equal states.
  public static Replaced of(byte[] was, byte[] now) {
    return new Replaced(digest(was), digest(now));
  }

  private static long digest(byte[] state) {
    try {
      return ByteBuffer.wrap(MessageDigest.getInstance("SHA-256").digest(state)).getLong();
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
