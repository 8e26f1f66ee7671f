package dev.purser;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.apache.pekko.actor.Cancellable;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/// Levels of loggers that an operator has changed for a while. Safe for many threads.
final class LogLevels {
  /// More loggers than this are not changed at once: a guard against a loop, not a working limit.
  private static final int LIMIT = 100;

  /// A change that is to be taken back; the level before it may be inherited, which is null.
  private record Changed(@Nullable Level before, Cancellable end) {}

  private final ActorSystem<?> system;
  private final Map<String, Changed> changed = new HashMap<>();

  LogLevels(ActorSystem<?> system) {
    this.system = system;
  }

  /// Sets `logger` to `level` until `expiry` has passed; a second change replaces the first, and
  /// what was before both comes back. False if there is no such level, or too many are changed.
  synchronized boolean set(String logger, String level, Duration expiry) {
    Level wanted = Level.toLevel(level.toUpperCase(Locale.ROOT), null);
    Changed earlier = changed.get(logger);
    if (wanted == null || (earlier == null && changed.size() >= LIMIT)) {
      return false;
    }
    Logger target = (Logger) LoggerFactory.getLogger(logger);
    Level before = earlier == null ? target.getLevel() : earlier.before();
    if (earlier != null) {
      earlier.end().cancel();
    }
    target.setLevel(wanted);
    Cancellable end =
        system.scheduler().scheduleOnce(expiry, () -> restore(logger), system.executionContext());
    changed.put(logger, new Changed(before, end));
    return true;
  }

  private synchronized void restore(String logger) {
    Changed c = changed.remove(logger);
    if (c != null) {
      ((Logger) LoggerFactory.getLogger(logger)).setLevel(c.before());
    }
  }
}
