package dev.purser.database;

import dev.purser.faults.Escalated;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;

/// The folder of the embedded database, held by one process: the operating system's lock ends with
/// the process, however that ends. Confined to the thread that starts the process.
public final class DataFolder implements AutoCloseable {
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

  private static FileChannel open(Path folder) {
    try {
      Files.createDirectories(folder);
      return FileChannel.open(
          folder.resolve("purser.lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
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
