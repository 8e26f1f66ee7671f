package dev.purser.database;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import org.sqlite.SQLiteConfig;

/// A copy of the embedded database, taken while the service runs.
///
/// The copy is one read transaction of its own connection (`VACUUM INTO`): consistent, without free
/// pages, and without a write-ahead log beside it. It appears under its name only when it is whole
/// and synced.
public final class Backup {

  private Backup() {}

  /// Copies `database` to `target`.
  ///
  /// @return the copy's size in bytes
  /// @throws FileAlreadyExistsException if `target` exists: a backup never overwrites
  /// @throws NoSuchFileException if there is no database to copy
  public static long copy(Path database, Path target) throws IOException {
    if (!Files.exists(database)) {
      throw new NoSuchFileException(database.toString(), null, "there is no database to copy");
    }
    if (Files.exists(target)) {
      throw new FileAlreadyExistsException(target.toString(), null, "a backup never overwrites");
    }
    Path folder = target.toAbsolutePath().getParent();
    if (folder != null) {
      PrivateFiles.createFolder(folder);
    }
    Path part = target.resolveSibling(target.getFileName() + ".part");
    Files.deleteIfExists(part);
    PrivateFiles.createFile(part); // VACUUM INTO takes a file that is empty
    vacuum(database, part);
    try (FileChannel file = FileChannel.open(part, StandardOpenOption.WRITE)) {
      file.force(true);
    }
    Files.move(part, target, StandardCopyOption.ATOMIC_MOVE);
    return Files.size(target);
  }

  private static void vacuum(Path database, Path part) throws IOException {
    SQLiteConfig config = new SQLiteConfig();
    // The service may be checkpointing just now; waiting is all there is to do about that.
    config.setBusyTimeout(30_000);
    try (Connection connection = config.createConnection("jdbc:sqlite:" + database);
        PreparedStatement statement = connection.prepareStatement("VACUUM INTO ?")) {
      statement.setString(1, part.toString());
      statement.execute();
    } catch (SQLException e) {
      throw new IOException(SqliteErrors.sentence(e), e);
    }
  }
}
