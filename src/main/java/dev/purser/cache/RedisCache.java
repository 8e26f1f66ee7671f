package dev.purser.cache;

import dev.purser.cache.Cache.Clear;
import dev.purser.cache.Cache.Command;
import dev.purser.cache.Cache.Get;
import dev.purser.cache.Cache.Put;
import dev.purser.cache.Cache.PutAbsent;
import dev.purser.cache.Cache.Repair;
import dev.purser.cache.Cache.Standing;
import dev.purser.faults.SupervisionLog;
import dev.purser.ledger.Profile;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.jspecify.annotations.Nullable;

/// The cache in a Redis that nodes share: owns the client and its one connection. A state is a
/// method: `opening`, `waiting` (to open again), `serving`.
///
/// ## Concurrency
///
/// Commands go over one connection, many in flight; their answers come back as messages. Two nodes
/// cannot outdate each other: Redis itself compares versions ([Scripts]).
///
/// ## Failure
///
/// Nobody waits for Redis: without it, and while it is slow, gets are misses and puts are dropped.
/// A lost connection is opened again with backoff, for as long as it takes. Marks of erased
/// customers that were not confirmed are announced again by whoever asked for them.
///
/// Confined to its actor.
final class RedisCache {
  static final Event FLUSH = new Flush();
  static final Event BROKEN = new Broken();
  private static final Reopen REOPEN = new Reopen();
  private static final Look LOOK = new Look();

  /// How often overdue commands are looked for, within one command's timeout.
  private static final int LOOKS = 4;

  private static final byte[] NOTHING_SEEN = new byte[0];

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final CacheSettings settings;
  private final RedisSettings redis;
  private final RandomGenerator random = RandomGenerator.getDefault();
  private final LongSupplier ticker = System::nanoTime;
  private final RedisMetrics metrics = new RedisMetrics();
  private final Condition condition;
  private final Traffic traffic;
  private final Redis client;
  private final Behavior<Command> opening;
  private final Behavior<Command> waiting;
  private final Behavior<Command> serving;
  private @Nullable RedisLink link;
  private @Nullable Clearing clearing;
  private String life = "";
  private long openedNanos;
  private int attempts;

  /// What only this actor says to itself.
  sealed interface Event extends Command {}

  /// `client` tells the actor's connections from those that it opened before a restart.
  private record Opened(Redis client, RedisLink link) implements Event {}

  private record NotOpened(Redis client, Throwable failure) implements Event {}

  private record Lost(RedisLink link) implements Event {}

  /// The answer to a command: a value or a failure, and when it came.
  record Answered<T extends @Nullable Object>(
      Flight<T> flight, T value, @Nullable Throwable failure, long atNanos) implements Event {}

  private record Broken() implements Event {}

  private record Flush() implements Event {}

  private record Look() implements Event {}

  private record Reopen() implements Event {}

