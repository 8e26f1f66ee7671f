package dev.purser.cache;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.faults.SupervisionLog;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.junit.jupiter.api.Test;

/// The cache in this process.
final class EmbeddedCacheTest extends CacheTest {
  private static final int WEIGHT = 64 << 10;

  private final AtomicLong nanos = new AtomicLong();

  @Override
  ActorRef<Cache.Command> open() {
    CacheSettings settings = new CacheSettings(WEIGHT, COPIES, MARKS, null);
    return kit.spawn(
        Behaviors.supervise(EmbeddedCache.create(settings, settings.maxWeightBytes(), nanos::get))
            .onFailure(SupervisorStrategy.restart()));
  }

  @Override
  void pass(Duration time) {
    nanos.addAndGet(time.toNanos());
  }

  @Override
  void recover() {}

  @Test
  void put_beyondTheWeight_bounded() {
    for (int i = 0; i < 2_000; i++) {
      put("customer-" + i, 5);
    }
    cache.tell(new Cache.Clear(cleared.ref()));
    long entry = Encoded.profile(profile("customer-1", 5)).length;
    Cache.Cleared all = cleared.expectMessageClass(Cache.Cleared.class);
    assertThat(all.copies()).isBetween(50L, WEIGHT / entry);
    assertThat(get("customer-1")).isEqualTo(new Cache.Miss());
  }

  @Test
  void put_besideOtherNodes_keepsNothing() {
    CacheSettings settings = new CacheSettings(WEIGHT, COPIES, MARKS, null);
    cache =
        kit.spawn(
            Cache.create(
                settings,
                true,
                new SupervisionLog(1, InstantSource.system()),
                kit.system().ignoreRef()));
    put("customer", 5);
    assertThat(get("customer")).isEqualTo(new Cache.Miss());
  }
}
