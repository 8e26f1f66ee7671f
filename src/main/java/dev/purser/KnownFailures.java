package dev.purser;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import dev.purser.faults.Escalated;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.http.HttpServer;
import dev.purser.slots.SessionFailed;
import java.net.BindException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;

/// Keeps out of the log what somebody else has said in a sentence already: Pekko prints a stack for
/// every actor that fails, also where the slot has decided about a lost connection, or the guardian
/// tells the operator what to mend. Failures that nobody expected keep their stacks. Named in
/// `conf/logback.xml`.
public final class KnownFailures extends TurboFilter {
  /// Longer chains of causes are not followed: they may be circular.
  private static final int DEPTH = 8;

  @Override
  public FilterReply decide(
      @Nullable Marker marker,
      @Nullable Logger logger,
      @Nullable Level level,
      @Nullable String format,
      Object @Nullable [] parameters,
      @Nullable Throwable thrown) {
    Throwable t = thrown == null ? last(parameters) : thrown;
    for (int i = 0; i < DEPTH && t != null; i++) {
      if (t instanceof Escalated
          || t instanceof BindException
          || SessionFailed.toldByDriver(t)
          || isSenders(logger, t)) {
        return FilterReply.DENY;
      }
      t = t.getCause();
    }
    return FilterReply.NEUTRAL;
  }

  /// What a sender did wrong is a line of whoever noticed; Pekko adds that it closes the
  /// connection.
  private static boolean isSenders(@Nullable Logger logger, Throwable t) {
    return logger != null
        && logger.getName().equals(HttpServer.CONNECTIONS)
        && t instanceof Fault fault
        && fault.error() instanceof ServiceError.Validation;
  }

  /// The throwable that a logging call has as its last parameter.
  private static @Nullable Throwable last(Object @Nullable [] parameters) {
    return parameters != null
            && parameters.length > 0
            && parameters[parameters.length - 1] instanceof Throwable t
        ? t
        : null;
  }
}
