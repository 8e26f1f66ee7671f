package dev.purser.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.ledger.Profile;
import dev.purser.ledger.Totals;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

final class CacheTest {
  private static final ActorTestKit KIT = ActorTestKit.create();
  private static final CacheSettings SETTINGS =
      new CacheSettings("memory", 64 << 10, Duration.ofMinutes(10), Duration.ofMinutes(1));

  private final AtomicLong nanos = new AtomicLong();
  private final ActorRef<Cache.Command> cache =
      KIT.spawn(
          Behaviors.supervise(Cache.create(SETTINGS, nanos::get))
              .onFailure(SupervisorStrategy.restart()));
  private final TestProbe<Cache.Reply> replies = KIT.createTestProbe();
  private final TestProbe<Cache.Confirmed> confirmed = KIT.createTestProbe();

  @AfterAll
  static void close() {
    KIT.shutdownTestKit();
  }

  private static Profile profile(String id, long version) {
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

  private Cache.Reply get(String id) {
    cache.tell(new Cache.Get(id, replies.ref()));
    return replies.receiveMessage();
  }

  @Test
  void get_unknown_miss() {
    assertThat(get("a")).isEqualTo(new Cache.Miss());
  }

  @Test
  void put_newerOnly_olderAndSameIgnored() {
    cache.tell(new Cache.Put(profile("a", 5)));
    cache.tell(new Cache.Put(profile("a", 4)));
    assertThat(get("a")).isEqualTo(new Cache.Hit(profile("a", 5)));
    cache.tell(new Cache.Put(profile("a", 6)));
    assertThat(get("a")).isEqualTo(new Cache.Hit(profile("a", 6)));
  }

  @Test
  void repair_older_replacesAllTheSame() {
    cache.tell(new Cache.Put(profile("a", 5)));
    cache.tell(new Cache.Repair(profile("a", 4)));
    assertThat(get("a")).isEqualTo(new Cache.Hit(profile("a", 4)));
  }

  @Test
  void putAbsent_confirmedAndKeepsOlderOut() {
    cache.tell(new Cache.Put(profile("a", 5)));
    cache.tell(new Cache.PutAbsent("a", 6, confirmed.ref()));
    confirmed.expectMessage(new Cache.Confirmed("a", 6));
    cache.tell(new Cache.Put(profile("a", 5)));
    cache.tell(new Cache.Put(profile("a", 6)));
    assertThat(get("a")).isEqualTo(new Cache.Absent(6));
    cache.tell(new Cache.Put(profile("a", 7)));
    assertThat(get("a")).isEqualTo(new Cache.Hit(profile("a", 7)));
    cache.tell(new Cache.PutAbsent("a", 6, confirmed.ref()));
    confirmed.expectMessage(new Cache.Confirmed("a", 6));
    assertThat(get("a")).as("a late mark").isEqualTo(new Cache.Hit(profile("a", 7)));
  }

  @Test
  void get_afterItsTime_miss() {
    cache.tell(new Cache.Put(profile("a", 5)));
    cache.tell(new Cache.PutAbsent("b", 6, confirmed.ref()));
    assertThat(get("a")).isInstanceOf(Cache.Hit.class);
    nanos.addAndGet(Duration.ofSeconds(61).toNanos());
    assertThat(get("a")).isInstanceOf(Cache.Hit.class);
    assertThat(get("b")).isEqualTo(new Cache.Miss());
    nanos.addAndGet(Duration.ofMinutes(10).toNanos());
    assertThat(get("a")).isEqualTo(new Cache.Miss());
  }

  @Test
  void put_beyondTheWeight_bounded() {
    for (int i = 0; i < 2_000; i++) {
      cache.tell(new Cache.Put(profile("customer-" + i, 5)));
    }
    TestProbe<Cache.Cleared> cleared = KIT.createTestProbe();
    cache.tell(new Cache.Clear(cleared.ref()));
    long entry = Encoded.profile(profile("customer-1", 5)).length;
    assertThat(cleared.receiveMessage().copies()).isBetween(50L, (64 << 10) / entry);
    assertThat(get("customer-1")).isEqualTo(new Cache.Miss());
  }

  @Test
  void failure_ofAPut_restartedEmptyAtWorst() {
    cache.tell(new Cache.Put(profile("a", 5)));
    cache.tell(new Cache.Put(null));
    assertThat(get("a")).isIn(new Cache.Miss(), new Cache.Hit(profile("a", 5)));
    cache.tell(new Cache.Put(profile("a", 6)));
    assertThat(get("a")).isEqualTo(new Cache.Hit(profile("a", 6)));
  }

  @Test
  void encoded_cutOrUnknown_readsAsNothing() {
    byte[] entry = Encoded.profile(profile("a", 5));
    assertThat(Encoded.profile("a", entry)).isEqualTo(profile("a", 5));
    assertThat(Encoded.version(entry)).isEqualTo(5);
    for (int length = 0; length < entry.length; length++) {
      assertThat(Encoded.profile("a", Arrays.copyOf(entry, length))).isNull();
    }
    byte[] unknown = entry.clone();
    unknown[0] = 77;
    assertThat(Encoded.profile("a", unknown)).isNull();
    assertThat(Encoded.version(unknown)).isEqualTo(-1);
    byte[] absent = Encoded.absent(9);
    assertThat(Encoded.isAbsent(absent)).isTrue();
    assertThat(Encoded.profile("a", absent)).isNull();
    assertThat(Encoded.profile("a", Encoded.profile(Profile.absent("a"))))
        .isEqualTo(Profile.absent("a"));
  }
}
