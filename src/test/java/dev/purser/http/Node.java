package dev.purser.http;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.purser.cache.Cache;
import dev.purser.cache.CacheSettings;
import dev.purser.config.Keys;
import dev.purser.customers.Customers;
import dev.purser.customers.CustomersSettings;
import dev.purser.customers.Following;
import dev.purser.database.Database;
import dev.purser.database.DatabaseSettings;
import dev.purser.database.DatabaseUrl;
import dev.purser.database.NodeLease;
import dev.purser.documents.Documents;
import dev.purser.documents.DocumentsSettings;
import dev.purser.faults.Supervised;
import dev.purser.faults.SupervisionLog;
import dev.purser.ingest.Ingest;
import dev.purser.ingest.IngestSettings;
import dev.purser.ingest.RecordWrites;
import dev.purser.ledger.EventJson;
import dev.purser.vectors.Spaces;
import dev.purser.vectors.SpacesSettings;
import dev.purser.vectors.Tastes;
import java.io.File;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.apache.pekko.stream.Materializer;

/// A whole node as shipped, on a real database and cache, behind a real socket.
final class Node implements AutoCloseable {
  final Served served;
  final Documents documents;
  final Spaces spaces;
  final ActorRef<Database.Command> database;
  private final ActorTestKit kit;

  /// A node on an SQLite file in `folder`, whose configuration has `overrides`.
  Node(Path folder, String... overrides) {
    this(new DatabaseUrl.OfFile(folder.resolve("purser.db")), overrides);
  }

  /// A node whose configuration has `overrides`.
  Node(DatabaseUrl url, String... overrides) {
    this(url, taste -> taste::saved, overrides);
  }

  /// @param following who stands between customers and their tastes
  Node(DatabaseUrl url, Function<Tastes, Following> following, String... overrides) {
    Config config = config(overrides);
    kit = ActorTestKit.create("node", config);
    InstantSource clock = InstantSource.system();
    Keys keys = new Keys(config.getConfig("purser"));
    DatabaseSettings databases = DatabaseSettings.read(keys.at("database"));
    CustomersSettings customersSettings = CustomersSettings.read(keys.at("customers"));
    DocumentsSettings documentsSettings = DocumentsSettings.read(keys.at("documents"));
    SpacesSettings spacesSettings = SpacesSettings.read(keys.at("spaces"));
    IngestSettings ingestSettings = IngestSettings.read(keys.at("ingest"));
    CacheSettings caches = CacheSettings.read(keys.at("cache"));
    HttpSettings http = HttpSettings.read(keys.at("http"));
    if (!keys.reasons().isEmpty()) {
      throw new IllegalArgumentException(keys.reasons().toString());
    }
    SupervisionLog log = new SupervisionLog(50, clock);
    database =
        kit.spawn(
            Supervised.with(
                Database.supervision(databases), Database.create(databases, url, clock, log)));
    ActorRef<Cache.Command> cache =
        kit.spawn(Cache.create(caches, false, log, kit.system().ignoreRef()));
    Cluster cluster = Cluster.get(kit.system());
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    documents =
        Documents.start(kit.system(), database, documentsSettings, clock, NodeLease.unshared());
    spaces = Spaces.start(kit.system(), database, spacesSettings, clock, NodeLease.unshared());
    Customers customers =
        Customers.start(
            kit.system(),
            database,
            cache,
            customersSettings,
            clock,
            following.apply(spaces.taste()),
            NodeLease.unshared());
    Ingest ingest = ingest(ingestSettings, customers, database, clock);
    Doors doors =
        new Doors(
            CustomerDoor.of(customers),
            DocumentDoor.of(documents),
            BulkDoor.of(ingest),
            Served.workers(kit, config),
            VectorDoor.of(spaces),
            new Stubs.StubOperations(),
            new EventJson("GBP", clock),
            http,
            Materializer.createMaterializer(kit.system()),
            clock);
    var _ = documents.loaded().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    var _ = spaces.loaded().toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
    served = Served.over(kit, doors);
  }

  private Ingest ingest(
      IngestSettings settings,
      Customers customers,
      ActorRef<Database.Command> database,
      InstantSource clock) {
    CompletableFuture<Ingest> started = new CompletableFuture<>();
    kit.spawn(
        Behaviors.setup(
            context -> {
              started.complete(
                  Ingest.start(
                      context,
                      settings,
                      (id, changes, deadline) -> customers.apply(id, changes, null, true, deadline),
                      RecordWrites.of(documents, spaces),
                      database,
                      "GBP",
                      clock));
              return Behaviors.receiveMessage(_ -> Behaviors.same());
            }));
    return started.orTimeout(20, TimeUnit.SECONDS).join();
  }

  /// Who wants no answer.
  <T> ActorRef<T> ignoring() {
    return kit.system().ignoreRef();
  }

  private static Config config(String... overrides) {
    Config config =
        ConfigFactory.parseString(
            String.join("\n", overrides)
                + "\n"
                + """
                purser.http.port = 0
                pekko {
                  loglevel = WARNING
                  log-dead-letters = off
                  actor.provider = cluster
                  actor.serialize-messages = on
                  actor.allow-java-serialization = off
                  actor.serialization-bindings { "dev.purser.cluster.Wire" = jackson-cbor }
                  remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
                  cluster.jmx.multi-mbeans-in-same-jvm = on
                  cluster.sharding.retry-interval = 100 ms
                  cluster.periodic-tasks-initial-delay = 100 ms
                  cluster.leader-actions-interval = 100 ms
                  coordinated-shutdown.exit-jvm = off
                }
                """);
    for (String name :
        List.of(
            "http", "database", "customers", "documents", "cache", "ingest", "vectors", "spaces")) {
      config = config.withFallback(ConfigFactory.parseFile(new File("conf/" + name + ".conf")));
    }
    return config.withFallback(ConfigFactory.load()).resolve();
  }

  @Override
  public void close() {
    served.close();
  }
}
