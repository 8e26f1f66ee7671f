package dev.purser.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/// A small disk of its own in memory, where the process has the right to mount one.
public final class SmallDisk implements AutoCloseable {
  private final Path folder;
  private final boolean mounted;

  private SmallDisk(Path folder, boolean mounted) {
    this.folder = folder;
    this.mounted = mounted;
  }

  public static SmallDisk mount(Path folder, String size) throws IOException {
    Files.createDirectories(folder);
    return new SmallDisk(
        folder, run("mount", "-t", "tmpfs", "-o", "size=" + size, "tmpfs", folder.toString()));
  }

  public Path folder() {
    return folder;
  }

  /// Whether there is a disk at all.
  public boolean mounted() {
    return mounted;
  }

  public void resize(String size) {
    var _ = run("mount", "-o", "remount,size=" + size, folder.toString());
  }

  public void remountReadOnly() {
    var _ = run("mount", "-o", "remount,ro", folder.toString());
  }

  @Override
  public void close() {
    if (mounted) {
      var _ = run("umount", folder.toString());
    }
  }

  private static boolean run(String... command) {
    try {
      return new ProcessBuilder(command)
              .redirectErrorStream(true)
              .start()
              .onExit()
              .join()
              .exitValue()
          == 0;
    } catch (IOException _) {
      return false; // no such command on this system
    }
  }
}
