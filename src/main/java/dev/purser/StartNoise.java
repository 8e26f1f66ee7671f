package dev.purser;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;

/// Keeps out of the log what is true of every start: the regions of a node ask for their
/// coordinator sooner than there is one, and Pekko warns of each time. After `seconds` the same
/// warnings tell of trouble, and are logged. Named in `conf/logback.xml`.
public final class StartNoise extends Filter<ILoggingEvent> {
  private static final String REGION = "org.apache.pekko.cluster.sharding.ShardRegion";

  private int seconds;

  public void setSeconds(int seconds) {
    this.seconds = seconds;
  }

  @Override
  public FilterReply decide(ILoggingEvent event) {
    boolean early = event.getTimeStamp() - getContext().getBirthTime() < seconds * 1_000L;
    return early && event.getLevel() == Level.WARN && event.getLoggerName().equals(REGION)
        ? FilterReply.DENY
        : FilterReply.NEUTRAL;
  }
}
