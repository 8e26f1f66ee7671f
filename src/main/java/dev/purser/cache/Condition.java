package dev.purser.cache;

import dev.purser.cache.Cache.Standing;
import dev.purser.faults.Decision;
import dev.purser.faults.Phase;
import dev.purser.faults.ServiceError;
import dev.purser.faults.SupervisionLog;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// What is wrong with a Redis, told once when it begins and once when it ends, however often it is
/// met in between. Confined to one actor.
final class Condition {
  private static final Logger LOG = LoggerFactory.getLogger(Condition.class);

  private final SupervisionLog log;
  private final ActorRef<Standing> watcher;

  /// Refusals that come and go, for want of memory perhaps, are one trouble until none has come for
  /// so long.
  private static final long HOLD_NANOS = TimeUnit.SECONDS.toNanos(5);

  /// What commands of each name are refused for, and when they were last: a handful of names.
  private final Map<String, Refusal> refusals = new HashMap<>();

  private @Nullable String away;
  private @Nullable Standing told;

  private record Refusal(String sentence, long atNanos) {}

  Condition(SupervisionLog log, ActorRef<Standing> watcher) {
    this.log = log;
    this.watcher = watcher;
  }

  /// Redis cannot be used at all.
  void away(String sentence) {
    if (!sentence.equals(away)) {
      add(sentence);
      away = sentence;
      tell();
    }
  }

  /// Redis can be used again.
  void back() {
    if (away != null) {
      LOG.info("The cache can be used again");
      away = null;
    }
    tell();
  }

  /// Redis refuses commands of this name.
  void refused(String name, String sentence, long nowNanos) {
    Refusal before = refusals.put(name, new Refusal(sentence, nowNanos));
    if (before == null || !before.sentence.equals(sentence)) {
      add(sentence);
      tell();
    }
  }

  /// Redis has taken a command of this name.
  void accepted(String name, long nowNanos) {
    Refusal before = refusals.isEmpty() ? null : refusals.get(name);
    if (before != null && nowNanos - before.atNanos > HOLD_NANOS) {
      refusals.remove(name);
      tell();
    }
  }

  private void add(String sentence) {
    ServiceError error = new ServiceError.Cache(sentence);
    log.add("cache", error, Decision.of(error, Phase.SERVING));
  }

  private void tell() {
    String refused = refusals.values().stream().map(Refusal::sentence).findFirst().orElse(null);
    String trouble = away != null ? away : refused;
    Standing now = new Standing(trouble);
    if (!now.equals(told)) {
      told = now;
      watcher.tell(now);
    }
  }
}
