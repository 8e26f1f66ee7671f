package dev.purser.database;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import dev.purser.config.Keys;
import dev.purser.database.Database.Lane;
import dev.purser.faults.SupervisionLog;
import java.io.File;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BiFunction;
import java.util.function.Supplier;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// Callers of the database actor as the service has them: actors, each with one request in flight.
final class SlotCallers implements AutoCloseable {
  private static final long PATIENCE_MILLIS = 10_000;

  private final ActorSystem<Database.Command> system;
  private final AtomicInteger names = new AtomicInteger();

  /// @param overrides configuration that differs from the shipped one
  SlotCallers(Product product, String overrides) {
    Config config =
        ConfigFactory.parseString(
                "pekko { loglevel = WARNING, actor.provider = local }\n" + overrides)
            .withFallback(ConfigFactory.parseFile(new File("conf/pekko.conf")))
            .withFallback(ConfigFactory.parseFile(new File("conf/database.conf")))
            .withFallback(ConfigFactory.load())
            .resolve();
    DatabaseSettings settings =
        DatabaseSettings.read(new Keys(config.getConfig("purser")).at("database"));
    SupervisionLog log = new SupervisionLog(10, InstantSource.system());
    this.system =
        ActorSystem.create(
            Database.create(settings, product, InstantSource.system(), log), "bench", config);
  }

  /// Loads in a loop, as many callers as there are suppliers of ids.
  Latencies.Pace loads(List<Supplier<String>> callers, double seconds) throws Exception {
    return this.<Supplier<String>, LoadReply>run(
        callers,
        seconds,
        (next, self) -> new Database.Load(next.get(), deadline(), self),
        (_, reply) -> {
          if (!(reply instanceof LoadReply.Loaded loaded) || !loaded.profile().stored()) {
            throw new IllegalStateException(reply.toString());
          }
        });
  }

  /// Saves in a loop, as many callers as there are spenders.
  Latencies.Pace saves(List<Spender> callers, double seconds) throws Exception {
    return this.<Spender, SaveReply>run(
        callers,
        seconds,
        (spender, self) -> new Database.Save(spender.next(), Lane.INTERACTIVE, deadline(), self),
        (spender, reply) -> {
          if (!(reply instanceof SaveReply.Saved saved)) {
            throw new IllegalStateException(reply.toString());
          }
          spender.saved(saved.profile());
        });
  }

  /// One load, asked by a thread that waits for its answer.
  void load(String customer) {
    LoadReply reply =
        AskPattern.<Database.Command, LoadReply>ask(
                system,
                self -> new Database.Load(customer, deadline(), self),
                Duration.ofMillis(PATIENCE_MILLIS),
                system.scheduler())
            .toCompletableFuture()
            .join();
    if (!(reply instanceof LoadReply.Loaded loaded) || !loaded.profile().stored()) {
      throw new IllegalStateException(reply.toString());
    }
  }

  /// How many connections of a kind are open.
  long open(String kind) {
    return AskPattern.ask(
            system, Database.Slots::new, Duration.ofMillis(PATIENCE_MILLIS), system.scheduler())
        .toCompletableFuture()
        .join()
        .slots()
        .stream()
        .filter(s -> s.kind().equals(kind) && s.openedMillis() > 0)
        .count();
  }

  private static long deadline() {
    return System.currentTimeMillis() + PATIENCE_MILLIS;
  }

  private interface Checked<S, R> {
    void check(S source, R reply);
  }

  private <S, R> Latencies.Pace run(
      List<S> callers,
      double seconds,
      BiFunction<S, ActorRef<R>, Database.Command> request,
      Checked<S, R> check)
      throws InterruptedException {
    CountDownLatch ended = new CountDownLatch(callers.size());
    List<Latencies> latencies = new ArrayList<>();
    long start = System.nanoTime();
    long end = start + (long) (seconds * 1e9);
    for (S source : callers) {
      Caller<S, R> caller = new Caller<>(source, request, check, end, ended);
      latencies.add(caller.latencies);
      var _ =
          system.systemActorOf(
              caller.create(system), "caller-" + names.incrementAndGet(), Props.empty());
    }
    ended.await();
    return Latencies.pace(latencies, (System.nanoTime() - start) / 1e9);
  }

  /// One caller: an actor that sends its next request when the last was answered, until `end`.
  private static final class Caller<S, R> {
    private final S source;
    private final BiFunction<S, ActorRef<R>, Database.Command> request;
    private final Checked<S, R> check;
    private final long end;
    private final CountDownLatch ended;
    final Latencies latencies = new Latencies();
    private long sent;

    Caller(
        S source,
        BiFunction<S, ActorRef<R>, Database.Command> request,
        Checked<S, R> check,
        long end,
        CountDownLatch ended) {
      this.source = source;
      this.request = request;
      this.check = check;
      this.end = end;
      this.ended = ended;
    }

    Behavior<R> create(ActorRef<Database.Command> database) {
      return Behaviors.setup(
          context -> {
            send(database, context.getSelf(), System.nanoTime());
            return Behaviors.receiveMessage(reply -> on(database, context.getSelf(), reply));
          });
    }

    private Behavior<R> on(ActorRef<Database.Command> database, ActorRef<R> self, R reply) {
      long now = System.nanoTime();
      latencies.add(now - sent);
      check.check(source, reply);
      if (now >= end) {
        ended.countDown();
        return Behaviors.stopped();
      }
      send(database, self, now);
      return Behaviors.same();
    }

    private void send(ActorRef<Database.Command> database, ActorRef<R> self, long now) {
      sent = now;
      database.tell(request.apply(source, self));
    }
  }

  @Override
  public void close() {
    system.terminate();
    system.getWhenTerminated().toCompletableFuture().join();
  }
}
