package dev.purser.customers;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import dev.purser.cache.Cache;
import dev.purser.config.Keys;
import dev.purser.customers.Customer.Reply;
import dev.purser.database.Database;
import dev.purser.database.DatabaseSettings;
import dev.purser.database.NodeLease;
import dev.purser.faults.Supervised;
import dev.purser.faults.SupervisionLog;
import dev.purser.ledger.Change;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;

/// A node of one, with customers on a real SQLite file.
final class NodeFixture implements AutoCloseable {
  final ActorTestKit kit;
  final Customers customers;
  final ActorRef<Database.Command> database;
  final ActorRef<Cache.Command> cache;

  NodeFixture(Path folder) {
    this(folder, "", database -> database);
  }

  /// `between` may put an actor of the test's before the database.
  NodeFixture(
      Path folder,
      String overrides,
      Function<ActorRef<Database.Command>, ActorRef<Database.Command>> between) {
    Config config = Samples.config(overrides);
    kit = ActorTestKit.create(config);
    InstantSource clock = InstantSource.system();
    SupervisionLog log = new SupervisionLog(50, clock);
    DatabaseSettings settings =
        DatabaseSettings.read(new Keys(config.getConfig("purser")).at("database"));
    database =
        kit.spawn(
            Supervised.with(
                Database.supervision(settings),
                Database.create(settings, folder.resolve("purser.db"), clock, log)));
    cache = kit.spawn(Cache.create(Samples.cache(config), false, log, kit.system().ignoreRef()));
    Cluster cluster = Cluster.get(kit.system());
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    customers =
        Customers.start(
            kit.system(),
            between.apply(database),
            cache,
            Samples.settings(config),
            clock,
            Following.NOBODY,
            NodeLease.unshared());
  }

  static long soon() {
    return System.currentTimeMillis() + 20_000;
  }

  Reply read(String id) {
    return await(customers.read(id, soon()));
  }

  Reply.Applied apply(String id, Change... changes) {
    Reply reply = await(customers.apply(id, List.of(changes), null, false, soon()));
    assertThat(reply).isInstanceOf(Reply.Applied.class);
    return (Reply.Applied) reply;
  }

  static <T> T await(CompletionStage<T> stage) {
    try {
      return stage.toCompletableFuture().get(60, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    kit.shutdownTestKit();
  }
}
