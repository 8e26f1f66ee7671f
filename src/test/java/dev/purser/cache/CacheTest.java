package dev.purser.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.ledger.Profile;
import dev.purser.ledger.Totals;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/// What every cache promises, whatever keeps its copies.
abstract class CacheTest {
  static final Duration COPIES = Duration.ofMinutes(10);
  static final Duration MARKS = Duration.ofMinutes(1);

  /// By how much times to live may differ.
  static final double JITTER = 0.1;

  static ActorTestKit kit;

  TestProbe<Cache.Reply> replies;
  TestProbe<Cache.Confirmed> confirmed;
  TestProbe<Cache.ClearReply> cleared;
  ActorRef<Cache.Command> cache;

  @BeforeAll
  static void openKit() {
    kit = ActorTestKit.create();
  }

  @AfterAll
  static void closeKit() {
    kit.shutdownTestKit();
  }

  /// A new and empty cache that can be used, restarted by its supervisor.
  abstract ActorRef<Cache.Command> open();

  /// Lets so much time pass for what it keeps.
  abstract void pass(Duration time);

  /// Waits until it can be used again after a failure.
  abstract void recover();

  @BeforeEach
  void openCache() {
    replies = kit.createTestProbe();
    confirmed = kit.createTestProbe();
    cleared = kit.createTestProbe();
    cache = open();
  }

  @AfterEach
  void closeCache() {
    kit.stop(cache);
  }

  static Profile profile(String id, long version) {
    return new Profile(
        id,
        version,
        new TreeMap<>(Map.of("country", "Österreich", "", "\ud83d\ude00")),
        List.of(
            new Totals("EUR", 1, 2, 3, 4, 5, 6),
            new Totals("GBP", 7, 8, 9, 10, 11, 9_007_199_254_740_991L)),
        -5L,
        null);
  }

  Cache.Reply get(String id) {
    cache.tell(new Cache.Get(id, replies.ref()));
    return replies.receiveMessage();
  }

  void put(String id, long version) {
    cache.tell(new Cache.Put(profile(id, version)));
  }

  void erase(String id, long version) {
    cache.tell(new Cache.PutAbsent(id, version, confirmed.ref()));
    confirmed.expectMessage(new Cache.Confirmed(id, version));
  }

  @Test
  void get_unknown_miss() {
    assertThat(get("a")).isEqualTo(new Cache.Miss());
  }

  @Test
  void get_idsOfAllKinds_keptApart() {
    List<String> ids =
        List.of("a", "A", "a ", "a:b", "*", "ä", "\ud83d\ude00", "a\r\nb", "x".repeat(256));
    ids.forEach(id -> put(id, 5));
    for (String id : ids) {
      assertThat(get(id)).as(id).isEqualTo(new Cache.Hit(profile(id, 5)));
    }
  }

  @Test
  void put_newerOnly_olderAndSameIgnored() {
    put("a", 5);
    put("a", 4);
    assertThat(get("a")).isEqualTo(new Cache.Hit(profile("a", 5)));
    put("a", 6);
    assertThat(get("a")).isEqualTo(new Cache.Hit(profile("a", 6)));
  }

  @Test
  void put_versionsAroundTheirBytes_comparedAsNumbers() {
    long[] rising = {
      1,
      127,
      128,
      255,
      256,
      0x7fff_ffffL,
      0x8000_0000L,
      0xffff_ffffL,
      0x1_0000_0000L,
      1_764_000_000_000L,
      9_007_199_254_740_992L,
      9_007_199_254_740_993L,
      Long.MAX_VALUE
    };
    for (int i = 0; i < rising.length; i++) {
      put("a", rising[i]);
      put("a", rising[Math.max(0, i - 1)]);
      assertThat(get("a")).isEqualTo(new Cache.Hit(profile("a", rising[i])));
    }
  }

  @Test
  void repair_ofTheEntrySeen_replacesThatAlone() {
    put("a", 5);
    cache.tell(new Cache.Repair(profile("a", 4), 3));
    assertThat(get("a")).as("another was seen").isEqualTo(new Cache.Hit(profile("a", 5)));
    cache.tell(new Cache.Repair(profile("a", 4), 5));
    assertThat(get("a")).isEqualTo(new Cache.Hit(profile("a", 4)));
    cache.tell(new Cache.Repair(profile("a", 6), 1));
    assertThat(get("a")).as("newer in any case").isEqualTo(new Cache.Hit(profile("a", 6)));
  }

  @Test
  void repair_erasedSinceItWasSeen_markStays() {
    put("a", 4);
    erase("a", 6);
    cache.tell(new Cache.Repair(profile("a", 5), 4));
    assertThat(get("a")).isEqualTo(new Cache.Absent(6));
    cache.tell(new Cache.Repair(profile("a", 5), 6));
    assertThat(get("a")).as("the mark itself was seen").isEqualTo(new Cache.Hit(profile("a", 5)));
  }

  @Test
  void putAbsent_confirmedAndKeepsOlderOut() {
    put("a", 5);
    erase("a", 6);
    put("a", 5);
    put("a", 6);
    assertThat(get("a")).isEqualTo(new Cache.Absent(6));
    put("a", 7);
    assertThat(get("a")).isEqualTo(new Cache.Hit(profile("a", 7)));
    erase("a", 6);
    assertThat(get("a")).as("a late mark").isEqualTo(new Cache.Hit(profile("a", 7)));
  }

  @Test
  void get_afterItsTime_miss() {
    put("a", 5);
    erase("b", 6);
    assertThat(get("a")).isInstanceOf(Cache.Hit.class);
    assertThat(get("b")).isEqualTo(new Cache.Absent(6));
    pass(MARKS.minusSeconds(5));
    assertThat(get("b")).as("no mark lives shorter").isEqualTo(new Cache.Absent(6));
    pass(Duration.ofSeconds(5 + 6));
    assertThat(get("a")).isInstanceOf(Cache.Hit.class);
    assertThat(get("b")).isEqualTo(new Cache.Miss());
    pass(COPIES);
    assertThat(get("a")).isEqualTo(new Cache.Miss());
  }

  @Test
  void clear_all_forgottenAndCounted() {
    for (int i = 0; i < 100; i++) {
      put("customer-" + i, 5);
    }
    erase("b", 6);
    cache.tell(new Cache.Clear(cleared.ref()));
    cleared.expectMessage(new Cache.Cleared(101));
    assertThat(get("customer-1")).isEqualTo(new Cache.Miss());
    assertThat(get("b")).isEqualTo(new Cache.Miss());
    cache.tell(new Cache.Clear(cleared.ref()));
    cleared.expectMessage(new Cache.Cleared(0));
  }

  @Test
  void failure_ofAPut_restartedEmptyAtWorst() {
    put("a", 5);
    cache.tell(new Cache.Put(null));
    assertThat(get("a")).isIn(new Cache.Miss(), new Cache.Hit(profile("a", 5)));
    recover();
    put("a", 6);
    assertThat(get("a")).isEqualTo(new Cache.Hit(profile("a", 6)));
  }
}
