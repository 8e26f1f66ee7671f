package dev.purser.database;

import dev.purser.faults.Escalated;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The folder of the embedded database, held by one process: the operating system's lock ends with
/// the process, however that ends. Confined to the thread that starts the process.
public final class DataFolder implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DataFolder.class);
  private static final String LOCK = "purser.lock";

  private final FileChannel channel;

  private DataFolder(FileChannel channel) {
    this.channel = channel;
  }

  /// Makes the folder if it is missing and locks it until this is closed.
  ///
  /// @throws Escalated if another process holds it, or it cannot be used
  public static DataFolder lock(Path folder) {
    FileChannel channel = open(folder);
    try {
      if (locked(channel) == null) {
        throw new Escalated(
            "The data folder "
                + folder
                + " is in use by another Purser: stop that one, or name another folder.",
            null);
      }
      return new DataFolder(channel);
    } catch (IOException e) {
      close(channel, e);
      throw unusable(folder, e);
    } catch (Escalated e) {
      close(channel, e);
      throw e;
    }
  }

  /// Makes the folder, for its owner alone, if it is missing.
  public static void create(Path folder) throws IOException {
    PrivateFiles.createFolder(folder);
  }

  /// Warns of modes with which others on this machine may reach the data of `database`. They are
  /// the operator's and are left as they are.
  public static void checkModes(Path folder, Path database) {
    List<Path> files =
        List.of(
            database,
            database.resolveSibling(database.getFileName() + "-wal"),
            database.resolveSibling(database.getFileName() + "-shm"),
            folder.resolve(LOCK));
    try {
      PrivateFiles.readableByOthers(folder, files).forEach(LOG::warn);
    } catch (IOException | RuntimeException e) {
      LOG.warn("The modes of {} could not be read: {}", folder, e.toString());
    }
  }

  private static FileChannel open(Path folder) {
    try {
      PrivateFiles.createFolder(folder);
      return PrivateFiles.open(folder.resolve(LOCK));
    } catch (IOException e) {
      throw unusable(folder, e);
    }
  }

  private static @Nullable FileLock locked(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException _) {
      // This very process holds it.
      return null;
    }
  }

  private static void close(FileChannel channel, Exception because) {
    try {
      channel.close();
    } catch (IOException e) {
      because.addSuppressed(e);
    }
  }

  private static Escalated unusable(Path folder, IOException e) {
    return new Escalated(
        "The data folder " + folder + " cannot be used (" + e + "): mend its path or its rights.",
        e);
  }

  /// Gives the folder free. Before this the database must be closed.
  @Override
  public void close() throws IOException {
    channel.close();
  }
}
