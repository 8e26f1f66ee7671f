package dev.purser.cache;

import static dev.purser.cache.RedisFixture.hit;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.testing.RedisServer;
import java.time.Duration;
import java.util.List;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What a Redis that fails does to its cache: misses, and a sentence.
final class RedisFaultsTest {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private static final Cache.Miss MISS = new Cache.Miss();

  /// As shipped: what a stalled Redis may cost is what these tests are about.
  private static final String[] IMPATIENT = {
    "purser.cache.redis.command-timeout = 100 ms",
    "purser.cache.redis.silence = 1 s",
    "purser.cache.redis.connect-timeout = 1 s",
  };

  private RedisServer server;

  @BeforeEach
  void start() {
    server = RedisServer.start();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @AfterAll
  static void close() {
    KIT.shutdownTestKit();
  }

  private RedisFixture node(String... overrides) {
    return new RedisFixture(KIT, server.url(), overrides).well();
  }

  @Test
  void killed_missesThenHealsByItself() {
    try (RedisFixture node = node()) {
      node.put("a", 5);
      assertThat(node.get("a")).isEqualTo(hit("a", 5));
      server.kill();
      assertThat(node.ill()).contains("127.0.0.1:" + server.port());
      assertThat(node.get("a")).isEqualTo(MISS);
      node.put("a", 6);
      node.erase("b", 7);
      node.confirmed.expectNoMessage(Duration.ofMillis(300));
      server.restart();
      node.well();
      assertThat(node.get("a")).as("a put is dropped, not kept for later").isEqualTo(MISS);
      node.erase("b", 7);
      node.expectConfirmed("b", 7);
      assertThat(node.get("b")).isEqualTo(new Cache.Absent(7));
      assertThat(node.sentences().toString()).contains("was lost").contains("cannot be reached");
    }
  }

  @Test
  void killed_inTheMidstOfCommands_healsEachTime() {
    try (RedisFixture node = node()) {
      for (int round = 1; round <= 5; round++) {
        for (int i = 0; i < 500; i++) {
          node.put("a", round * 1_000L + i);
          node.cache.tell(new Cache.Get("b", node.replies.ref()));
        }
        server.kill();
        assertThat(node.replies.receiveSeveralMessages(500)).as("all answered").hasSize(500);
        node.ill();
        server.restart();
        node.well();
        node.put("a", round);
        assertThat(node.get("a")).isEqualTo(hit("a", round));
      }
    }
  }

  @Test
  void notThereAtStart_missesAndFoundLater() {
    server.kill();
    try (RedisFixture node = new RedisFixture(KIT, server.url())) {
      assertThat(node.get("a")).isEqualTo(MISS);
      assertThat(node.ill()).contains("cannot be reached").contains("purser.cache.url");
      node.cache.tell(new Cache.Clear(node.cleared.ref()));
      node.cleared.expectMessage(Clearing.AWAY);
      server.restart();
      node.well();
      node.put("a", 5);
      assertThat(node.get("a")).isEqualTo(hit("a", 5));
      assertThat(node.sentences()).as("told once, however often it was tried").hasSize(1);
    }
  }

  /// A snapshot of before an erasure brings the erased customer's copy back into Redis; nobody
  /// reads it, and it is removed.
  @Test
  void killed_snapshotOfBeforeAnErasure_nothingComesBack() {
    try (RedisFixture node = node()) {
      node.put("a", 5);
      assertThat(node.get("a")).isEqualTo(hit("a", 5));
      server.save();
      List<String> before = server.keys("purser:");
      assertThat(before).hasSize(1);
      node.erase("a", 6);
      node.expectConfirmed("a", 6);
      server.kill();
      node.ill();
      server.restart();
      node.well();
      assertThat(node.get("a")).isEqualTo(MISS);
      node.standing.awaitAssert(
          () -> {
            assertThat(server.keys("purser:")).doesNotContainAnyElementsOf(before);
            return null;
          });
    }
  }

  @Test
  void stalled_missesUntilItGoesOn() {
    try (RedisFixture node = node(IMPATIENT)) {
      node.put("a", 5);
      assertThat(node.get("a")).isEqualTo(hit("a", 5));
      server.stall();
      assertThat(node.get("a")).isEqualTo(MISS);
      assertThat(node.ill()).contains("has not answered").contains("replaced");
      assertThat(node.get("a")).isEqualTo(MISS);
      server.resume();
      node.well();
      node.standing.awaitAssert(
          () -> {
            assertThat(node.get("a")).isEqualTo(hit("a", 5));
            return null;
          });
    }
  }

  @Test
  void slow_breakerOpensAndClosesAgain() {
    try (RedisFixture node =
        node(
            "purser.cache.redis.command-timeout = 100 ms",
            "purser.cache.redis.silence = 60 s",
            "purser.cache.redis.breaker.slow = 80 ms")) {
      node.put("a", 5);
      assertThat(node.get("a")).isEqualTo(hit("a", 5));
      server.pause(Duration.ofSeconds(3));
      for (int i = 0; i < 40; i++) {
        node.cache.tell(new Cache.Get("a", node.replies.ref()));
      }
      assertThat(node.replies.receiveSeveralMessages(40)).containsOnly(MISS);
      assertThat(node.ill()).contains("too slow").contains("left alone");
      assertThat(node.get("a")).isEqualTo(MISS);
      node.well();
      assertThat(node.get("a")).isEqualTo(hit("a", 5));
    }
  }

  @Test
  void stalled_inFlightFull_restDroppedAndBounded() {
    try (RedisFixture node =
        node(
            "purser.cache.redis.in-flight = 10",
            "purser.cache.redis.command-timeout = 60 s",
            "purser.cache.redis.silence = 60 s")) {
      node.put("a", 5);
      assertThat(node.get("a")).isEqualTo(hit("a", 5));
      server.stall();
      for (int i = 0; i < 50; i++) {
        node.cache.tell(new Cache.Get("a", node.replies.ref()));
      }
      assertThat(node.replies.receiveSeveralMessages(40)).as("at once").containsOnly(MISS);
      node.replies.expectNoMessage(Duration.ofMillis(200));
      server.resume();
      assertThat(node.replies.receiveSeveralMessages(10)).containsOnly(hit("a", 5));
    }
  }

  @Test
  void full_putsRefusedAndReadsGoOn() {
    try (RedisFixture node = node()) {
      node.put("a", 5);
      assertThat(node.get("a")).isEqualTo(hit("a", 5));
      server.ask(r -> r.configSet("maxmemory", "1"));
      node.put("a", 6);
      assertThat(node.ill()).contains("refuses").contains("more memory");
      assertThat(node.get("a")).isEqualTo(hit("a", 5));
      node.erase("a", 7);
      node.confirmed.expectNoMessage(Duration.ofMillis(300));
      for (int i = 0; i < 100; i++) {
        node.put("a", 6);
      }
      assertThat(node.get("a")).as("refused writes do not open the breaker").isEqualTo(hit("a", 5));
      assertThat(node.sentences()).as("one each for puts and marks").hasSize(2);
      server.ask(r -> r.configSet("maxmemory", "0"));
      node.erase("a", 7);
      node.expectConfirmed("a", 7);
    }
  }

  @Test
  void stopped_duringCommands_endsItsConnections() {
    RedisFixture node = node();
    for (int i = 0; i < 100; i++) {
      node.put("a", i + 1);
    }
    node.close();
    node.standing.awaitAssert(
        () -> {
          assertThat(server.<String>ask(r -> r.clientList())).doesNotContain("name=purser");
          return null;
        });
  }
}
