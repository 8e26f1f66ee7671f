package dev.purser.customers;

import dev.purser.cache.Cache;
import dev.purser.customers.Customer.Apply;
import dev.purser.customers.Customer.Command;
import dev.purser.customers.Customer.CopyAnswered;
import dev.purser.customers.Customer.CopyOverdue;
import dev.purser.customers.Customer.LoadAnswered;
import dev.purser.customers.Customer.Look;
import dev.purser.customers.Customer.Purged;
import dev.purser.customers.Customer.Read;
import dev.purser.customers.Customer.Reply;
import dev.purser.customers.Customer.SaveAnswered;
import dev.purser.customers.Customer.Stop;
import dev.purser.database.Database.Answer;
import dev.purser.database.LoadReply;
import dev.purser.database.SaveReply;
import dev.purser.faults.ServiceError;
import java.util.Objects;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding;
import org.jspecify.annotations.Nullable;

/// The states of one customer, the only writer of its aggregate. A state is a method: `loading`,
/// `stale` (copy at hand, database away), `active`, `saving`, `settling` (a save's outcome is
/// overdue), `purging` (erased, and rows of it are left).
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
/// before. Confined to its actor.
final class CustomerStates {
  private final String id;
  private final Neighbours at;
  private final Copies copies;
  private final Readers readers;
  private final Loading load;
  private final Writing writing;
  private final Leaving leaving;

  private final Behavior<Command> loading;
  private final Behavior<Command> stale;
  private final Behavior<Command> active;
  private final Behavior<Command> saving;
  private final Behavior<Command> settling;
  private final Behavior<Command> purging;

  private @Nullable Aggregate held;

  CustomerStates(
      ActorContext<Command> context,
      String id,
      ActorRef<ClusterSharding.ShardCommand> shard,
      Neighbours at) {
    this.id = id;
    this.at = at;
    leaving = new Leaving(context.getSelf(), shard);
    readers = new Readers(id, at.settings().bufferReads());
    copies = new Copies(context, id, at);
    load = new Loading(context, id, at, copies);
    writing =
        new Writing(
            id,
            at,
            context.messageAdapter(SaveReply.class, SaveAnswered::new),
            context.messageAdapter(answers(), Purged::new));
    Guard guard = new Guard(() -> at.answers().withdraw(id), readers, writing, at.metrics());
    loading = guard.state(this::loading);
    stale = guard.state(this::stale);
    active = guard.state(this::active);
    saving = guard.state(this::saving);
    settling = guard.state(this::settling);
    purging = guard.state(this::purging);
  }

  /// The first state.
  Behavior<Command> load() {
    load.start();
    return loading;
  }

  /// Waiting for the database, and for the cache if that fails.
  private Behavior<Command> loading(Command command) {
    return switch (command) {
      case Read _, Look _ -> read(command, loading);
      case Apply write -> admit(write, loading);
      case LoadAnswered(int n, LoadReply reply) -> load.awaits(n) ? loaded(reply) : loading;
      case CopyAnswered(Cache.Reply reply) -> {
        load.copied(reply);
        ServiceError error = load.error();
        yield error == null ? loading : unloaded(error);
      }
      case CopyOverdue(int n) -> {
        ServiceError error = load.error();
        if (!load.awaits(n) || error == null) {
          yield loading;
        }
        at.metrics().cacheSilent();
        yield unloaded(error);
      }
      // Of this actor before its restart; the load waits for them.
      case SaveAnswered _, Purged _ -> loading;
      case Stop _ -> leaving.when(loading);
    };
  }

  /// The database is away. A copy, if there is one, answers reads; the next load waits for its
  /// time, or for the next question if there is none.
  private Behavior<Command> stale(Command command) {
    return switch (command) {
      case Read _, Look _ -> {
        var _ = read(command, stale);
        yield held == null || load.due() ? load() : stale;
      }
      case Apply write when held == null || load.due() -> admit(write, load());
      case Apply write -> {
        write.replyTo().tell(new Reply.Refused(Refusals.away(load.error()), false));
        yield stale;
      }
      case LoadAnswered _, CopyAnswered _, CopyOverdue _, SaveAnswered _, Purged _ -> stale;
      case Stop _ -> Behaviors.stopped();
    };
  }

  /// Loaded, and nothing in flight.
  private Behavior<Command> active(Command command) {
    return switch (command) {
      case Read _, Look _ -> {
        var _ = read(command, active);
        yield rest(held());
      }
      case Apply write -> {
        var _ = admit(write, active);
        yield next(held());
      }
      case CopyAnswered(Cache.Reply reply) -> {
        copies.repair(reply, held());
        yield active;
      }
      case LoadAnswered _, CopyOverdue _, SaveAnswered _, Purged _ -> active;
      case Stop _ -> Behaviors.stopped();
    };
  }

  /// One save is in flight; reads see what was committed before it.
  private Behavior<Command> saving(Command command) {
    return switch (command) {
      case Read _, Look _ -> read(command, saving);
      case Apply write -> {
        var _ = admit(write, saving);
        if (!writing.overdue()) {
          yield saving;
        }
        load.start();
        yield settling;
      }
      case SaveAnswered(SaveReply reply) -> saved(reply);
      case CopyAnswered(Cache.Reply reply) -> {
        copies.repair(reply, held());
        yield saving;
      }
      case LoadAnswered _, CopyOverdue _, Purged _ -> saving;
      case Stop _ -> leaving.when(saving);
    };
  }

