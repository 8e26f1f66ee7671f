package dev.purser.customers;

import dev.purser.cache.Cache;
import dev.purser.customers.Customer.Apply;
import dev.purser.customers.Customer.Command;
import dev.purser.customers.Customer.CopyAnswered;
import dev.purser.customers.Customer.CopyOverdue;
import dev.purser.customers.Customer.LoadAnswered;
import dev.purser.customers.Customer.Look;
import dev.purser.customers.Customer.Read;
import dev.purser.customers.Customer.Reply;
import dev.purser.customers.Customer.SaveAnswered;
import dev.purser.customers.Customer.Source;
import dev.purser.customers.Customer.Stop;
import dev.purser.database.Database;
import dev.purser.database.LoadReply;
import dev.purser.database.SaveReply;
import dev.purser.faults.Backoff;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Profile;
import java.time.Duration;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.PostStop;
import org.apache.pekko.actor.typed.PreRestart;
import org.apache.pekko.actor.typed.Signal;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.jspecify.annotations.Nullable;

/// The states of one customer, the only writer of its aggregate. A state is a method: `loading`,
/// `stale` (copy at hand, database away), `active`, `saving`, `settling` (a save's outcome is
/// overdue).
///
/// ## Loading
///
/// Database and cache are asked at once and the database's answer counts; the copy is repaired if
/// it differs. A copy alone answers reads, marked stale, and is never the base of a write.
///
/// ## Writing
///
/// One save is in flight; what arrives meanwhile waits in [Pending] and shares the next one. The
/// transaction decides; this only fences it with the version it knows.
///
/// ## Failure
///
/// Whatever a message does, it costs a restart of this customer alone. All in hand is answered
/// before.
///
/// Confined to its actor.
final class CustomerStates {
  /// How much longer than the database's own deadline a load is waited for.
  private static final Duration GRACE = Duration.ofSeconds(1);

  private static final LoadReply NO_ANSWER = new LoadReply.NotLoaded(Refusals.AWAY);

  private final ActorContext<Command> context;
  private final String id;
  private final ActorRef<ClusterSharding.ShardCommand> shard;
  private final Neighbours at;
  private final CustomersSettings settings;
  private final Copies copies;
  private final ActorRef<SaveReply> saves;
  private final Backoff reloads;
  private final Readers readers;
  private final Pending pending;

  private final Behavior<Command> loading = state(this::loading);
  private final Behavior<Command> stale = state(this::stale);
  private final Behavior<Command> active = state(this::active);
  private final Behavior<Command> saving = state(this::saving);
  private final Behavior<Command> settling = state(this::settling);

  private @Nullable Command inHand;
  private @Nullable Aggregate held;
  private Cache.@Nullable Reply copy;
  private @Nullable ServiceError loadError;
  private @Nullable Saving inFlight;
  private int loads;
  private int failedLoads;
  private int moves;
  private long reloadAtMillis;
  private boolean leaving;
  private boolean passivating;
  private long settleAtMillis;

  CustomerStates(
      ActorContext<Command> context,
      String id,
      ActorRef<ClusterSharding.ShardCommand> shard,
      Neighbours at) {
    this.context = context;
    this.id = id;
    this.shard = shard;
    this.at = at;
    settings = at.settings();
    reloads = new Backoff(settings.reloadMin(), settings.reloadMax());
    pending = new Pending(settings);
    readers = new Readers(id, settings.bufferReads());
    copies = new Copies(id, at, context.messageAdapter(Cache.Reply.class, CopyAnswered::new));
    saves = context.messageAdapter(SaveReply.class, SaveAnswered::new);
  }

  /// The first state.
  Behavior<Command> load() {
    loads++;
    loadError = null;
    int load = loads;
    long deadline = at.clock().millis() + settings.loadTimeout().toMillis();
    context.ask(
        LoadReply.class,
        at.database(),
        settings.loadTimeout().plus(GRACE),
        replyTo -> new Database.Load(id, deadline, replyTo),
        (reply, _) -> new LoadAnswered(load, reply == null ? NO_ANSWER : reply));
    if (copy == null) {
      copies.ask();
    }
    return loading;
  }

  /// Waiting for the database, and for the cache if that fails.
  private Behavior<Command> loading(Command command) {
    return switch (command) {
      case Read _, Look _ -> {
        readOrWait(command);
        yield loading;
      }
      case Apply write -> {
        admit(write);
        yield loading;
      }
      case LoadAnswered(int load, LoadReply reply) -> load == loads ? loaded(reply) : loading;
      case CopyAnswered(Cache.Reply reply) -> {
        copy = reply;
        yield loadError == null ? loading : unloaded(loadError);
      }
      case CopyOverdue(int load) -> {
        if (load != loads || loadError == null) {
          yield loading;
        }
        at.metrics().cacheSilent();
        yield unloaded(loadError);
      }
      case SaveAnswered _ -> loading; // of this actor before its restart; the load waits for it
      case Stop _ -> leave(loading);
    };
  }

