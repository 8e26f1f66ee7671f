package dev.purser;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.filter.Filter;
import ch.qos.logback.core.spi.FilterReply;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// Keeps out of the log what is true of every start: the regions of a node ask for their
/// coordinator sooner than there is one, and Pekko warns of each time. Once the node is ready the
/// same warnings tell of trouble, and are logged; until then `/health/ready` says what it waits
/// for. Shards get their homes with their first requests, which may be after that: a region that
/// asks for homes is logged once it has asked for [#WAIT_MILLIS]. Named in `conf/logback.xml`.
public final class StartNoise extends Filter<ILoggingEvent> {
  private static final String REGION = "org.apache.pekko.cluster.sharding.ShardRegion";
  private static final String HOMES = "Requested shard homes";
  private static final long WAIT_MILLIS = 30_000;

  /// Pekko repeats the line every few seconds; after such a pause it is of another wait.
  private static final long PAUSE_MILLIS = 60_000;

  /// Of the process: the filter is made by the log's configuration, long before there is a node.
  private static volatile boolean ready;

  /// By region, of which there is one for each kind.
  private final Map<String, Wait> waits = new ConcurrentHashMap<>();

  private record Wait(long since, long last) {}

  /// Whether the node is ready.
  static void ready(boolean now) {
    ready = now;
  }

  @Override
  public FilterReply decide(ILoggingEvent event) {
    if (event.getLevel() != Level.WARN || !event.getLoggerName().equals(REGION)) {
      return FilterReply.NEUTRAL;
    }
    boolean noise = !ready || isShort(event.getFormattedMessage(), event.getTimeStamp());
    return noise ? FilterReply.DENY : FilterReply.NEUTRAL;
  }

  private boolean isShort(String message, long now) {
    int homes = message.indexOf(HOMES);
    if (homes < 0) {
      return false;
    }
    Wait wait =
        waits.merge(
            message.substring(0, homes),
            new Wait(now, now),
            (old, fresh) -> now - old.last > PAUSE_MILLIS ? fresh : new Wait(old.since, now));
    return now - wait.since < WAIT_MILLIS;
  }
}
