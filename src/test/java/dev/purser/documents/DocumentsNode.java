package dev.purser.documents;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.purser.config.Keys;
import dev.purser.database.Database;
import dev.purser.database.DatabaseSettings;
import dev.purser.database.DatabaseUrl;
import dev.purser.database.NodeLease;
import dev.purser.faults.ServiceError;
import dev.purser.faults.Supervised;
import dev.purser.faults.SupervisionLog;
import dev.purser.partitions.Partition;
import java.io.File;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.apache.pekko.cluster.sharding.typed.javadsl.EntityTypeKey;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.slf4j.LoggerFactory;

/// Documents as shipped on a real database, without the edge; partitions that fail load again at
/// once.
final class DocumentsNode implements AutoCloseable {
  private static final EntityTypeKey<Partition.Command> PARTITIONS =
      EntityTypeKey.create(Partition.Command.class, "documents");

  /// That partitions fail is what the tests want: nobody needs to read it.
  private static final Logger FAILURES =
      (Logger) LoggerFactory.getLogger("dev.purser.partitions.PartitionStates");

  final Documents documents;
  private final ActorTestKit kit;

  /// A question that no partition of documents knows, which makes it fail.
  private record Stray() implements Partition.Question, NoSerializationVerificationNeeded {
    @Override
    public void refuse(ServiceError error) {}
  }

  DocumentsNode(DatabaseUrl url) {
    FAILURES.setLevel(Level.OFF);
    Config config = config();
    Keys keys = new Keys(config.getConfig("purser"));
    kit = ActorTestKit.create("documents", config);
    InstantSource clock = InstantSource.system();
    DatabaseSettings settings = DatabaseSettings.read(keys.at("database"));
    var database =
        kit.spawn(
            Supervised.with(
                Database.supervision(settings),
                Database.create(settings, url, clock, new SupervisionLog(5, clock))));
    Cluster cluster = Cluster.get(kit.system());
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    documents =
        Documents.start(
            kit.system(),
            database,
            DocumentsSettings.read(keys.at("documents")),
            clock,
            NodeLease.unshared());
    var _ = documents.loaded().toCompletableFuture().orTimeout(30, TimeUnit.SECONDS).join();
  }

  private static Config config() {
    Config config =
        ConfigFactory.parseString(
            """
            pekko.loglevel = WARNING
            pekko.cluster.jmx.enabled = off
            purser.documents.partitions { retry-min = 1 ms, retry-max = 5 ms }
            """);
    for (String name : List.of("database", "documents", "pekko")) {
      config = config.withFallback(ConfigFactory.parseFile(new File("conf/" + name + ".conf")));
    }
    return config.withFallback(ConfigFactory.load()).resolve();
  }

  /// Makes the partition fail that owns a document: it loads anew.
  void crash(String id) {
    String partition = Integer.toString(documents.partition(id));
    ClusterSharding.get(kit.system()).entityRefFor(PARTITIONS, partition).tell(new Stray());
  }

  /// Ends it without draining anything.
  @Override
  public void close() {
    kit.shutdownTestKit();
    FAILURES.setLevel(null);
  }
}
