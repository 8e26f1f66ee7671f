package dev.purser;

import dev.purser.cache.Cache;
import dev.purser.database.Database;
import dev.purser.database.NodeLease;
import dev.purser.database.Paused;
import dev.purser.database.Standing;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.faults.SupervisionLog;
import dev.purser.http.HttpServer;
import dev.purser.http.Operations;
import dev.purser.slots.SlotView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;

/// This node, as its operators see it: how it stands, and what they may order. Safe for many
/// threads; the guardian tells it what changes.
final class Node implements Operations {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Cache.ClearReply STILL_CLEARING =
      new Cache.NotCleared(
          new ServiceError.Timeout("The cache is still being cleared; ask again to be sure."));

  private final ActorSystem<?> system;
  private final ActorRef<Database.Command> database;
  private final ActorRef<Cache.Command> cache;
  private final SupervisionLog log;
  private final PurserSettings settings;
  private final LogLevels levels;
  private final NodeLease lease;

  private volatile @Nullable Standing standing;
  private volatile boolean cacheDegraded;
  private volatile @Nullable String address;
  private volatile boolean joined;
  private volatile boolean loaded;
  private volatile boolean draining;
  private volatile boolean closing;

  Node(
      ActorSystem<?> system,
      ActorRef<Database.Command> database,
      ActorRef<Cache.Command> cache,
      SupervisionLog log,
      PurserSettings settings,
      NodeLease lease) {
    this.system = system;
    this.database = database;
    this.cache = cache;
    this.log = log;
    this.settings = settings;
    this.lease = lease;
    this.levels = new LogLevels(system);
  }

  void databaseStands(Standing now) {
    standing = now;
  }

  void cacheStands(Cache.Standing now) {
    cacheDegraded = now.degraded();
  }

  void bound(HttpServer.Listening at) {
    String host = settings.http().host();
    address =
        at.scheme()
            + "://"
            + (host.contains(":") ? "[" + host + "]" : host)
            + ":"
            + at.address().getPort();
  }

  void joined() {
    joined = true;
  }

  void loaded() {
    loaded = true;
  }

  void drainBegins() {
    draining = true;
  }

  boolean draining() {
    return draining;
  }

  void closingBegins() {
    closing = true;
  }

  @Override
  public boolean closing() {
    return closing;
  }

  /// Where it listens; empty before it does.
  String address() {
    String at = address;
    return at == null ? "" : at;
  }

  @Override
  public List<String> unready() {
    List<String> reasons = new ArrayList<>();
    Standing now = standing;
    if (now == null || !now.ready()) {
      reasons.add("the database is being opened");
    }
    if (!joined) {
      reasons.add("joining");
    }
    if (!loaded) {
      reasons.add("loading documents and vectors");
    }
    if (address == null) {
      reasons.add("binding");
    }
    if (draining) {
      reasons.add("draining");
    }
    return reasons;
  }

  @Override
  public List<String> degraded() {
    List<String> parts = new ArrayList<>();
    Standing now = standing;
    if (now != null && (now.degraded() || (now.ready() && !lease.fresh()))) {
      parts.add("database");
    }
    if (cacheDegraded) {
      parts.add("cache");
    }
    return parts;
  }

  @Override
  public CompletionStage<List<Map<String, @Nullable Object>>> slots() {
    return this.<Database.SlotList>ask(Database.Slots::new)
        .thenApply(list -> list.slots().stream().map(slot -> shown(slot, list.paused())).toList());
  }

  private static Map<String, @Nullable Object> shown(SlotView slot, @Nullable Paused paused) {
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("slot", slot.n());
    shown.put("kind", slot.kind());
    shown.put("state", slot.state().word());
    shown.put("since", Instant.ofEpochMilli(slot.sinceMillis()).toString());
    shown.put(
        "opened",
        slot.openedMillis() == 0 ? null : Instant.ofEpochMilli(slot.openedMillis()).toString());
    shown.put(
        "age_seconds",
        slot.openedMillis() == 0 ? 0 : (System.currentTimeMillis() - slot.openedMillis()) / 1000);
    shown.put("opening_ms", slot.openingMillis());
    shown.put("uses", slot.uses());
    shown.put("last_error", slot.lastError());
    shown.put("closed_for", slot.closedFor());
    shown.put("restarts", slot.restarts());
    shown.put(
        "paused",
        paused == null ? null : Map.of("by", paused.by(), "since", paused.since().toString()));
    return shown;
  }

  @Override
  public CompletionStage<Boolean> recycle(int n) {
    return ask(replyTo -> new Database.Recycle(n, replyTo));
  }

  @Override
  public CompletionStage<Void> pauseDatabase(String by) {
    return this.<Done>ask(replyTo -> new Database.Pause(by, replyTo)).thenAccept(_ -> {});
  }

  @Override
  public CompletionStage<Void> resumeDatabase(String by) {
    return this.<Done>ask(replyTo -> new Database.Resume(by, replyTo)).thenAccept(_ -> {});
  }

  @Override
  public CompletionStage<Long> clearCache() {
    CompletionStage<Cache.ClearReply> reply =
        AskPattern.ask(cache, Cache.Clear::new, PATIENCE, system.scheduler());
    return reply
        .exceptionally(_ -> STILL_CLEARING)
        .thenApply(
            r ->
                switch (r) {
                  case Cache.Cleared(long copies) -> copies;
                  case Cache.NotCleared(ServiceError error) -> throw new Fault(error);
                });
  }

  @Override
  public List<Map<String, Object>> supervision() {
    return log.latest().stream().map(Node::shown).toList();
  }

  private static Map<String, Object> shown(SupervisionLog.Entry entry) {
    Map<String, Object> shown = new LinkedHashMap<>();
    shown.put("when", Instant.ofEpochMilli(entry.atMillis()).toString());
    shown.put("actor", entry.actor());
    shown.put("error", entry.error());
    shown.put("message", entry.message());
    shown.put("decision", entry.decision().name());
    return shown;
  }

  @Override
  public Map<String, Object> config() {
    return Secrets.masked(settings.effective().getConfig("purser")).unwrapped();
  }

  @Override
  public boolean logLevel(String logger, String level, Duration expiry) {
    return levels.set(logger, level, expiry);
  }

  @Override
  public void drain(String by) {
    Departure.begin(system, new Departure.Drained(by));
  }

  private <T> CompletionStage<T> ask(Function<ActorRef<T>, Database.Command> question) {
    return AskPattern.ask(database, question::apply, PATIENCE, system.scheduler());
  }
}
