package dev.purser.customers;

import dev.purser.cache.Cache;
import dev.purser.database.Chore;
import dev.purser.database.Database;
import dev.purser.database.Database.Answer;
import dev.purser.database.Query;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.NoSerializationVerificationNeeded;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;

/// Makes every erasure known to the cache, so that erased data cannot return through an outage: the
/// database keeps an outbox row of each until the cache has confirmed it.
///
/// What a customer announces is passed on at once. What was not confirmed then, for the cache or
/// this node was away, is found in the outbox at start and at a slow rate. Confirmations are
/// gathered for a moment and forgotten together; one that is lost is only repeated.
///
/// An erasure whose rows were not all deleted, since the node was killed meanwhile, is found there
/// too, and finished.
///
/// Confined to its actor.
final class Erasures {
  /// How long confirmations are gathered: one chore for a burst of erasures.
  private static final Duration GATHERING = Duration.ofMillis(100);

  /// How long the database may take to answer.
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  /// How long a customer may take whose rows are being deleted before the next sweep asks again.
  private static final Duration PURGING = Duration.ofMinutes(10);

  private static final Forget FORGET = new Forget();

  private final ActorContext<Command> context;
  private final TimerScheduler<Command> timers;
  private final ActorRef<Database.Command> database;
  private final ActorRef<Cache.Command> cache;
  private final CustomersSettings.Erased settings;
  private final InstantSource clock;
  private final ActorRef<Cache.Confirmed> confirmations;
  private final List<Query.Erasure> confirmed = new ArrayList<>();
  private final Set<String> purging = new HashSet<>(); // at most a page at a time

  sealed interface Command extends NoSerializationVerificationNeeded {}

  /// `customer` was erased at `version`.
  record Announce(String customer, long version) implements Command {}

  private record Sweep() implements Command {}

  private record Found(List<Query.Erasure> erasures) implements Command {}

  private record Confirm(Query.Erasure erasure) implements Command {}

  private record Forget() implements Command {}

  /// Nothing is left of a customer, or the next sweep looks again.
  private record Purged(String customer) implements Command {}

  /// The database has answered, or failed to: either way there is nothing to do before the next
  /// sweep.
  private record Done() implements Command {}

  static Behavior<Command> create(
      ActorRef<Database.Command> database,
      ActorRef<Cache.Command> cache,
      CustomersSettings.Erased settings,
      InstantSource clock) {
    return Behaviors.setup(
        context ->
            Behaviors.withTimers(
                timers -> new Erasures(context, timers, database, cache, settings, clock).start()));
  }

  private Erasures(
      ActorContext<Command> context,
      TimerScheduler<Command> timers,
      ActorRef<Database.Command> database,
      ActorRef<Cache.Command> cache,
      CustomersSettings.Erased settings,
      InstantSource clock) {
    this.context = context;
    this.timers = timers;
    this.database = database;
    this.cache = cache;
    this.settings = settings;
    this.clock = clock;
    confirmations =
        context.messageAdapter(
            Cache.Confirmed.class, c -> new Confirm(new Query.Erasure(c.id(), c.version(), false)));
  }

  private Behavior<Command> start() {
    timers.startTimerWithFixedDelay(new Sweep(), Duration.ZERO, settings.interval());
    return serving();
  }

  private Behavior<Command> serving() {
    return Behaviors.receiveMessage(
        command -> {
          switch (command) {
            case Announce(String customer, long version) -> announce(customer, version);
            case Sweep _ -> sweep();
            case Found(List<Query.Erasure> erasures) -> erasures.forEach(this::found);
            case Purged(String customer) -> purging.remove(customer);
            case Confirm(Query.Erasure erasure) -> confirm(erasure);
            case Forget _ -> forget();
            case Done _ -> {}
          }
          return Behaviors.same();
        });
  }

  private void announce(String customer, long version) {
    cache.tell(new Cache.PutAbsent(customer, version, confirmations));
  }

  /// One whose rows are left was cut off, or is at work on this node or another: then there are two
  /// at it, of which one finds nothing.
  private void found(Query.Erasure erasure) {
    announce(erasure.customer(), erasure.version());
    if (erasure.purging() && purging.add(erasure.customer())) {
      String customer = erasure.customer();
      long deadline = clock.millis() + PATIENCE.toMillis();
      CompletionStage<Answer<Long>> answer =
          AskPattern.ask(
              database,
              to -> new Database.Do(new Chore.Purge(customer), Database.Lane.BULK, deadline, to),
              PURGING,
              context.getSystem().scheduler());
      context.pipeToSelf(answer, (_, _) -> new Purged(customer));
    }
  }

  private void sweep() {
    long deadline = clock.millis() + PATIENCE.toMillis();
    CompletionStage<Answer<List<Query.Erasure>>> answer =
        AskPattern.ask(
            database,
            replyTo ->
                new Database.Ask<>(new Query.PendingErasures(settings.page()), deadline, replyTo),
            PATIENCE,
            context.getSystem().scheduler());
    context.pipeToSelf(
        answer,
        (found, _) ->
            found instanceof Answer.Found<List<Query.Erasure>>(var erasures)
                ? new Found(erasures)
                : new Done());
  }

  private void confirm(Query.Erasure erasure) {
    confirmed.add(erasure);
    if (confirmed.size() >= settings.page()) {
      forget();
    } else if (!timers.isTimerActive(FORGET)) {
      timers.startSingleTimer(FORGET, FORGET, GATHERING);
    }
  }

  private void forget() {
    timers.cancel(FORGET);
    if (confirmed.isEmpty()) {
      return;
    }
    Chore chore = new Chore.ForgetErasures(confirmed);
    confirmed.clear();
    long deadline = clock.millis() + PATIENCE.toMillis();
    CompletionStage<Answer<Long>> answer =
        AskPattern.ask(
            database,
            replyTo -> new Database.Do(chore, Database.Lane.BULK, deadline, replyTo),
            PATIENCE,
            context.getSystem().scheduler());
    context.pipeToSelf(answer, (_, _) -> new Done());
  }
}
