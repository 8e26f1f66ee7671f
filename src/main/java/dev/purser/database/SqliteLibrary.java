package dev.purser.database;

import dev.purser.faults.Escalated;
import java.nio.file.Files;
import java.nio.file.Path;
import org.sqlite.SQLiteJDBCLoader;
import org.sqlite.util.LibraryLoaderUtil;

/// SQLite's native library. The driver carries one for each platform in its jar and would unpack
/// one into the temporary folder at each start, where it stays when the process is killed, and
/// cannot be loaded if nothing may be executed there. The distribution has them unpacked in
/// `lib/native`.
public final class SqliteLibrary {
  /// System property of the driver: the folder of its native library.
  private static final String FOLDER = "org.sqlite.lib.path";

  private SqliteLibrary() {}

  /// Loads the library of this platform, so that a failure is one sentence at start.
  ///
  /// @param unpacked where the distribution has the libraries; if this platform's is not there, the
  ///   driver unpacks it into the temporary folder
  /// @throws Escalated if it cannot be loaded
  public static void load(Path unpacked) {
    // The path of the driver's resource begins with a slash.
    Path folder = unpacked.resolve(LibraryLoaderUtil.getNativeLibResourcePath().substring(1));
    if (System.getProperty(FOLDER) == null && Files.isDirectory(folder)) {
      System.setProperty(FOLDER, folder.toString());
    }
    try {
      var _ = SQLiteJDBCLoader.initialize();
    } catch (Exception | LinkageError e) {
      throw new Escalated(
          "SQLite's native library cannot be loaded ("
              + e.getMessage()
              + "): let this user read "
              + folder
              + " and load libraries from there, or from the folder that"
              + " PURSER_JAVA_OPTS=-Dorg.sqlite.tmpdir=... names.",
          e);
    }
  }
}
