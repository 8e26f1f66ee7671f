package dev.purser.cache;

import com.typesafe.config.ConfigFactory;
import dev.purser.config.Keys;
import dev.purser.faults.SupervisionLog;
import java.io.File;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;

/// One node's cache on a Redis, as shipped (`conf/cache.conf`) but for what a test overrides.
final class RedisFixture implements AutoCloseable {
  /// As shipped, on a machine that runs a dozen other tests: quick enough is what it is here.
  private static final String PATIENT =
      """
      purser.cache.redis.command-timeout = 5 s
      purser.cache.redis.silence = 10 s
      purser.cache.redis.connect-timeout = 10 s
      purser.cache.redis.backoff-cap = 200 ms
      purser.cache.redis.breaker.slow = 5 s
      purser.cache.redis.breaker.pause-first = 50 ms
      purser.cache.redis.breaker.pause-cap = 100 ms
      purser.cache.time-to-live = 10 m
      purser.cache.absent-time-to-live = 1 m
      """;

  private static final Duration PATIENCE = Duration.ofSeconds(30);

  final ActorTestKit kit;
  final ActorRef<Cache.Command> cache;
  final SupervisionLog log = new SupervisionLog(50, InstantSource.system());
  final TestProbe<Cache.Standing> standing;
  final TestProbe<Cache.Reply> replies;
  final TestProbe<Cache.Confirmed> confirmed;
  final TestProbe<Cache.ClearReply> cleared;

  RedisFixture(ActorTestKit kit, String url, String... overrides) {
    this.kit = kit;
    standing = kit.createTestProbe();
    replies = kit.createTestProbe();
    confirmed = kit.createTestProbe();
    cleared = kit.createTestProbe();
    CacheSettings settings = settings(url, overrides);
    cache =
        kit.spawn(
            Behaviors.supervise(Cache.create(settings, false, log, standing.ref()))
                .onFailure(SupervisorStrategy.restart()));
  }

  static Keys keys(String url, String... overrides) {
    return new Keys(
        ConfigFactory.parseString(String.join("\n", overrides))
            .withFallback(ConfigFactory.parseString(PATIENT))
            .withFallback(ConfigFactory.parseString("purser.cache.url = \"" + url + "\""))
            .withFallback(ConfigFactory.parseFile(new File("conf/cache.conf")))
            .resolve()
            .getConfig("purser"));
  }

  static CacheSettings settings(String url, String... overrides) {
    Keys keys = keys(url, overrides);
    CacheSettings settings = CacheSettings.read(keys.at("cache"));
    if (!keys.reasons().isEmpty()) {
      throw new IllegalArgumentException(keys.reasons().toString());
    }
    return settings;
  }

  /// Waits until it can be used, whatever it said before.
  RedisFixture well() {
    awaitStanding(false);
    return this;
  }

  /// Waits until it says that something is wrong.
  String ill() {
    return awaitStanding(true);
  }

  private String awaitStanding(boolean degraded) {
    while (true) {
      Cache.Standing now = standing.receiveMessage(PATIENCE);
      if (now.degraded() == degraded) {
        return String.valueOf(now.trouble());
      }
    }
  }

  /// What operators are told, newest first.
  List<String> sentences() {
    return log.latest().stream().map(SupervisionLog.Entry::message).toList();
  }

  Cache.Reply get(String id) {
    cache.tell(new Cache.Get(id, replies.ref()));
    return replies.receiveMessage(PATIENCE);
  }

  void put(String id, long version) {
    cache.tell(new Cache.Put(CacheTest.profile(id, version)));
  }

  void erase(String id, long version) {
    cache.tell(new Cache.PutAbsent(id, version, confirmed.ref()));
  }

  void expectConfirmed(String id, long version) {
    confirmed.expectMessage(PATIENCE, new Cache.Confirmed(id, version));
  }

  static Cache.Hit hit(String id, long version) {
    return new Cache.Hit(CacheTest.profile(id, version));
  }

  @Override
  public void close() {
    kit.stop(cache);
  }
}
