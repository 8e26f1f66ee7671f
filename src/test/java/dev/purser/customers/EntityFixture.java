package dev.purser.customers;

import com.typesafe.config.Config;
import dev.purser.cache.Cache;
import dev.purser.customers.Customer.Apply;
import dev.purser.customers.Customer.Command;
import dev.purser.customers.Customer.Condition;
import dev.purser.customers.Customer.Read;
import dev.purser.customers.Customer.Reply;
import dev.purser.database.CustomerSave;
import dev.purser.database.Database;
import dev.purser.database.LoadReply;
import dev.purser.database.NodeLease;
import dev.purser.database.SaveReply;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Change;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Profile;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.jspecify.annotations.Nullable;

/// One customer among probes.
final class EntityFixture implements AutoCloseable {
  static final String ID = "12346";
  static final ServiceError DOWN =
      new ServiceError.Database(DatabaseCause.UNREACHABLE, "the database is away");

  /// A clock that tests move, and may make fail.
  static final class Clock implements InstantSource {
    volatile long millis = 1_700_000_000_000L;
    private final AtomicInteger failures = new AtomicInteger();

    /// Fails so often from now on.
    void breakDown(int times) {
      failures.set(times);
    }

    @Override
    public Instant instant() {
      return Instant.ofEpochMilli(millis());
    }

    @Override
    public long millis() {
      if (failures.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
        throw new IllegalStateException("the clock is broken");
      }
      return millis;
    }
  }

  final ActorTestKit kit;
  final Clock clock = new Clock();
  final Answers answers = new Answers(Duration.ofSeconds(30), () -> 0, NodeLease.unshared());
  final CustomersSettings settings;
  final TestProbe<Database.Command> database;
  final TestProbe<Cache.Command> cache;
  final TestProbe<Erasures.Command> erasures;
  final TestProbe<ClusterSharding.ShardCommand> shard;
  final ActorRef<Command> customer;
  final List<Ended> ended = new CopyOnWriteArrayList<>();

  /// What the follower was told.
  record Ended(CustomerSave save, SaveReply.@Nullable Saved saved) {}

  EntityFixture() {
    this("");
  }

  EntityFixture(String overrides) {
    Config config = Samples.config("pekko.actor.provider = local\n" + overrides);
    kit = ActorTestKit.create(config);
    settings = Samples.settings(config);
    database = kit.createTestProbe();
    cache = kit.createTestProbe();
    erasures = kit.createTestProbe();
    shard = kit.createTestProbe();
    Neighbours neighbours =
        new Neighbours(
            database.ref(),
            cache.ref(),
            erasures.ref(),
            answers,
            settings,
            clock,
            new CustomersMetrics(),
            (save, saved) -> ended.add(new Ended(save, saved)),
            NodeLease.unshared());
    customer = kit.spawn(Customer.create(ID, shard.ref(), neighbours));
  }

  TestProbe<Reply> read() {
    TestProbe<Reply> probe = kit.createTestProbe(Reply.class);
    customer.tell(new Read(deadline(), probe.ref()));
    return probe;
  }

  TestProbe<Reply> apply(Change... changes) {
    return apply(null, deadline(), changes);
  }

  TestProbe<Reply> apply(@Nullable Condition condition, long deadline, Change... changes) {
    TestProbe<Reply> probe = kit.createTestProbe(Reply.class);
    customer.tell(new Apply(List.of(changes), condition, false, deadline, probe.ref()));
    return probe;
  }

  long deadline() {
    return clock.millis + 10_000;
  }

  Database.Load expectLoad() {
    return database.expectMessageClass(Database.Load.class);
  }

  Cache.Get expectGet() {
    return cache.expectMessageClass(Cache.Get.class);
  }

  Database.Save expectSave() {
    return database.expectMessageClass(Database.Save.class);
  }

  /// Answers the first load and asks the cache for nothing more.
  EntityFixture loaded(Profile profile) {
    Database.Load load = expectLoad();
    Cache.Get get = expectGet();
    get.replyTo().tell(profile.stored() ? new Cache.Hit(profile) : new Cache.Miss());
    load.replyTo().tell(new LoadReply.Loaded(profile, 0, false));
    return this;
  }

  /// Both have failed: the database says so, the cache knows only `copy`.
  EntityFixture away(Cache.Reply copy) {
    expectLoad().replyTo().tell(new LoadReply.NotLoaded(DOWN));
    expectGet().replyTo().tell(copy);
    return this;
  }

  /// Answers a save as the database would that accepts everything.
  Profile accept(Database.Save save) {
    Profile after = Samples.profile(save.save().customer(), save.save().nextVersion());
    List<Outcome> outcomes =
        save.save().changes().stream().map(_ -> (Outcome) Outcome.ACCEPTED).toList();
    save.replyTo().tell(new SaveReply.Saved(after, outcomes));
    return after;
  }

  static Reply.Read readOf(TestProbe<Reply> probe) {
    return probe.expectMessageClass(Reply.Read.class);
  }

  static Reply.Applied appliedOf(TestProbe<Reply> probe) {
    return probe.expectMessageClass(Reply.Applied.class);
  }

  static Reply.Refused refusedOf(TestProbe<Reply> probe) {
    return probe.expectMessageClass(Reply.Refused.class);
  }

  @Override
  public void close() {
    kit.shutdownTestKit();
  }
}
