package dev.purser;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/// The command line. Without a subcommand it serves.
///
/// Exit codes: 0 done, 1 failed with one sentence on standard error, 2 wrong usage.
@Command(
    name = "purser",
    description = "A customer-data service: exact net spend, profiles and segments.",
    mixinStandardHelpOptions = true,
    versionProvider = Purser.VersionLine.class,
    scope = CommandLine.ScopeType.INHERIT,
    subcommands = {
      Serve.class,
      Tools.CheckConfig.class,
      Tools.Sample.class,
      Tools.BackUp.class,
      CopyTool.class,
      Tools.NewToken.class,
      Tools.Version.class,
      CommandLine.HelpCommand.class
    })
public final class Purser implements Callable<Integer> {

  @Spec private @Nullable CommandSpec spec;

  public static void main(String[] args) {
    StandardError.unfilter();
    int code =
        new CommandLine(new Purser()).setExecutionExceptionHandler(Purser::sentence).execute(args);
    System.exit(code);
  }

  @Override
  public Integer call() {
    return new Serve().call();
  }

  /// The folder that holds `conf`: the distribution's, or the project's when run from its classes.
  static Path conf() {
    return Path.of(System.getProperty("purser.home", ".")).resolve("conf");
  }

  /// Where the distribution has SQLite's native libraries.
  static Path libraries() {
    return Path.of(System.getProperty("purser.home", ".")).resolve("lib/native");
  }

  /// The settings of this machine.
  static PurserSettings settings() {
    return PurserSettings.load(conf(), System.getenv(), System.getProperties());
  }

  /// What `version` and `--version` print.
  static final class VersionLine implements CommandLine.IVersionProvider {
    @Override
    public String[] getVersion() {
      return new String[] {"purser " + Tools.version() + " on Java " + Runtime.version()};
    }
  }

  private static int sentence(
      Exception failure, CommandLine command, CommandLine.@Nullable ParseResult parsed) {
    PrintWriter err = command.getErr();
    if (failure instanceof PurserSettings.Refused refused) {
      err.println("purser: the configuration cannot be used:");
      refused.reasons().forEach(reason -> err.println("  " + reason));
    } else {
      err.println("purser: " + failure.getMessage());
    }
    err.flush();
    return 1;
  }
}
