package dev.purser.vectors;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.purser.config.Keys;
import dev.purser.database.CustomerSave;
import dev.purser.database.Database;
import dev.purser.database.DatabaseSettings;
import dev.purser.database.NodeLease;
import dev.purser.database.SaveReply;
import dev.purser.faults.SupervisionLog;
import dev.purser.ledger.Change;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Profile;
import dev.purser.ledger.Purchase;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.cluster.typed.Join;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The feed over real partitions and a real database.
final class TasteFeedTest {
  private static final String OVERRIDES =
      """
      # No comparison but those at start and on demand; one page of it fits into what may wait.
      purser.spaces.taste { reconcile = 1 d, pending = 2, page = 2 }
      pekko {
        loglevel = OFF
        actor.provider = cluster
        actor.allow-java-serialization = off
        actor.serialization-bindings { "dev.purser.cluster.Wire" = jackson-cbor }
        remote.artery.canonical { hostname = "127.0.0.1", port = 0 }
        cluster.jmx.multi-mbeans-in-same-jvm = on
        cluster.sharding.retry-interval = 100 ms
        cluster.periodic-tasks-initial-delay = 100 ms
        cluster.leader-actions-interval = 100 ms
        coordinated-shutdown.exit-jvm = off
      }
      """;

  private static final Purchase PURCHASE =
      new Purchase("1", "TEA", null, 1, 500, "GBP", 0, 0, Map.of());
  private static final AtomicLong CHANGE_IDS = new AtomicLong();

  @TempDir private Path folder;
  private ActorTestKit kit;
  private ActorRef<Database.Command> database;
  private Tastes tastes;
  private TasteReading reading;
  private SaveReply.Saved lastSaved;

  @BeforeEach
  void start() {
    Config config = ConfigFactory.parseString(OVERRIDES);
    for (String name : List.of("database", "vectors", "spaces")) {
      config = config.withFallback(ConfigFactory.parseFile(new File("conf/" + name + ".conf")));
    }
    config = config.withFallback(ConfigFactory.load()).resolve();
    kit = ActorTestKit.create("tastes", config);
    Keys keys = new Keys(config.getConfig("purser"));
    InstantSource clock = InstantSource.system();
    database =
        kit.spawn(
            Database.create(
                DatabaseSettings.read(keys.at("database")),
                folder.resolve("purser.db"),
                clock,
                new SupervisionLog(50, clock)));
    Cluster cluster = Cluster.get(kit.system());
    cluster.manager().tell(Join.create(cluster.selfMember().address()));
    Spaces spaces =
        Spaces.start(
            kit.system(),
            database,
            SpacesSettings.read(keys.at("spaces")),
            clock,
            NodeLease.unshared());
    TasteSettings settings = SpacesSettings.read(keys.at("spaces")).taste();
    assertThat(keys.reasons()).isEmpty();
    var _ = join(spaces.loaded());
    tastes = spaces.taste();
    reading = new TasteReading(kit.system(), database, settings, clock);
  }

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  private static <T> T join(CompletionStage<T> stage) {
    return stage.toCompletableFuture().orTimeout(20, TimeUnit.SECONDS).join();
  }

  private static long soon() {
    return System.currentTimeMillis() + 20_000;
  }

  /// Saves a purchase of a new customer, and tells nobody.
  private CustomerSave saveQuietly(String customer) {
    return saveQuietly(Profile.absent(customer), 0, PURCHASE);
  }

  private CustomerSave saveQuietly(Profile base, long floor, Change change) {
    long now = System.currentTimeMillis();
    long changeId = CHANGE_IDS.incrementAndGet();
    var save = new CustomerSave(base.id(), changeId, base, floor, now, List.of(change));
    lastSaved = (SaveReply.Saved) reply(save);
    return save;
  }

  private SaveReply reply(CustomerSave save) {
    TestProbe<SaveReply> probe = kit.createTestProbe();
    database.tell(new Database.Save(save, Database.Lane.INTERACTIVE, soon(), probe.ref()));
    return probe.receiveMessage(Duration.ofSeconds(20));
  }

  private long count() {
    return join(tastes.count(soon()));
  }

  private void await(Runnable assertion) {
    kit.createTestProbe()
        .awaitAssert(
            Duration.ofSeconds(20),
            () -> {
              assertion.run();
              return null;
            });
  }

  /// Whatever is compared at start has been.
  private void awaitCompared() {
    await(() -> assertThat(join(tastes.rebuild())).isTrue());
    await(() -> assertThat(join(tastes.rebuild())).isTrue());
  }

  @Test
  @SuppressWarnings("NullAway") // the null is what makes it fail
  void failure_restartsAndComparesAnew() {
    awaitCompared();
    await(() -> assertThat(join(tastes.rebuild())).isTrue());
    var _ = saveQuietly("a");
    tastes.feed.tell(new TasteFeed.Await("unknown", null));
    await(() -> assertThat(count()).isEqualTo(1));
    assertThat(join(tastes.get("a", soon()))).isPresent();
  }

  /// The customer was absent when it was read, and is there again when that arrives.
  @Test
  void absence_readBeforeTheCustomerWasMadeAnew_leavesItsTaste() {
    awaitCompared();
    CustomerSave first = saveQuietly("a");
    CustomerSave erasure = saveQuietly(lastSaved.profile(), 0, new Erase(false));
    TasteNews absent = join(reading.read("a"));
    CustomerSave anew = saveQuietly(Profile.absent("a"), erasure.nextVersion(), PURCHASE);
    assertThat(anew.nextVersion()).isGreaterThan(first.nextVersion());
    tastes.saved(anew, lastSaved);
    join(tastes.settled("a"));
    assertThat(join(tastes.get("a", soon()))).isPresent();
    tastes.feed.tell(new TasteFeed.News("a", absent));
    join(tastes.settled("a"));
    assertThat(join(tastes.get("a", soon()))).isPresent();
  }

  @Test
  void rebuild_whileAComparisonRuns_isNotBegunTwice() {
    awaitCompared();
    for (int i = 0; i < 50; i++) {
      var _ = saveQuietly("c" + i);
    }
    await(() -> assertThat(join(tastes.rebuild())).isTrue());
    assertThat(join(tastes.rebuild())).isFalse();
  }

  @Test
  void news_beyondTheLimit_droppedAndFoundByAComparison() {
    awaitCompared();
    for (int i = 0; i < 5; i++) {
      CustomerSave save = saveQuietly("c" + i);
      tastes.saved(save, null); // to be read, and two of them are all that may wait
    }
    await(
        () -> {
          var _ = join(tastes.rebuild());
          assertThat(count()).isEqualTo(5);
        });
  }
}