  static Behavior<Command> create(
      CacheSettings settings, RedisSettings redis, SupervisionLog log, ActorRef<Standing> watcher) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new RedisCache(context, timers, settings, redis, log, watcher).open()));
  }

  private RedisCache(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      CacheSettings settings,
      RedisSettings redis,
      SupervisionLog log,
      ActorRef<Standing> watcher) {
    this.context = context;
    this.timers = timers;
    this.settings = settings;
    this.redis = redis;
    condition = new Condition(log, watcher);
    Breaker breaker = new Breaker(redis.breaker(), random);
    traffic = new Traffic(context, redis, metrics, new CacheMetrics(), breaker, condition, ticker);
    opening = Behaviors.receive((_, c) -> opening(c), (_, s) -> on(s));
    waiting = Behaviors.receive((_, c) -> waiting(c), (_, s) -> on(s));
    serving = Behaviors.receive((_, c) -> serving(c), (_, s) -> on(s));
    client = new Redis(redis);
  }

  private Behavior<Command> open() {
    ActorRef<Command> self = context.getSelf();
    context.pipeToSelf(
        client.open(lost -> self.tell(new Lost(lost))),
        (opened, failure) ->
            opened == null
                ? new NotOpened(client, Objects.requireNonNull(failure))
                : new Opened(client, opened));
    return opening;
  }

  /// A connection is being opened.
  private Behavior<Command> opening(Command command) {
    return switch (command) {
      case Opened(Redis by, RedisLink opened) when by == client && !opened.gone() -> opened(opened);
      case Opened(Redis by, RedisLink opened) -> {
        opened.close();
        yield by == client ? again("lost", Trouble.lost(redis.url())) : opening;
      }
      case NotOpened(Redis by, Throwable failure) when by == client -> {
        metrics.notOpened();
        yield again(Trouble.sentence(failure, redis.url()));
      }
      case NotOpened _, Lost _, Reopen _, Look _, Flush _, Broken _, Answered<?> _ -> opening;
      case Get _, Put _, Repair _, PutAbsent _, Clear _ -> asked(command, opening);
    };
  }

  /// There is no connection until its time comes.
  private Behavior<Command> waiting(Command command) {
    return switch (command) {
      case Reopen _ -> open();
      case Opened(Redis _, RedisLink opened) -> {
        opened.close();
        yield waiting;
      }
      case NotOpened _, Lost _, Look _, Flush _, Broken _, Answered<?> _ -> waiting;
      case Get _, Put _, Repair _, PutAbsent _, Clear _ -> asked(command, waiting);
    };
  }

  /// A connection stands.
  private Behavior<Command> serving(Command command) {
    switch (command) {
      case Lost(RedisLink lost) when lost == link -> {
        return closed("lost", Trouble.lost(redis.url()));
      }
      case Look _ -> {
        if (traffic.look()) {
          return closed("silent", Trouble.silent(redis));
        }
        if (traffic.idle()) {
          timers.cancel(LOOK);
        }
      }
      case Flush _ -> traffic.flush();
      case Answered<?> answer -> traffic.answered(answer);
      case Broken _ ->
          throw new IllegalStateException("an answer that is neither value nor failure");
      case Opened(Redis _, RedisLink opened) -> opened.close();
      case Lost _, NotOpened _, Reopen _ -> {
        // Of an earlier connection.
      }
      case Get _, Put _, Repair _, PutAbsent _, Clear _ -> {
        var _ = asked(command, serving);
      }
    }
    if (!traffic.idle() && !timers.isTimerActive(LOOK)) {
      timers.startTimerWithFixedDelay(LOOK, LOOK, redis.commandTimeout().dividedBy(LOOKS));
    }
    return serving;
  }

  private Behavior<Command> asked(Command command, Behavior<Command> state) {
    switch (command) {
      case Get get -> traffic.get(get);
      case Put(Profile profile) -> put(profile, NOTHING_SEEN);
      case Repair(Profile profile, long seen) -> put(profile, Encoded.versionBytes(seen));
      case PutAbsent mark -> mark(mark);
      case Clear(ActorRef<Cache.ClearReply> asker) -> clear(asker);
      case Event _ -> throw new IllegalArgumentException("nobody asks with an event");
    }
    return state;
  }

  private void put(Profile profile, byte[] seen) {
    // Shorter for some than for others: what was put together does not leave together.
    double share = 1 - redis.jitter() * random.nextDouble();
    byte[] ttl = millis(settings.timeToLive(), share);
    traffic.write(new Flight.Write(profile.id(), Encoded.profile(profile), ttl, seen, null));
  }

  private void mark(PutAbsent mark) {
    // Longer for some: no mark lives shorter than it must.
    double share = 1 + redis.jitter() * random.nextDouble();
    byte[] ttl = millis(settings.absentTimeToLive(), share);
    byte[] entry = Encoded.absent(mark.id(), mark.version());
    byte[] same = Encoded.versionBytes(mark.version());
    traffic.write(new Flight.Write(mark.id(), entry, ttl, same, mark));
  }

  private static byte[] millis(Duration duration, double share) {
    long millis = Math.max(1, Math.round(duration.toMillis() * share));
    return Long.toString(millis).getBytes(StandardCharsets.US_ASCII);
  }

  private void clear(ActorRef<Cache.ClearReply> asker) {
    if (link == null) {
      asker.tell(Clearing.AWAY);
      return;
    }
    Clearing running = clearing;
    if (running == null || !running.running()) {
      running = new Clearing(traffic, metrics, redis.scanStep(), null);
      start(running);
    }
    running.join(asker);
  }

  private void start(Clearing next) {
    if (clearing != null) {
      clearing.cancel();
    }
    clearing = next;
    next.start();
  }

  private Behavior<Command> opened(RedisLink opened) {
    metrics.opened();
    openedNanos = ticker.getAsLong();
    link = opened;
    if (traffic.up(opened)) {
      condition.back();
    }
    if (!opened.lifePrefix().equals(life)) {
      // What other lives have left is of no use to anyone, and some of it should be gone.
      life = opened.lifePrefix();
      start(new Clearing(traffic, metrics, redis.scanStep(), life));
    }
    return serving(LOOK);
  }

  /// The connection has ended or is given up.
  private Behavior<Command> closed(String reason, String sentence) {
    RedisLink old = link;
    link = null;
    if (old != null) {
      old.close();
    }
    timers.cancel(LOOK);
    traffic.down();
    long lived = ticker.getAsLong() - openedNanos;
    // One that ends as soon as it stands is no reason to hurry.
    attempts =
        lived > TimeUnit.MILLISECONDS.toNanos(redis.backoff().cap().toMillis()) ? 0 : attempts;
    return again(reason, sentence);
  }

  private Behavior<Command> again(String reason, String sentence) {
    metrics.closed(reason);
    return again(sentence);
  }

  private Behavior<Command> again(String sentence) {
    condition.away(sentence);
    long wait = redis.backoff().delayMillis(attempts++, random);
    timers.startSingleTimer(REOPEN, REOPEN, Duration.ofMillis(wait));
    return waiting;
  }

  private Behavior<Command> on(Signal signal) {
    if (signal instanceof PreRestart || signal instanceof PostStop) {
      traffic.down();
      client.close();
    }
    return Behaviors.same();
  }
}
