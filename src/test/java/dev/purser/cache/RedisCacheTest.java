package dev.purser.cache;

import static dev.purser.cache.RedisFixture.hit;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.testing.RedisServer;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/// The cache in a Redis, and what that holds.
final class RedisCacheTest extends CacheTest {
  private static RedisServer server;

  private RedisFixture node;

  @BeforeAll
  static void start() {
    server = RedisServer.start();
  }

  @AfterAll
  static void stop() {
    server.close();
  }

  @Override
  ActorRef<Cache.Command> open() {
    server.flushAll();
    node = new RedisFixture(kit, server.url()).well();
    return node.cache;
  }

  @Override
  void pass(Duration time) {
    server.age(time);
  }

  @Override
  void recover() {
    node.well();
  }

  /// The one key that ends with `id`.
  private String key(String id) {
    List<String> keys = server.keys("").stream().filter(k -> k.endsWith(":" + id)).toList();
    assertThat(keys).hasSize(1);
    return keys.getFirst();
  }

  @Test
  void put_manyAtOnce_ttlsDiffer() {
    for (int i = 0; i < 200; i++) {
      put("c" + i, 5);
      cache.tell(new Cache.PutAbsent("m" + i, 5, confirmed.ref()));
    }
    confirmed.receiveSeveralMessages(200);
    assertThat(get("c199")).isInstanceOf(Cache.Hit.class);
    Set<Long> copies = new HashSet<>();
    for (String key : server.keys("")) {
      long ttl = server.ask(r -> r.pttl(key));
      if (key.contains(":m")) {
        assertThat(ttl).isBetween(MARKS.toMillis() - 30_000, Math.round(MARKS.toMillis() * 1.1));
      } else {
        assertThat(ttl).isBetween(Math.round(COPIES.toMillis() * 0.9) - 30_000, COPIES.toMillis());
        copies.add(ttl / 1_000);
      }
    }
    assertThat(copies).as("seconds that copies live").hasSizeGreaterThan(30);
  }

  @Test
  void put_fromTwoNodesAtOnce_newestStands() {
    try (RedisFixture other = new RedisFixture(kit, server.url()).well()) {
      List<Long> versions = new ArrayList<>();
      for (long v = 1; v <= 300; v++) {
        versions.add(v);
      }
      Collections.shuffle(versions, new Random(7));
      for (long v : versions) {
        for (String id : List.of("a", "b", "c")) {
          // Both nodes put; every fifth version is that of an erasure, and b's newest is one.
          RedisFixture by = (v + id.hashCode()) % 2 == 0 ? node : other;
          if (v % 5 == 0 && !(v == 300 && id.equals("a"))) {
            by.erase(id, v);
          } else {
            by.put(id, v);
          }
        }
        if (v % 50 == 0) {
          assertThat(get("nobody")).isEqualTo(new Cache.Miss()); // lets answers come in
        }
      }
      get("nobody");
      other.get("nobody");
      for (RedisFixture on : List.of(node, other)) {
        assertThat(on.get("a")).isEqualTo(hit("a", 300));
        assertThat(on.get("b")).isEqualTo(new Cache.Absent(300));
        assertThat(on.get("c")).isEqualTo(new Cache.Absent(300));
      }
    }
  }

  @Test
  void get_rubbish_missAndRepaired() {
    Random random = new Random(3);
    byte[] noise = new byte[200];
    random.nextBytes(noise);
    byte[] claims = Encoded.profile(profile("a", Long.MAX_VALUE));
    claims[20] ^= 1; // a version that would keep all others out, and a body that does not fit
    byte[] ofAnother = Encoded.profile(profile("b", 9));
    byte[] newer = Encoded.profile(profile("a", 9));
    newer[0] = 3;
    byte[] older =
        ByteBuffer.allocate(9).put((byte) 2).putLong(9).array(); // a mark without a check
    for (byte[] rubbish : List.of(noise, new byte[0], claims, ofAnother, newer, older)) {
      put("a", 2);
      assertThat(get("a")).isEqualTo(hit("a", 2));
      String key = key("a");
      server.ask(r -> r.set(key, rubbish));
      assertThat(get("a")).isEqualTo(new Cache.Miss());
      assertThat(get("a")).as("removed before this").isEqualTo(new Cache.Miss());
      assertThat(server.<Long>ask(r -> r.exists(key))).as("what could not be read").isZero();
      put("a", 2);
      assertThat(get("a")).isEqualTo(hit("a", 2));
    }
    assertThat(node.sentences()).isEmpty();
  }