  /// The database is away. A copy, if there is one, answers reads; the next load waits for its
  /// time.
  private Behavior<Command> stale(Command command) {
    return switch (command) {
      case Read _, Look _ -> {
        readOrWait(command);
        yield mayLoad() ? load() : stale;
      }
      case Apply write -> {
        if (mayLoad()) {
          admit(write);
          yield load();
        }
        write.replyTo().tell(new Reply.Refused(Refusals.away(loadError), false));
        yield stale;
      }
      case LoadAnswered _, CopyAnswered _, CopyOverdue _, SaveAnswered _ -> stale;
      case Stop _ -> Behaviors.stopped();
    };
  }

  /// Loaded, and nothing in flight.
  private Behavior<Command> active(Command command) {
    return switch (command) {
      case Read _, Look _ -> {
        readers.answer(command, held().read());
        yield active;
      }
      case Apply write -> {
        admit(write);
        yield next(held());
      }
      case CopyAnswered(Cache.Reply reply) -> {
        copies.repair(reply, held());
        yield active;
      }
      case LoadAnswered _, CopyOverdue _, SaveAnswered _ -> active;
      case Stop _ -> Behaviors.stopped();
    };
  }

  /// One save is in flight; reads see what was committed before it.
  private Behavior<Command> saving(Command command) {
    return switch (command) {
      case Read _, Look _ -> {
        readers.answer(command, held().read());
        yield saving;
      }
      case Apply write -> {
        admit(write);
        yield overdue() ? settle() : saving;
      }
      case SaveAnswered(SaveReply reply) -> saved(reply);
      case CopyAnswered(Cache.Reply reply) -> {
        copies.repair(reply, held());
        yield saving;
      }
      case LoadAnswered _, CopyOverdue _ -> saving;
      case Stop _ -> leave(saving);
    };
  }

  /// A save is overdue, and a load asked which the database answers only when that save has ended.
  private Behavior<Command> settling(Command command) {
    return switch (command) {
      case Read _, Look _ -> {
        readers.answer(command, held().read());
        yield settling;
      }
      case Apply write -> {
        admit(write);
        yield settling;
      }
      case SaveAnswered(SaveReply reply) -> saved(reply);
      case LoadAnswered(int load, LoadReply reply) -> load == loads ? settled(reply) : settling;
      case CopyAnswered _, CopyOverdue _ -> settling;
      case Stop _ -> leave(settling);
    };
  }

  private Behavior<Command> loaded(LoadReply reply) {
    return switch (reply) {
      case LoadReply.Loaded loaded -> {
        Aggregate now = hold(loaded);
        at.metrics().loadedFromDatabase();
        if (copy != null) {
          copies.repair(copy, now);
          copy = null;
        }
        readers.answer(now::read);
        yield next(now);
      }
      case LoadReply.NotLoaded(ServiceError error) -> {
        loadError = error;
        if (copy != null) {
          yield unloaded(error);
        }
        context.scheduleOnce(settings.cacheTimeout(), context.getSelf(), new CopyOverdue(loads));
        yield loading;
      }
    };
  }

  /// The database has failed; what the cache knew decides.
  private Behavior<Command> unloaded(ServiceError error) {
    loadError = error;
    reloadAtMillis =
        at.clock().millis() + reloads.delayMillis(failedLoads, ThreadLocalRandom.current());
    failedLoads++;
    held = copy instanceof Cache.Hit(Profile profile) ? Aggregate.copy(profile) : null;
    if (held == null) {
      at.metrics().notLoaded();
      copy = null; // asked anew with the next load
      passivate();
    } else {
      at.metrics().loadedFromCache();
    }
    Aggregate known = held;
    Reply refusal = new Reply.Refused(Refusals.away(error), false);
    readers.answer(() -> known == null ? refusal : known.read());
    while (!pending.isEmpty()) {
      pending.removeFirst().replyTo().tell(refusal);
    }
    return leaving ? Behaviors.stopped() : stale;
  }

  /// Starts the next save, or rests.
  private Behavior<Command> next(Aggregate base) {
    long now = at.clock().millis();
    for (Apply first = pending.first(); first != null; first = pending.first()) {
      Reply refusal = Refusals.of(first, base, now);
      if (refusal == null) {
        Saving save = Saving.of(id, base, pending.take(now), now);
        inFlight = save;
        settleAtMillis = save.deadlineMillis() + settings.settling().toMillis();
        at.database()
            .tell(
                new Database.Save(
                    save.save(), Pending.lane(save.writes()), save.deadlineMillis(), saves));
        return saving;
      }
      pending.removeFirst().replyTo().tell(refusal);
    }
    if (leaving) {
      return Behaviors.stopped();
    }
    if (!base.profile().stored()) {
      passivate();
    }
    return active;
  }

