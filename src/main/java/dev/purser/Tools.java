package dev.purser;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigRenderOptions;
import dev.purser.database.Backup;
import dev.purser.database.DatabaseUrl;
import dev.purser.database.PostgresUrl;
import dev.purser.database.SqliteLibrary;
import dev.purser.http.Tokens;
import dev.purser.ingest.SampleEvents;
import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// The subcommands that do one thing and end.
final class Tools {

  private Tools() {}

  /// The version of this build.
  static String version() {
    return Optional.ofNullable(Purser.class.getPackage().getImplementationVersion())
        .orElse("development");
  }

  @Command(
      name = "check-config",
      description = "Read the configuration and say what is wrong with it.")
  static final class CheckConfig implements Callable<Integer> {
    @Option(names = "--print", description = "Print the effective configuration, secrets masked.")
    private boolean print;

    @Override
    public Integer call() {
      PurserSettings settings = Purser.settings();
      if (print) {
        Config masked = Secrets.masked(settings.effective().getConfig("purser")).toConfig();
        System.out.println(
            masked
                .root()
                .render(ConfigRenderOptions.defaults().setOriginComments(false).setJson(false)));
      } else {
        System.out.println("The configuration in " + Purser.conf() + " can be used.");
      }
      return 0;
    }
  }

  @Command(
      name = "sample",
      description = "Print N retail-like events as NDJSON, the same ones each time.")
  static final class Sample implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "N", description = "How many lines.")
    private long lines;

    @Option(names = "--seed", defaultValue = "1", description = "Another seed, other events.")
    private long seed;

    @Override
    public Integer call() throws IOException {
      if (lines < 0) {
        throw new ParameterException(spec.commandLine(), "N must not be negative: " + lines);
      }
      try (OutputStream out =
          new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), 1 << 16)) {
        SampleEvents.write(lines, seed, out);
      } catch (IOException e) {
        if (!"Broken pipe".equals(e.getMessage())) {
          throw e;
        }
        // Its reader, such as head, has what it wants.
      }
      return 0;
    }
  }

  @Command(name = "backup", description = "Copy the embedded database while the service runs.")
  static final class BackUp implements Callable<Integer> {
    @Parameters(paramLabel = "FILE", description = "The copy; must not exist.")
    private Path file = Path.of("");

    @Override
    public Integer call() throws IOException {
      long bytes =
          switch (Purser.settings().data().database()) {
            case DatabaseUrl.OfFile(Path database) -> {
              SqliteLibrary.load(Purser.libraries());
              yield Backup.copy(database, file);
            }
            case DatabaseUrl.OfServer(PostgresUrl url) ->
                throw new IllegalStateException(
                    url.shown() + " is backed up by its own tools: use pg_dump or pg_basebackup.");
          };
      System.out.println(file + ": " + bytes + " bytes");
      return 0;
    }
  }

  @Command(
      name = "new-token",
      description = "Make an access token; print it and the line for conf/local.conf.")
  static final class NewToken implements Callable<Integer> {
    @Spec private CommandSpec spec = CommandSpec.create();

    @Parameters(paramLabel = "ROLE", description = "reader, writer or operator.")
    private String role = "";

    @Override
    public Integer call() {
      Tokens.Made made;
      try {
        made = Tokens.create(role, new SecureRandom());
      } catch (IllegalArgumentException e) {
        throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
      }
      System.out.println("token: " + made.token());
      System.out.println("line for conf/local.conf: " + made.line());
      return 0;
    }
  }

  @Command(name = "version", description = "Print the version.")
  static final class Version implements Callable<Integer> {
    @Override
    public Integer call() {
      System.out.println(String.join("\n", new Purser.VersionLine().getVersion()));
      return 0;
    }
  }
}
