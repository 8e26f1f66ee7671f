package dev.purser.database;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.purser.config.Keys;
import dev.purser.database.Database.Lane;
import dev.purser.faults.Supervised;
import dev.purser.faults.SupervisionLog;
import dev.purser.ledger.Change;
import dev.purser.ledger.Profile;
import java.io.File;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;

/// A database actor on a real database, with the settings as shipped but for faster clocks, and one
/// writer on every product unless a test says otherwise.
final class DatabaseFixture implements AutoCloseable {
  static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final AtomicLong CHANGE_IDS = new AtomicLong(1);

  private static final String QUICK =
      """
      purser.database {
        slots { backoff-first = 1 ms, backoff-cap = 50 ms, look = 20 ms, work-limit = 400 ms }
        slots.elastic { writers-min = 1, spread-saves = 100 }
        tick = 20 ms
        disk { watermark = 1 KiB, probe = 50 ms }
        retry { busy-first = 1 ms, busy-cap = 5 ms }
        sqlite { busy-timeout = 20 ms, cache = 1 MiB }
      }
      """;

  final ActorTestKit kit;
  final DatabaseSettings settings;
  final WrappedProduct product;
  final SupervisionLog log = new SupervisionLog(50, InstantSource.system());
  final TestProbe<Standing> standing;
  final ActorRef<Database.Command> database;

  /// On an SQLite file.
  DatabaseFixture(Path folder) {
    this(folder, "", s -> s, s -> s);
  }

  /// On an SQLite file.
  DatabaseFixture(
      Path folder, String conf, UnaryOperator<Store> writers, UnaryOperator<Store> readers) {
    this(TestProduct.SQLITE, folder, conf, writers, readers);
  }

  DatabaseFixture(
      TestProduct on,
      Path folder,
      String conf,
      UnaryOperator<Store> writers,
      UnaryOperator<Store> readers) {
    this(settings -> on.open(folder, settings), conf, writers, readers);
  }

  DatabaseFixture(
      Function<DatabaseSettings, Product> real,
      String conf,
      UnaryOperator<Store> writers,
      UnaryOperator<Store> readers) {
    this(conf, settings -> new WrappedProduct(real.apply(settings), writers, readers));
  }

  /// On whatever product the settings give.
  DatabaseFixture(String conf, Function<DatabaseSettings, WrappedProduct> product) {
    Config config = config(conf);
    kit = ActorTestKit.create(config);
    settings = settings(config);
    this.product = product.apply(settings);
    standing = kit.createTestProbe(Standing.class);
    database = kit.spawn(supervised());
    database.tell(new Database.Watch(standing.ref()));
  }

  /// As the root spawns it.
  Behavior<Database.Command> supervised() {
    return Supervised.with(
        Database.supervision(settings),
        Database.create(settings, product, InstantSource.system(), log));
  }

  /// On an SQLite file, whose product is `wrapped` by the test before it is used.
  static DatabaseFixture onFile(Path folder, String conf, Consumer<WrappedProduct> wrapped) {
    return new DatabaseFixture(
        conf,
        settings -> {
          WrappedProduct product =
              new WrappedProduct(
                  new SqliteProduct(folder.resolve("purser.db"), settings.sqlite()),
                  s -> s,
                  s -> s);
          wrapped.accept(product);
          return product;
        });
  }

  static Config config(String conf) {
    return ConfigFactory.parseString(
            """
            pekko.actor.serialize-messages = on
            pekko.actor.allow-java-serialization = off
            pekko.log-dead-letters = off
            """)
        .withFallback(ConfigFactory.parseString(conf))
        .withFallback(ConfigFactory.parseString(QUICK))
        .withFallback(ConfigFactory.parseFile(new File("conf/database.conf")))
        .withFallback(ConfigFactory.load())
        .resolve();
  }

  static DatabaseSettings settings(Config config) {
    Keys keys = new Keys(config.getConfig("purser"));
    DatabaseSettings settings = DatabaseSettings.read(keys.at("database"));
    keys.refuseUnread();
    assertThat(keys.reasons()).isEmpty();
    return settings;
  }

  /// Waits until every slot is open.
  DatabaseFixture ready() {
    awaitStanding(s -> s.ready() && s.reading() && s.writing());
    return this;
  }

  Standing awaitStanding(java.util.function.Predicate<Standing> wanted) {
    Standing s = standing.receiveMessage(PATIENCE);
    while (!wanted.test(s)) {
      s = standing.receiveMessage(PATIENCE);
    }
    return s;
  }

  static CustomerSave save(Profile base, Change... changes) {
    return new CustomerSave(
        base.id(),
        CHANGE_IDS.getAndIncrement(),
        base,
        0,
        System.currentTimeMillis(),
        List.of(changes));
  }

  static CustomerSave first(String customer, Change... changes) {
    return save(Profile.absent(customer), changes);
  }

  static long in(Duration patience) {
    return System.currentTimeMillis() + patience.toMillis();
  }

  TestProbe<SaveReply> save(CustomerSave save) {
    return save(save, Lane.INTERACTIVE, PATIENCE);
  }

  TestProbe<SaveReply> save(CustomerSave save, Lane lane, Duration patience) {
    TestProbe<SaveReply> probe = kit.createTestProbe(SaveReply.class);
    database.tell(new Database.Save(save, lane, in(patience), probe.ref()));
    return probe;
  }

  TestProbe<LoadReply> load(String customer) {
    return load(customer, PATIENCE);
  }

  TestProbe<LoadReply> load(String customer, Duration patience) {
    TestProbe<LoadReply> probe = kit.createTestProbe(LoadReply.class);
    database.tell(new Database.Load(customer, in(patience), probe.ref()));
    return probe;
  }

  @SuppressWarnings("unchecked")
  <T> TestProbe<Database.Answer<T>> ask(Query<T> query) {
    TestProbe<Database.Answer<T>> probe =
        (TestProbe<Database.Answer<T>>) (TestProbe<?>) kit.createTestProbe();
    database.tell(new Database.Ask<>(query, in(PATIENCE), probe.ref()));
    return probe;
  }

  static SaveReply.Saved saved(TestProbe<SaveReply> probe) {
    return probe.expectMessageClass(SaveReply.Saved.class, PATIENCE);
  }

  static SaveReply.NotSaved notSaved(TestProbe<SaveReply> probe) {
    return probe.expectMessageClass(SaveReply.NotSaved.class, PATIENCE);
  }

  static LoadReply.Loaded loaded(TestProbe<LoadReply> probe) {
    return probe.expectMessageClass(LoadReply.Loaded.class, PATIENCE);
  }

  @Override
  public void close() {
    kit.shutdownTestKit();
  }
}
