package dev.purser.database;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/// The locked folders of the SQLite files of a copy, so that no service uses them meanwhile.
/// Confined to one thread.
final class CopyFolders implements AutoCloseable {
  private final List<DataFolder> locked = new ArrayList<>();

  private CopyFolders() {}

  /// Locks the folder of the source, which stands if the source does, and that of the target.
  ///
  /// @throws dev.purser.faults.Escalated if a service holds one of them
  static CopyFolders lock(DatabaseUrl from, DatabaseUrl to) throws IOException {
    SortedSet<Path> folders = new TreeSet<>();
    if (from instanceof DatabaseUrl.OfFile(Path file) && Files.isDirectory(folder(file))) {
      folders.add(folder(file).toRealPath());
    }
    if (to instanceof DatabaseUrl.OfFile(Path file)) {
      folders.add(Files.isDirectory(folder(file)) ? folder(file).toRealPath() : folder(file));
    }
    CopyFolders held = new CopyFolders();
    try {
      for (Path folder : folders) {
        held.locked.add(DataFolder.lock(folder));
      }
      return held;
    } catch (RuntimeException e) {
      held.close();
      throw e;
    }
  }

  private static Path folder(Path file) {
    Path parent = file.toAbsolutePath().normalize().getParent();
    return parent == null ? file.toAbsolutePath() : parent;
  }

  @Override
  public void close() throws IOException {
    for (DataFolder folder : locked) {
      folder.close();
    }
  }
}
