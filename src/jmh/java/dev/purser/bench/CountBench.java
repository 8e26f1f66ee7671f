package dev.purser.bench;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.purser.config.Keys;
import dev.purser.database.Database;
import dev.purser.database.DatabaseSettings;
import dev.purser.database.NodeLease;
import dev.purser.documents.DocumentChange;
import dev.purser.documents.Documents;
import dev.purser.documents.DocumentsSettings;
import dev.purser.documents.Fields;
import dev.purser.documents.Match;
import dev.purser.faults.SupervisionLog;
import java.io.File;
import java.nio.file.Files;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;

/// A two-field count, which asks every partition, beside a lone ask of one partition (reading a
/// document that is not there), one after the other, alternating. The argument is the number of
/// documents.
public final class CountBench {
  private static final int ROUNDS = 7;
  private static final int CALLS = 4_000;
  private static final List<Match> FILTER = List.of(new Match("a", "1"), new Match("b", "2"));

  private CountBench() {}

  /// Runs the rounds and prints the ratios; the first two warm up.
  public static void main(String[] args) throws Exception {
    int size = args.length > 0 ? Integer.parseInt(args[0]) : 200_000;
    Config config = config();
    Keys keys = new Keys(config.getConfig("purser"));
    ActorTestKit kit = ActorTestKit.create(config);
    InstantSource clock = InstantSource.system();
    var database =
        kit.spawn(
            Database.create(
                DatabaseSettings.read(keys.at("database")),
                Files.createTempDirectory("count-bench").resolve("purser.db"),
                clock,
                new SupervisionLog(5, clock)));
    Cluster cluster = Cluster.get(kit.system());
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    Documents documents =
        Documents.start(
            kit.system(),
            database,
            DocumentsSettings.read(keys.at("documents")),
            clock,
            NodeLease.unshared());
    var _ = documents.loaded().toCompletableFuture().join();
    load(documents, size);
    double[] ratios = new double[ROUNDS - 2];
    for (int i = 0; i < ROUNDS; i++) {
      double alone = micros(() -> documents.get("none", soon()));
      double count = micros(() -> documents.find(FILTER, true, 0, null, soon()));
      System.out.printf("lone ask %.1f us, count %.1f us%n", alone, count);
      if (i >= 2) {
        ratios[i - 2] = count / alone;
      }
    }
    Arrays.sort(ratios);
    System.out.printf(
        "RATIO count of %,d documents / lone ask: median %.2f (%.2f to %.2f), wanted under 5%n",
        size, ratios[ratios.length / 2], ratios[0], ratios[ratios.length - 1]);
    kit.shutdownTestKit();
  }

  private static Config config() {
    Config config =
        ConfigFactory.parseString(
            """
            pekko.loglevel = WARNING
            pekko.cluster.jmx.enabled = off
            purser.documents.partition-documents = 10000000
            """);
    for (String name : List.of("database", "documents", "pekko")) {
      config = config.withFallback(ConfigFactory.parseFile(new File("conf/" + name + ".conf")));
    }
    return config.withFallback(ConfigFactory.load()).resolve();
  }

  private static long soon() {
    return System.currentTimeMillis() + 20_000;
  }

  private static double micros(Supplier<CompletionStage<?>> call) {
    long start = System.nanoTime();
    for (int i = 0; i < CALLS; i++) {
      var _ = call.get().toCompletableFuture().join();
    }
    return (System.nanoTime() - start) / 1e3 / CALLS;
  }

  private static void load(Documents documents, int size) {
    for (int from = 0; from < size; from += 2_000) {
      Map<Integer, List<DocumentChange>> parts = new HashMap<>();
      for (int i = from; i < Math.min(size, from + 2_000); i++) {
        Fields fields = Fields.of(Map.of("a", List.of("" + i % 3), "b", List.of("" + i % 7)));
        String id = "document-" + i;
        parts
            .computeIfAbsent(documents.partition(id), _ -> new ArrayList<>())
            .add(new DocumentChange.Put(id, fields.encoded(), null));
      }
      List<CompletionStage<?>> saves = new ArrayList<>();
      parts.forEach((part, changes) -> saves.add(documents.apply(part, changes, true, soon())));
      for (CompletionStage<?> save : saves) {
        var _ = save.toCompletableFuture().join();
      }
    }
  }
}
