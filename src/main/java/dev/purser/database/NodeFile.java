package dev.purser.database;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The incarnation of the node that used a data folder last, kept in its file `node.lock`. Whoever
/// holds the lock of that file knows that the node has ended, however it did: its lease need not be
/// waited for. A folder that cannot be used, or that another node uses, only costs that wait.
/// Confined to one thread.
///
///     offset 0   8 bytes   incarnation, big-endian
final class NodeFile implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeFile.class);

  private final @Nullable FileChannel channel;
  private final @Nullable Long predecessor;

  private NodeFile(@Nullable FileChannel channel, @Nullable Long predecessor) {
    this.channel = channel;
    this.predecessor = predecessor;
  }

  /// Takes the folder over for the incarnation `uid`.
  static NodeFile open(Path folder, long uid) {
    FileChannel channel = null;
    try {
      Files.createDirectories(folder);
      channel =
          FileChannel.open(
              folder.resolve("node.lock"),
              StandardOpenOption.CREATE,
              StandardOpenOption.READ,
              StandardOpenOption.WRITE);
      FileLock lock = channel.tryLock();
      if (lock == null) {
        channel.close();
        return new NodeFile(null, null);
      }
      ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES);
      Long last = channel.read(bytes, 0) == Long.BYTES ? bytes.getLong(0) : null;
      int _ = channel.write(ByteBuffer.allocate(Long.BYTES).putLong(0, uid), 0);
      return new NodeFile(channel, last);
    } catch (IOException | OverlappingFileLockException e) {
      LOG.info("The folder {} does not tell which node used it last: {}", folder, e.toString());
      NodeFile unknown = new NodeFile(channel, null);
      unknown.close();
      return unknown;
    }
  }

  /// The node that used the folder last and has ended, or null.
  @Nullable Long predecessor() {
    return predecessor;
  }

  @Override
  public void close() {
    if (channel != null) {
      try {
        channel.close();
      } catch (IOException e) {
        LOG.warn("A file of the data folder was not closed", e);
      }
    }
  }
}
