package dev.purser;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;

/// Keeps out of the log what is true of every start: the regions of a node ask for their
/// coordinator sooner than there is one, and Pekko warns of each time. Once the node is ready the
/// same warnings tell of trouble, and are logged; until then `/health/ready` says what it waits
/// for. Named in `conf/logback.xml`.
public final class StartNoise extends Filter<ILoggingEvent> {
  private static final String REGION = "org.apache.pekko.cluster.sharding.ShardRegion";

  /// Of the process: the filter is made by the log's configuration, long before there is a node.
  private static volatile boolean ready;

  /// Whether the node is ready.
  static void ready(boolean now) {
    ready = now;
  }

  @Override
  public FilterReply decide(ILoggingEvent event) {
    return !ready && event.getLevel() == Level.WARN && event.getLoggerName().equals(REGION)
        ? FilterReply.DENY
        : FilterReply.NEUTRAL;
  }
}
