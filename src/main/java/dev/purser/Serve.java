package dev.purser;

import dev.purser.database.DataFolder;
import dev.purser.database.DatabaseUrl;
import dev.purser.database.Ledger;
import dev.purser.database.PostgresUrl;
import dev.purser.database.SqliteLibrary;
import dev.purser.metrics.Scrape;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
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
    PurserSettings read = Purser.settings();
    if (!read.serviceLinks().isEmpty()) {
      LOG.info(
          "Ignored service links of Kubernetes or Docker: {}",
          String.join(", ", read.serviceLinks()));
    }
    PurserSettings settings = identified(read);
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

  /// With the identity of the ledger, which a node of a cluster has to prove to the others. The
  /// actor system starts once it is known.
  private static PurserSettings identified(PurserSettings settings) {
    if (!(settings.data().database() instanceof DatabaseUrl.OfServer(PostgresUrl url))
        || settings.cluster().seeds().isEmpty()) {
      return settings.withLedger("a single node's");
    }
    Thread hook = Thread.ofPlatform().unstarted(() -> Runtime.getRuntime().halt(0));
    Runtime.getRuntime().addShutdownHook(hook);
    try {
      Ledger ledger =
          Ledger.await(
              url,
              settings.database(),
              settings.parts(),
              why -> LOG.warn("The database {} is waited for: {}", url.shown(), why));
      return settings.withLedger(ledger.id());
    } catch (InterruptedException e) {
      throw new IllegalStateException("interrupted while it waited for the database", e);
    } finally {
      var _ = Runtime.getRuntime().removeShutdownHook(hook);
    }
  }

  /// Why the cluster has ended this node, as a sentence for an operator, or null if it has not.
  private static @Nullable String outcast(
      CoordinatedShutdown.@Nullable Reason reason, PurserSettings settings) {
    List<String> seeds = settings.cluster().seeds();
    if (Objects.equals(reason, CoordinatedShutdown.incompatibleConfigurationDetectedReason())) {
      return "the nodes that this one was to join ("
          + String.join(", ", seeds)
          + ") refuse it: they keep another ledger than "
          + settings.effective().getString("purser.ledger.id")
          + ", divide it into another number of partitions or shards, or run another version of"
          + " Purser: let all nodes have the same database, numbers and version.";
    }
    if (Objects.equals(reason, CoordinatedShutdown.clusterJoinUnsuccessfulReason())) {
      return "no node of the cluster has let this one in; see that the seeds ("
          + String.join(", ", seeds)
          + ") and the nodes that serve the database can be reached from here.";
    }
    if (Objects.equals(reason, CoordinatedShutdown.clusterDowningReason())) {
      return "this node can no longer reach the others, or the majority of them: it ends so that"
          + " it can be started anew.";
    }
    return null;
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
    // Until the hook stands, SIGTERM ends the process at once: no work has begun.
    Thread hook = Thread.ofPlatform().name("shutdown").unstarted(() -> leave(system, exitCode));
    Runtime.getRuntime().addShutdownHook(hook);
    CoordinatedShutdown shutdown = CoordinatedShutdown.get(system);
    system.getWhenTerminated().toCompletableFuture().join();
    String outcast = outcast(shutdown.getShutdownReason().orElse(null), settings);
    if (outcast != null && exitCode.get() == 0) {
      System.err.println("purser: " + outcast);
      exitCode.set(1);
    }
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
