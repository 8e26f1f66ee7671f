package dev.purser;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.spi.FilterReply;
import org.junit.jupiter.api.Test;

final class StartNoiseTest {
  private static final String REGION = "org.apache.pekko.cluster.sharding.ShardRegion";

  private final LoggerContext context = new LoggerContext();
  private final StartNoise filter = new StartNoise();

  /// At a moment long after the start of the process.
  private FilterReply decide(String logger, Level level) {
    LoggingEvent event =
        new LoggingEvent("", context.getLogger(logger), level, "Trying to register", null, null);
    event.setTimeStamp(context.getBirthTime() + 60_000L);
    return filter.decide(event);
  }

  /// The moment of readiness is of the process: one test, in its order.
  @Test
  void decide_regionWarns_deniedUntilTheNodeIsReadyHoweverLongThatTakes() {
    filter.setContext(context);
    StartNoise.ready(false);
    assertThat(decide(REGION, Level.WARN)).isEqualTo(FilterReply.DENY);
    assertThat(decide(REGION, Level.ERROR)).isEqualTo(FilterReply.NEUTRAL);
    assertThat(decide("dev.purser.Guardian", Level.WARN)).isEqualTo(FilterReply.NEUTRAL);
    StartNoise.ready(true);
    assertThat(decide(REGION, Level.WARN)).isEqualTo(FilterReply.NEUTRAL);
    assertThat(homes("customers", 0)).isEqualTo(FilterReply.DENY);
    assertThat(homes("customers", 28_000)).isEqualTo(FilterReply.DENY);
    assertThat(homes("vectors", 30_000)).isEqualTo(FilterReply.DENY);
    assertThat(homes("customers", 30_000)).isEqualTo(FilterReply.NEUTRAL);
    assertThat(homes("customers", 80_000)).isEqualTo(FilterReply.NEUTRAL);
    assertThat(homes("customers", 180_000)).isEqualTo(FilterReply.DENY);
  }

  private FilterReply homes(String region, long millis) {
    LoggingEvent event =
        new LoggingEvent(
            "",
            context.getLogger(REGION),
            Level.WARN,
            "{}: Requested shard homes [{}] from coordinator at [{}]. [{}] total buffered"
                + " messages.",
            null,
            new Object[] {region, millis, "coordinator", 1});
    event.setTimeStamp(context.getBirthTime() + millis);
    return filter.decide(event);
  }
}
