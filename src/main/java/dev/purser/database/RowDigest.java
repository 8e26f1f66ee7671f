package dev.purser.database;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// The number of rows and the SHA-256 of all their values in order, the same for the same rows
/// whatever product they are read from.
final class RowDigest implements RowSink {
  private static final byte NULL = 0;
  private static final byte BYTES = 1;
  private static final byte NUMBER = 2;

  private final MessageDigest digest;
  private final ByteBuffer head = ByteBuffer.allocate(1 + Long.BYTES);
  private final boolean cleaned;
  private long rows;

  /// @param cleaned whether a product has written the rows that cannot hold U+0000 in texts
  RowDigest(boolean cleaned) {
    this.cleaned = cleaned;
    try {
      digest = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  /// What the rows came to.
  record Sum(long rows, String sha256) {}

  Sum sum() {
    return new Sum(rows, HexFormat.of().formatHex(digest.digest()));
  }

  @Override
  public void bytes(CopyColumn column, byte @Nullable [] value) {
    if (value == null) {
      digest.update(NULL);
      return;
    }
    boolean text = column.read() == CopyColumn.Kind.TEXT && column.written() == column.read();
    byte[] stored = cleaned && text ? PostgresCopy.storable(value) : value;
    put(BYTES, stored.length);
    digest.update(stored);
  }

  @Override
  public void number(CopyColumn column, long value) {
    put(NUMBER, value);
  }

  @Override
  public void noNumber(CopyColumn column) {
    digest.update(NULL);
  }

  @Override
  public void endRow() {
    rows++;
  }

  @Override
  public void end() {}

  @Override
  public void abort() {}

  private void put(byte tag, long value) {
    digest.update(head.clear().put(tag).putLong(value).flip());
  }
}
