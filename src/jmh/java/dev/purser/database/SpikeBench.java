package dev.purser.database;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import dev.purser.config.Keys;
import dev.purser.faults.ServiceError;
import dev.purser.faults.SupervisionLog;
import dev.purser.slots.Connector;
import dev.purser.testing.FaultyProxy;
import io.zonky.test.db.postgres.embedded.EmbeddedPostgres;
import java.io.File;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;

/// The spike of HikariCP's pool analysis ("Welcome to the jungle", 2017): 50 callers at once, each
/// with 2 ms of work, where a connection takes 150 ms to open. Prints for our slots and for
/// HikariCP, in the same run and against the same PostgreSQL, how many connections the burst opened
/// and after how long the last caller had its answer; the median of the rounds.
///
/// Both begin with 5 connections and may open 50. The work is `pg_sleep`, as a question each, which
/// our slots do not coalesce; the opening is slowed by a proxy.
///
/// Run: `java -cp <test class path> dev.purser.database.SpikeBench [rounds]`
public final class SpikeBench {
  private static final int CALLERS = 50;
  private static final int FIRST = 5;
  private static final String WORK = "SELECT pg_sleep(0.002)";

  private SpikeBench() {}

  /// What one burst did.
  private record Burst(int opened, long lastMicros) {}

  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 7;
    try (EmbeddedPostgres server =
            EmbeddedPostgres.builder().setLocaleConfig("locale", "C.UTF-8").start();
        FaultyProxy proxy = new FaultyProxy("127.0.0.1", server.getPort())) {
      proxy.delayConnects(Duration.ofMillis(150));
      List<Burst> ours = new ArrayList<>();
      List<Burst> theirs = new ArrayList<>();
      for (int i = 0; i <= rounds; i++) {
        Burst slots = slots(proxy);
        Burst hikari = hikari(proxy);
        // The first round warms up.
        if (i > 0) {
          ours.add(slots);
          theirs.add(hikari);
        }
      }
      print("slots", ours);
      print("HikariCP", theirs);
    }
  }

  private static void print(String who, List<Burst> bursts) {
    int[] opened = bursts.stream().mapToInt(Burst::opened).sorted().toArray();
    long[] micros = bursts.stream().mapToLong(Burst::lastMicros).sorted().toArray();
    System.out.printf(
        "%-9s opened %d (%s), last answer after %.1f ms (%s)%n",
        who,
        opened[opened.length / 2],
        Arrays.toString(opened),
        micros[micros.length / 2] / 1_000.0,
        Arrays.toString(micros));
  }

  /// Waits until connections that were ordered have been opened, twice the time that one takes.
  private static Burst settled(FaultyProxy proxy, int before, long lastNanos)
      throws InterruptedException {
    Thread.sleep(1_000);
    return new Burst(proxy.opened() - before, lastNanos / 1_000);
  }

  private static Burst hikari(FaultyProxy proxy) throws Exception {
    HikariConfig config = new HikariConfig();
    config.setJdbcUrl(url(proxy));
    config.setUsername("postgres");
    config.setMinimumIdle(FIRST);
    config.setMaximumPoolSize(CALLERS);
    try (HikariDataSource pool = new HikariDataSource(config)) {
      while (pool.getHikariPoolMXBean().getIdleConnections() < FIRST) {
        Thread.sleep(20);
      }
      int before = proxy.opened();
      CountDownLatch go = new CountDownLatch(1);
      CountDownLatch done = new CountDownLatch(CALLERS);
      AtomicLong last = new AtomicLong();
      for (int i = 0; i < CALLERS; i++) {
        Thread.ofVirtual().start(() -> borrow(pool, go, done, last));
      }
      Thread.sleep(50);
      long began = System.nanoTime();
      go.countDown();
      done.await();
      return settled(proxy, before, last.get() - began);
    }
  }

  private static void borrow(
      HikariDataSource pool, CountDownLatch go, CountDownLatch done, AtomicLong last) {
    try {
      go.await();
      try (Connection c = pool.getConnection();
          Statement s = c.createStatement()) {
        s.execute(WORK);
      }
      last.accumulateAndGet(System.nanoTime(), Math::max);
      done.countDown();
    } catch (SQLException | InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Burst slots(FaultyProxy proxy) throws Exception {
    Config config =
        ConfigFactory.parseString(
                """
                pekko.loglevel = WARNING
                purser.database.slots.elastic { readers-min = %d, readers-max = %d }
                """
                    .formatted(FIRST, CALLERS))
            .withFallback(ConfigFactory.parseFile(new File("conf/database.conf")))
            .withFallback(ConfigFactory.load())
            .resolve();
    DatabaseSettings settings =
        DatabaseSettings.read(new Keys(config.getConfig("purser")).at("database"));
    PostgresUrl url =
        PostgresUrl.parse("postgresql://postgres@127.0.0.1:" + proxy.port() + "/postgres");
    Product product =
        new Sleeping(
            new PostgresProduct(url, settings.postgres(), settings.slots().workLimit()),
            url(proxy));
    ActorSystem<Database.Command> system =
        ActorSystem.create(
            Database.create(
                settings,
                product,
                InstantSource.system(),
                new SupervisionLog(10, InstantSource.system())),
            "spike",
            config);
    try {
      while (serving(system) < FIRST) {
        Thread.sleep(20);
      }
      int before = proxy.opened();
      CountDownLatch done = new CountDownLatch(CALLERS);
      AtomicLong last = new AtomicLong();
      long began = System.nanoTime();
      for (int i = 0; i < CALLERS; i++) {
        ask(system)
            .thenAccept(
                answer -> {
                  if (!(answer instanceof Database.Answer.Found<List<RunRow>>)) {
                    throw new IllegalStateException(answer.toString());
                  }
                  last.accumulateAndGet(System.nanoTime(), Math::max);
                  done.countDown();
                });
      }
      done.await();
      return settled(proxy, before, last.get() - began);
    } finally {
      system.terminate();
      system.getWhenTerminated().toCompletableFuture().join();
    }
  }

  private static CompletionStage<Database.Answer<List<RunRow>>> ask(
      ActorSystem<Database.Command> system) {
    return AskPattern.ask(
        system,
        replyTo ->
            new Database.Ask<>(
                new Query.Runs(1, null), System.currentTimeMillis() + 10_000, replyTo),
        Duration.ofSeconds(10),
        system.scheduler());
  }

  private static long serving(ActorSystem<Database.Command> system) {
    CompletionStage<Database.SlotList> list =
        AskPattern.ask(system, Database.Slots::new, Duration.ofSeconds(10), system.scheduler());
    return list.toCompletableFuture().join().slots().stream()
        .filter(s -> s.kind().equals("reader") && s.openedMillis() > 0)
        .count();
  }

  private static String url(FaultyProxy proxy) {
    return "jdbc:postgresql://127.0.0.1:" + proxy.port() + "/postgres";
  }

  /// PostgreSQL whose reading connections answer every question with 2 ms of sleep.
  ///
  /// @param url of bare connections, one for each reading session
  private record Sleeping(Product real, String url) implements Product {

    @Override
    public Connector<Store> writer() {
      return real.writer();
    }

    @Override
    public Connector<Store> reader() {
      return new SleepingConnector(real.reader(), url);
    }

    @Override
    public @Nullable Connector<Store> syncer() {
      return null;
    }

    @Override
    public @Nullable Checkpoints checkpoints() {
      return real.checkpoints();
    }

    @Override
    public boolean elastic() {
      return true;
    }

    @Override
    public Room room() throws Exception {
      return real.room();
    }
  }

  private record SleepingConnector(Connector<Store> real, String url) implements Connector<Store> {

    @Override
    public Store open() throws Exception {
      return new SleepingStore(DriverManager.getConnection(url, "postgres", ""));
    }

    @Override
    public void validate(Store store) throws Exception {
      store.validate();
    }

    @Override
    public void interrupt(Store store) {
      store.interrupt();
    }

    @Override
    public void close(Store store) throws Exception {
      store.close();
    }

    @Override
    public ServiceError explain(Throwable failure) {
      return real.explain(failure);
    }
  }
}
