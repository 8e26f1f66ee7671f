package dev.purser.database;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// Files and folders that their owner alone may read: 0600 and 0700 from the moment they are made,
/// whatever the process's umask is. SQLite gives its log and its shared memory the mode of the
/// database file, so a database is made empty here before SQLite opens it. Safe for many threads.
///
/// Where the operating system knows no POSIX modes, files are as it makes them.
final class PrivateFiles {
  private static final Set<PosixFilePermission> FILE = PosixFilePermissions.fromString("rw-------");
  private static final Set<PosixFilePermission> FOLDER =
      PosixFilePermissions.fromString("rwx------");
  private static final boolean POSIX =
      FileSystems.getDefault().supportedFileAttributeViews().contains("posix");

  private PrivateFiles() {}

  /// Makes `folder` and those above it that are missing.
  static void createFolder(Path folder) throws IOException {
    Files.createDirectories(folder, mode(FOLDER));
  }

  /// Makes an empty `file` if there is none.
  static void createFile(Path file) throws IOException {
    try {
      Files.createFile(file, mode(FILE));
    } catch (FileAlreadyExistsException _) {
      // its mode is its owner's
    }
  }

  /// Opens `file` for writing, and makes it if there is none.
  static FileChannel open(Path file) throws IOException {
    Set<OpenOption> options = Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE);
    return FileChannel.open(file, options, mode(FILE));
  }

  /// Sentences about `folder` and those of `files` that others may read, with their modes; empty if
  /// none.
  static List<String> readableByOthers(Path folder, List<Path> files) throws IOException {
    if (!POSIX) {
      return List.of(
          "Modes of files are unknown to this operating system: who may read "
              + folder
              + " is not checked.");
    }
    List<String> sentences = new ArrayList<>();
    judge(folder, FOLDER, sentences);
    for (Path file : files) {
      if (Files.exists(file)) {
        judge(file, FILE, sentences);
      }
    }
    return sentences;
  }

  private static void judge(Path path, Set<PosixFilePermission> least, List<String> sentences)
      throws IOException {
    Set<PosixFilePermission> found = Files.getPosixFilePermissions(path);
    if (!least.containsAll(found)) {
      sentences.add(
          "%s has the mode %s: others on this machine may reach the data; chmod %s makes it %s"
              .formatted(path, octal(found), octal(least).substring(1), octal(least)));
    }
  }

  private static String octal(Set<PosixFilePermission> mode) {
    int bits = 0;
    for (char c : PosixFilePermissions.toString(mode).toCharArray()) { // rwxr-x---
      bits = (bits << 1) | (c == '-' ? 0 : 1);
    }
    return "%04o".formatted(bits);
  }

  private static FileAttribute<?>[] mode(Set<PosixFilePermission> mode) {
    return POSIX
        ? new FileAttribute<?>[] {PosixFilePermissions.asFileAttribute(mode)}
        : new FileAttribute<?>[0];
  }
}
