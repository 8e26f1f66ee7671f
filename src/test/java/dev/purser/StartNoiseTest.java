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

  StartNoiseTest() {
    filter.setContext(context);
    filter.setSeconds(10);
  }

  private FilterReply decide(String logger, Level level, int seconds) {
    LoggingEvent event =
        new LoggingEvent("", context.getLogger(logger), level, "Trying to register", null, null);
    event.setTimeStamp(context.getBirthTime() + seconds * 1_000L);
    return filter.decide(event);
  }

  @Test
  void decide_regionWarnsAtStart_denied() {
    assertThat(decide(REGION, Level.WARN, 9)).isEqualTo(FilterReply.DENY);
  }

  @Test
  void decide_regionWarnsLater_logged() {
    assertThat(decide(REGION, Level.WARN, 10)).isEqualTo(FilterReply.NEUTRAL);
  }

  @Test
  void decide_errorsAndOthersAtStart_logged() {
    assertThat(decide(REGION, Level.ERROR, 1)).isEqualTo(FilterReply.NEUTRAL);
    assertThat(decide("dev.purser.Guardian", Level.WARN, 1)).isEqualTo(FilterReply.NEUTRAL);
  }
}
