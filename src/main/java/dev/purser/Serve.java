package dev.purser;

import dev.purser.database.DataFolder;
import dev.purser.database.DatabaseUrl;
import dev.purser.database.SqliteLibrary;
import dev.purser.metrics.Scrape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;

/// Serves until it is told to stop (exit code 0) or something failed that an operator must mend
/// (exit code 1).
///
/// The exit code is the guardian's to set. The JVM would answer SIGTERM with 143, so the hook, when
/// everything has been left in order, halts with the code that is meant.
@Command(name = "serve", description = "Serve until told to stop; the default.")
final class Serve implements Callable<Integer> {
  private static final Logger LOG = LoggerFactory.getLogger(Serve.class);

  /// SIGTERM is answered within 20 s; what is not done by then is committed or refused by its own
  /// deadline.
  private static final Duration PATIENCE = Duration.ofSeconds(19);

  @Override
  public Integer call() {
    PurserSettings settings = Purser.settings();
    if (!settings.serviceLinks().isEmpty()) {
      LOG.info(
          "Ignored service links of Kubernetes or Docker: {}",
          String.join(", ", settings.serviceLinks()));
    }
    Path folder = settings.data().folder();
    return switch (settings.data().database()) {
      case DatabaseUrl.OfServer _ -> {
        // A server keeps its own folder.
        HeapDumps.leadTo(folder);
        yield serve(settings);
      }
      case DatabaseUrl.OfFile(Path database) -> {
        SqliteLibrary.load(Purser.libraries());
        try (DataFolder _ = DataFolder.lock(folder)) {
          DataFolder.checkModes(folder, database);
          HeapDumps.leadTo(folder);
          yield serve(settings);
        } catch (IOException e) {
          throw new UncheckedIOException(e);
        }
      }
    };
  }

  private static int serve(PurserSettings settings) {
    LOG.info(
        "Purser {} starts on Java {}, process {}, home {}",
        Tools.version(),
        Runtime.version(),
        ProcessHandle.current().pid(),
        Purser.conf().toAbsolutePath().normalize().getParent());
    Scrape.start(settings.effective(), Tools.version());
    AtomicInteger exitCode = new AtomicInteger();
    ActorSystem<Guardian.Command> system =
        ActorSystem.create(
            Guardian.create(settings, exitCode::set), "purser", settings.effective());
    // Until the hook stands, SIGTERM ends the process at once: nothing is in hand yet.
    Thread hook = Thread.ofPlatform().name("shutdown").unstarted(() -> leave(system, exitCode));
    Runtime.getRuntime().addShutdownHook(hook);
    system.getWhenTerminated().toCompletableFuture().join();
    return exitCode.get();
  }

  private static void leave(ActorSystem<Guardian.Command> system, AtomicInteger exitCode) {
    int code = exitCode.get();
    try {
      Done _ =
          CoordinatedShutdown.get(system)
              .runAll(new Departure.Signalled())
              .toCompletableFuture()
              .get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
      code = exitCode.get();
    } catch (InterruptedException | ExecutionException e) {
      System.err.println("purser: could not leave in order: " + e.getMessage());
      code = 1;
    } catch (TimeoutException _) {
      System.err.println("purser: could not leave in order within " + PATIENCE.toSeconds() + " s");
      code = 1;
    }
    Runtime.getRuntime().halt(code);
  }
}
