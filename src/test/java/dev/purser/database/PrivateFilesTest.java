package dev.purser.database;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.purser.config.Keys;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What is written is its owner's alone, whatever the umask of the process is (that of the tests is
/// usually 022).
final class PrivateFilesTest {
  private static final String FILE = "rw-------";
  private static final String FOLDER = "rwx------";

  @TempDir private Path temporary;
  private final DatabaseSettings settings =
      DatabaseSettings.read(
          new Keys(
                  ConfigFactory.parseFile(new File("conf/database.conf"))
                      .resolve()
                      .getConfig("purser"))
              .at("database"));

  @BeforeEach
  void open() throws IOException {
    Files.setPosixFilePermissions(temporary, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  @Test
  void database_withItsLogAndLock_isItsOwnersAlone() throws Exception {
    Path folder = temporary.resolve("new/data");
    Path file = folder.resolve("purser.db");
    try (DataFolder _ = DataFolder.lock(folder);
        Store store = SqliteStore.open(file, settings.sqlite(), SqliteStore.Role.WRITER)) {
      var _ = store.apply(List.of(new Store.Write.OfChore(new Chore.DropLetter(0))));
      store.commit();
      assertThat(modes(folder))
          .containsOnlyKeys("purser.db", "purser.db-wal", "purser.db-shm", "purser.lock")
          .allSatisfy((_, mode) -> assertThat(mode).isEqualTo(FILE));
      assertThat(mode(folder)).isEqualTo(FOLDER);
      assertThat(mode(folder.getParent())).isEqualTo(FOLDER);
    }
  }

  /// The last connection of all may be the one that makes the file.
  @Test
  void database_madeByAnotherRole_isItsOwnersAlone() throws Exception {
    Path file = temporary.resolve("purser.db");
    try (Store _ = SqliteStore.open(file, settings.sqlite(), SqliteStore.Role.CHECKPOINTER)) {
      assertThat(mode(file)).isEqualTo(FILE);
    }
  }

  @Test
  void backup_inAnyFolder_isItsOwnersAlone() throws Exception {
    Path file = temporary.resolve("purser.db");
    try (Store _ = SqliteStore.open(file, settings.sqlite(), SqliteStore.Role.WRITER)) {
      Path copy = temporary.resolve("new/folder/copy.db");
      assertThat(Backup.copy(file, copy)).isPositive();
      assertThat(mode(copy)).isEqualTo(FILE);
      assertThat(mode(copy.getParent())).isEqualTo(FOLDER);
      try (Store opened = SqliteStore.open(copy, settings.sqlite(), SqliteStore.Role.WRITER)) {
        opened.validate();
      }
    }
  }

  @Test
  void target_ofACopy_isItsOwnersAlone() throws Exception {
    Path file = temporary.resolve("purser.db");
    SqliteStore.open(file, settings.sqlite(), SqliteStore.Role.WRITER).close();
    Path target = temporary.resolve("elsewhere/other.db");
    var _ =
        Copy.run(new DatabaseUrl.OfFile(file), new DatabaseUrl.OfFile(target), settings, _ -> {});
    assertThat(modes(target.getParent()))
        .containsKey("other.db")
        .allSatisfy((_, mode) -> assertThat(mode).isEqualTo(FILE));
    assertThat(mode(target.getParent())).isEqualTo(FOLDER);
  }

  @Test
  void readableByOthers_wider_isToldWithTheMode() throws Exception {
    Path folder = Files.createDirectory(temporary.resolve("data"));
    Path file = Files.createFile(folder.resolve("purser.db"));
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("rwxr-x--x"));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    Path missing = folder.resolve("purser.db-wal");
    List<String> sentences = PrivateFiles.readableByOthers(folder, List.of(file, missing));
    assertThat(sentences).hasSize(2);
    assertThat(sentences.getFirst()).contains(folder + " has the mode 0751").contains("chmod 700");
    assertThat(sentences.getLast()).contains(file + " has the mode 0644").contains("chmod 600");
    Files.setPosixFilePermissions(folder, PosixFilePermissions.fromString("r-x------"));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(FILE));
    assertThat(PrivateFiles.readableByOthers(folder, List.of(file))).isEmpty();
  }

  private static Map<String, String> modes(Path folder) throws IOException {
    Map<String, String> modes = new TreeMap<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.toList()) {
        modes.put(file.getFileName().toString(), mode(file));
      }
    }
    return modes;
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
