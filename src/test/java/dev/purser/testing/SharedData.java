package dev.purser.testing;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;

/// Real data that stands next to the project. A machine without it skips the tests that need it;
/// continuous integration must not.
public final class SharedData {
  private static final Path FOLDER = Path.of("../shared/data");

  private SharedData() {}

  /// The file or folder `name` of the data.
  public static Path at(String name) {
    Path path = FOLDER.resolve(name);
    if (System.getenv("CI") == null) {
      Assumptions.assumeTrue(Files.exists(path), () -> path + " is not here");
    }
    return path;
  }
}