  @Test
  void put_overRubbishOfANewerVersion_keptAndMarksToo() {
    byte[] claims = Encoded.profile(profile("a", Long.MAX_VALUE));
    claims[20] ^= 1;
    put("a", 2);
    assertThat(get("a")).isEqualTo(hit("a", 2));
    String key = key("a");
    server.ask(r -> r.set(key, claims));
    put("a", 3);
    erase("b", 1); // answered after the put was, and its repetition sent
    assertThat(get("a")).isEqualTo(hit("a", 3));
    server.ask(r -> r.set(key, claims));
    erase("a", 4);
    assertThat(get("a")).isEqualTo(new Cache.Absent(4));
  }

  @Test
  void get_anotherKindOfValue_missAndRepaired() {
    put("a", 2);
    assertThat(get("a")).isEqualTo(hit("a", 2));
    String key = key("a");
    server.ask(r -> r.del(key));
    server.ask(r -> r.lpush(key, new byte[] {1}));
    assertThat(get("a")).isEqualTo(new Cache.Miss());
    put("a", 2);
    assertThat(get("a")).isEqualTo(hit("a", 2));
    server.ask(r -> r.del(key));
    server.ask(r -> r.hset(key, "x", new byte[] {1}));
    put("a", 3);
    assertThat(get("a")).as("put over it").isEqualTo(hit("a", 3));
    assertThat(node.sentences()).isEmpty();
  }

  @Test
  void put_scriptsForgotten_toldAnew() {
    put("a", 2);
    assertThat(get("a")).isEqualTo(hit("a", 2));
    server.ask(r -> r.scriptFlush());
    put("a", 3);
    erase("b", 4);
    assertThat(get("b")).isEqualTo(new Cache.Absent(4));
    assertThat(get("a")).isEqualTo(hit("a", 3));
    assertThat(node.sentences()).isEmpty();
  }

  @Test
  void get_emptied_missAndFilledAgain() {
    put("a", 2);
    assertThat(get("a")).isEqualTo(hit("a", 2));
    server.flushAll();
    assertThat(get("a")).isEqualTo(new Cache.Miss());
    put("a", 2);
    assertThat(get("a")).isEqualTo(hit("a", 2));
  }

  @Test
  void clear_amongOthersKeys_onlyOursGone() {
    for (int i = 0; i < 3_000; i++) {
      String key = "purser:deadbeef:" + i; // of an earlier life
      server.ask(r -> r.set(key, new byte[] {1}));
    }
    List<String> others = List.of("purse", "purser", "other:purser:x", "Purser:y");
    others.forEach(key -> server.ask(r -> r.set(key, new byte[] {1})));
    put("a", 5);
    cache.tell(new Cache.Clear(cleared.ref()));
    cache.tell(new Cache.Clear(node.cleared.ref()));
    long first = cleared.expectMessageClass(Cache.Cleared.class).copies();
    // Keys of an earlier life are removed in the background too, so some may have been gone.
    assertThat(first).isBetween(1L, 3_001L);
    assertThat(node.cleared.expectMessageClass(Cache.Cleared.class).copies())
        .as("joined the same clearing")
        .isEqualTo(first);
    assertThat(server.keys("")).containsExactlyInAnyOrderElementsOf(others);
  }
}