  /// A save is overdue, and a load asked which the database answers only when that save has ended.
  private Behavior<Command> settling(Command command) {
    return switch (command) {
      case Read _, Look _ -> read(command, settling);
      case Apply write -> admit(write, settling);
      case SaveAnswered(SaveReply reply) -> saved(reply);
      case LoadAnswered(int n, LoadReply reply) -> load.awaits(n) ? settled(reply) : settling;
      case CopyAnswered _, CopyOverdue _, Purged _ -> settling;
      case Stop _ -> leaving.when(settling);
    };
  }

  /// The customer is erased and absent for every reader; rows of it are still being deleted. If
  /// that takes too long, or fails, the callers are answered that the outcome is unknown, and
  /// [Erasures] deletes the rest.
  private Behavior<Command> purging(Command command) {
    return switch (command) {
      case Read _, Look _ -> read(command, purging);
      case Apply write -> {
        var _ = admit(write, purging);
        yield writing.overdue() ? purged(false) : purging;
      }
      case Purged(Answer<Long> answer) -> purged(answer instanceof Answer.Found);
      case LoadAnswered _, CopyAnswered _, CopyOverdue _, SaveAnswered _ -> purging;
      case Stop _ -> Behaviors.stopped();
    };
  }

  private Behavior<Command> purged(boolean whole) {
    if (whole) {
      writing.purged();
    } else {
      writing.lost();
    }
    return next(held());
  }

  /// Answers a reader with what is held, or lets it wait for the load.
  private Behavior<Command> read(Command reader, Behavior<Command> state) {
    leaving.asked();
    if (held != null) {
      readers.answer(reader, at.answers().of(held));
    } else if (!readers.add(reader)) {
      at.metrics().readsFull();
      readers.answer(reader, new Reply.Refused(Refusals.FULL, false));
    }
    return state;
  }

  private Behavior<Command> admit(Apply write, Behavior<Command> state) {
    leaving.asked();
    writing.admit(write);
    return state;
  }

  private Behavior<Command> loaded(LoadReply reply) {
    return switch (reply) {
      case LoadReply.Loaded loaded -> {
        Aggregate stored = Aggregate.of(loaded);
        hold(stored);
        load.loaded(stored);
        readers.answer(() -> at.answers().of(stored));
        yield next(stored);
      }
      case LoadReply.NotLoaded(ServiceError error) ->
          load.failed(error) ? unloaded(error) : loading;
    };
  }

  /// From now on nobody answers from what was held before.
  private void hold(@Nullable Aggregate next) {
    held = next;
    at.answers().withdraw(id);
  }

  /// The database has failed; what the cache knew decides.
  private Behavior<Command> unloaded(ServiceError error) {
    Aggregate copy = load.copy();
    load.ended();
    hold(copy);
    Reply refusal = new Reply.Refused(Refusals.away(error), false);
    readers.answer(() -> copy == null ? refusal : copy.read());
    writing.refuse(refusal);
    if (copy == null) {
      leaving.passivate();
    }
    return leaving.begun() ? Behaviors.stopped() : stale;
  }

  /// Starts the next save, or rests.
  private Behavior<Command> next(Aggregate base) {
    return writing.start(base) ? saving : rest(base);
  }

  /// Who turns out to be unknown does not stay in memory, but waits for the message that woke it:
  /// the load may have been faster.
  private Behavior<Command> rest(Aggregate base) {
    if (!base.profile().stored()) {
      leaving.passivateOnceAsked();
    }
    return leaving.begun() ? Behaviors.stopped() : active;
  }

  private Behavior<Command> saved(SaveReply reply) {
    Saving save = writing.inFlight();
    return switch (reply) {
      case SaveReply.Saved saved -> {
        Aggregate after = commit(save, saved);
        writing.saved(saved);
        yield next(after);
      }
      case SaveReply.Purging(SaveReply.Saved saved) -> {
        var _ = commit(save, saved);
        writing.purging(saved);
        yield purging;
      }
      case SaveReply.Moved _ -> {
        writing.moved();
        hold(null);
        yield load();
      }
      case SaveReply.NotSaved(ServiceError error) -> {
        save.refuse(error, false);
        writing.end();
        yield next(held());
      }
    };
  }

  private Aggregate commit(Saving save, SaveReply.Saved saved) {
    Aggregate before = held();
    Aggregate after = before.after(save, saved);
    hold(after);
    if (save.erased(saved)) {
      copies.forget(save.save().nextVersion());
    } else if (after.profile().version() != before.profile().version()) {
      copies.put(after);
    }
    return after;
  }

  private Behavior<Command> settled(LoadReply reply) {
    return switch (reply) {
      case LoadReply.Loaded loaded -> {
        writing.lost();
        Aggregate stored = Aggregate.of(loaded);
        hold(stored);
        yield next(stored);
      }
      case LoadReply.NotLoaded _ -> {
        writing.postpone(at.clock().millis());
        yield saving;
      }
    };
  }

  @SuppressWarnings("unchecked") // the only chore that a customer orders
  private static Class<Answer<Long>> answers() {
    return (Class<Answer<Long>>) (Class<?>) Answer.class;
  }

  private Aggregate held() {
    return Objects.requireNonNull(held, "loaded");
  }
}