  private Behavior<Command> saved(SaveReply reply) {
    Saving save = inFlight();
    return switch (reply) {
      case SaveReply.Saved saved -> {
        save.answer(saved);
        ended();
        yield next(commit(save, saved));
      }
      case SaveReply.Moved _ when moves < settings.movedLimit() -> {
        at.metrics().moved();
        moves++;
        pending.putBack(save.writes());
        inFlight = null;
        held = null;
        yield load();
      }
      case SaveReply.Moved _ -> {
        save.refuse(Refusals.MOVING, false);
        ended();
        held = null;
        yield load();
      }
      case SaveReply.NotSaved(ServiceError error) -> {
        save.refuse(error, false);
        ended();
        yield next(held());
      }
    };
  }

  private void ended() {
    inFlight = null;
    moves = 0;
  }

  private Aggregate commit(Saving save, SaveReply.Saved saved) {
    Aggregate before = held();
    Profile profile = saved.profile();
    boolean erased = save.erased(saved);
    if (profile.version() == before.profile().version() && !erased) {
      return before;
    }
    long version = save.save().nextVersion();
    Aggregate after =
        new Aggregate(
            profile,
            erased ? version : before.floor(),
            erased ? save.suppresses() : before.suppressed(),
            Source.MEMORY);
    held = after;
    if (erased) {
      at.erasures().tell(new Erasures.Announce(id, version));
    } else if (profile.stored()) {
      copies.put(after);
    }
    return after;
  }

  private boolean overdue() {
    return at.clock().millis() > settleAtMillis;
  }

  private Behavior<Command> settle() {
    var _ = load();
    return settling;
  }

  private Behavior<Command> settled(LoadReply reply) {
    return switch (reply) {
      case LoadReply.Loaded loaded -> {
        at.metrics().outcomeUnknown();
        inFlight().refuse(Refusals.UNKNOWN, true);
        ended();
        yield next(hold(loaded));
      }
      case LoadReply.NotLoaded _ -> {
        settleAtMillis = at.clock().millis() + settings.settling().toMillis();
        yield saving;
      }
    };
  }

  private Aggregate hold(LoadReply.Loaded loaded) {
    failedLoads = 0;
    Aggregate now =
        new Aggregate(loaded.profile(), loaded.floor(), loaded.suppressed(), Source.DATABASE);
    held = now;
    return now;
  }

  private void readOrWait(Command reader) {
    if (held != null) {
      readers.answer(reader, held.read());
    } else if (!readers.add(reader)) {
      at.metrics().readsFull();
      readers.answer(reader, new Reply.Refused(Refusals.FULL, false));
    }
  }

  private void admit(Apply write) {
    String misuse = pending.misuse(write.changes());
    if (misuse != null) {
      write.replyTo().tell(new Reply.Refused(new ServiceError.Internal(misuse), false));
    } else if (!pending.add(write)) {
      at.metrics().bufferFull();
      write.replyTo().tell(new Reply.Refused(Refusals.FULL, false));
    }
  }

  /// Whether it is time to ask the database again; without a copy each question is.
  private boolean mayLoad() {
    return held == null || at.clock().millis() >= reloadAtMillis;
  }

  private Behavior<Command> leave(Behavior<Command> state) {
    leaving = true;
    return state;
  }

  private void passivate() {
    if (!passivating) {
      passivating = true;
      shard.tell(new ClusterSharding.Passivate<>(context.getSelf()));
    }
  }

  private Aggregate held() {
    return Objects.requireNonNull(held, "loaded");
  }

  private Saving inFlight() {
    return Objects.requireNonNull(inFlight, "a save in flight");
  }

  private Behavior<Command> state(Function<Command, Behavior<Command>> state) {
    return Behaviors.receive((_, c) -> handle(c, state), (_, s) -> ended(s));
  }

  private Behavior<Command> handle(Command command, Function<Command, Behavior<Command>> state) {
    inHand = command;
    try {
      Behavior<Command> next = state.apply(command);
      inHand = null;
      return next;
    } catch (RuntimeException | Error e) {
      // Not left to PreRestart: the failure that is one too many stops without it.
      refuseAll();
      throw e;
    }
  }

  private Behavior<Command> ended(Signal signal) {
    if (signal instanceof PreRestart) {
      at.metrics().restarted();
    }
    if (signal instanceof PreRestart || signal instanceof PostStop) {
      refuseAll();
    }
    return Behaviors.same();
  }

  /// Answers everybody who still waits, so that no failure leaves a caller to its timeout.
  private void refuseAll() {
    Set<Command> waiting = Collections.newSetFromMap(new IdentityHashMap<>());
    readers.drainTo(waiting);
    pending.drainTo(waiting);
    if (inHand != null) {
      waiting.add(inHand);
      inHand = null;
    }
    if (inFlight != null) {
      inFlight.refuse(Refusals.UNKNOWN, true);
      inFlight.writes().forEach(waiting::remove);
      inFlight = null;
    }
    Reply refusal = new Reply.Refused(Refusals.RESTARTING, false);
    for (Command command : waiting) {
      if (command instanceof Apply write) {
        write.replyTo().tell(refusal);
      } else {
        readers.answer(command, refusal);
      }
    }
  }
}
