package dev.purser;

import dev.purser.database.Copy;
import dev.purser.database.DatabaseUrl;
import dev.purser.database.SqliteLibrary;
import java.io.IOException;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/// Carries everything from one database to another.
@Command(
    name = "copy",
    description = {
      "Copy everything from one database to another, and check it.",
      "",
      "Neither may be served meanwhile. The folder of an SQLite file is locked; on PostgreSQL"
          + " sessions named purser and nodes that renew their leases are refused. The schema on"
          + " PostgreSQL is purser.database.postgres.schema.",
      "",
      "The target is a ledger of its own, with an identity of its own.",
      "",
      "The target must be empty; an SQLite file, and the schema on PostgreSQL, is made if it is"
          + " missing. A copy that was cut off goes on when it is started again with the same"
          + " arguments; until it is finished no service uses the target."
    })
final class CopyTool implements Callable<Integer> {
  @Option(
      names = "--from",
      required = true,
      paramLabel = "URL",
      description = "What is copied: sqlite:FILE or postgresql://user:password@host:port/database.")
  private String from = "";

  @Option(
      names = "--to",
      required = true,
      paramLabel = "URL",
      description = "Where to: the same forms.")
  private String to = "";

  @Override
  public Integer call() throws IOException {
    DatabaseUrl source = url("--from", from);
    DatabaseUrl target = url("--to", to);
    if (source instanceof DatabaseUrl.OfFile || target instanceof DatabaseUrl.OfFile) {
      SqliteLibrary.load(Purser.libraries());
    }
    for (String line :
        Copy.run(
            source,
            target,
            Purser.settings().database(),
            progress -> System.err.println("copy: " + progress))) {
      System.out.println(line);
    }
    System.out.println(
        target.shown() + " now holds all that " + source.shown() + " holds; both agree.");
    return 0;
  }

  private static DatabaseUrl url(String option, String text) {
    try {
      return DatabaseUrl.parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalStateException(
          option + " \"" + Secrets.masked(text) + "\" " + e.getMessage(), e);
    }
  }
}
