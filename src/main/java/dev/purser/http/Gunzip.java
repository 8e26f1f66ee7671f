package dev.purser.http;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.zip.GZIPInputStream;

/// Members of gzip in memory, and what follows them: the JDK's own stream passes over that in
/// silence. For one thread.
final class Gunzip extends GZIPInputStream {
  private static final int TRAILER = 8;

  Gunzip(byte[] packed) throws IOException {
    super(new ByteArrayInputStream(packed), Math.max(1, packed.length)); // all at once
  }

  /// Bytes after the last member, once all of it has been read.
  int rest() {
    return inf.getRemaining() - TRAILER;
  }
}
