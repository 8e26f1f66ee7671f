package dev.purser.customers;

import dev.purser.cache.Cache;
import dev.purser.cluster.Ask;
import dev.purser.customers.Customer.Reply;
import dev.purser.database.Chore;
import dev.purser.database.Database;
import dev.purser.database.Database.Answer;
import dev.purser.database.NodeLease;
import dev.purser.database.Query;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Change;
import dev.purser.ledger.RunEvent;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;
import org.apache.pekko.japi.function.Function;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/// The door to customers: what the edge and the bulk lane may ask. Safe for many threads.
///
/// Deadlines are absolute, in the clock's milliseconds since 1970. Stages of [#read] and [#apply]
/// never fail: a deadline that passes, or a customer that cannot be reached, is a
/// [Customer.Reply.Refused].
public final class Customers {
  static final ServiceError TIMEOUT =
      new ServiceError.Timeout("The deadline passed before there was an answer.");

  /// How much longer than its deadline an answer is waited for: whoever gives up at the deadline
  /// knows whether anything was applied, and must not lose a race against those who do not.
  private static final Duration GRACE = Duration.ofMillis(250);

  private static final Reply LATE_READ = new Reply.Refused(TIMEOUT, false);
  private static final Reply LATE_WRITE = new Reply.Refused(Refusals.UNKNOWN, true);

  private final ActorSystem<?> system;
  private final ActorRef<Database.Command> database;
  private final ActorRef<ShardingEnvelope<Customer.Command>> customers;
  private final Answers answers;
  private final CustomersSettings settings;
  private final InstantSource clock;
  private final AtomicLong lookups = new AtomicLong();

  /// Settlements of everybody that are running now, by key.
  private final HeldKeys settling = new HeldKeys();

  /// What a lookup found, each list in the order asked.
  ///
  /// @param error why the failed ones could not be read, or null if none failed
  public record Lookup(
      List<Customer.Reply.Read> found,
      List<String> missing,
      List<String> failed,
      @Nullable ServiceError error) {}

  /// Starts customers on this node: their sharding, and what makes erasures known to the cache.
  public static Customers start(
      ActorSystem<?> system,
      ActorRef<Database.Command> database,
      ActorRef<Cache.Command> cache,
      CustomersSettings settings,
      InstantSource clock,
      Following following,
      NodeLease lease) {
    Behavior<Erasures.Command> sweeping =
        Behaviors.supervise(Erasures.create(database, cache, settings.erasures(), clock))
            .onFailure(
                SupervisorStrategy.restartWithBackoff(
                    Duration.ofSeconds(1), Duration.ofMinutes(1), 0.2));
    ActorRef<Erasures.Command> erasures = system.systemActorOf(sweeping, "erasures", Props.empty());
    Neighbours neighbours =
        new Neighbours(
            database,
            cache,
            erasures,
            Answers.of(settings, lease),
            settings,
            clock,
            new CustomersMetrics(),
            following,
            lease);
    return new Customers(system, Customer.init(system, neighbours), neighbours);
  }

  private Customers(
      ActorSystem<?> system,
      ActorRef<ShardingEnvelope<Customer.Command>> customers,
      Neighbours neighbours) {
    this.system = system;
    this.customers = customers;
    this.database = neighbours.database();
    this.answers = neighbours.answers();
    this.settings = neighbours.settings();
    this.clock = neighbours.clock();
  }

  /// The aggregate of one customer.
  public CompletionStage<Reply> read(String id, long deadlineMillis) {
    Reply.Read known = answers.find(id);
    if (known != null) {
      return CompletableFuture.completedFuture(known);
    }
    return ask(
        id, replyTo -> new Customer.Read(deadlineMillis, replyTo), deadlineMillis, LATE_READ);
  }

  /// Applies changes to one customer: events, preferences, a settlement or an erasure.
  public CompletionStage<Reply> apply(
      String id,
      List<Change> changes,
      Customer.@Nullable Condition condition,
      boolean bulk,
      long deadlineMillis) {
    return ask(
        id,
        replyTo -> new Customer.Apply(changes, condition, bulk, deadlineMillis, replyTo),
        deadlineMillis,
        LATE_WRITE);
  }

  private CompletionStage<Reply> ask(
      String id,
      Function<ActorRef<Reply>, Customer.Command> command,
      long deadlineMillis,
      Reply late) {
    long left = deadlineMillis - clock.millis();
    if (left <= 0) {
      return CompletableFuture.completedFuture(LATE_READ); // nothing was asked of anyone
    }
    CompletionStage<Reply> reply =
        Ask.of(
            customers,
            replyTo -> new ShardingEnvelope<>(id, command.apply(replyTo)),
            Duration.ofMillis(left).plus(GRACE),
            system);
    return reply.exceptionally(_ -> late);
  }

  /// Reads many customers in one go; ids are distinct and at most 1,000.
  public CompletionStage<Lookup> lookup(List<String> ids, long deadlineMillis) {
    long left = deadlineMillis - clock.millis();
    if (ids.isEmpty() || left <= 0) {
      return CompletableFuture.completedFuture(
          new Lookup(List.of(), List.of(), ids, ids.isEmpty() ? null : TIMEOUT));
    }
    CompletableFuture<Lookup> result = new CompletableFuture<>();
    var _ =
        system.systemActorOf(
            Gathering.create(
                customers,
                answers,
                ids,
                deadlineMillis,
                Duration.ofMillis(left).plus(GRACE),
                result),
            "lookup-" + lookups.incrementAndGet(),
            Props.empty());
    return result;
  }

  /// Asks the database a question about customers; fails with a [Fault].
  public <T> CompletionStage<T> answer(Query<T> query, long deadlineMillis) {
    return askDatabase(
        replyTo -> new Database.Ask<>(query, deadlineMillis, replyTo), deadlineMillis);
  }

  /// Lets a suppressed id be used again; false if it was not suppressed. Fails with a [Fault].
  public CompletionStage<Boolean> liftSuppression(String id, long deadlineMillis) {
    return order(new Chore.LiftSuppression(id), Database.Lane.INTERACTIVE, deadlineMillis)
        .thenApply(rows -> rows > 0);
  }

  /// Drops the dead letters that name `id`; false if there are none. Fails with a [Fault].
  public CompletionStage<Boolean> dropLetters(String id, long deadlineMillis) {
    return order(new Chore.DropLettersOf(id), Database.Lane.INTERACTIVE, deadlineMillis)
        .thenApply(rows -> rows > 0);
  }

  /// Has the database do a chore; answers how many rows it touched.
  CompletionStage<Long> order(Chore chore, Database.Lane lane, long deadlineMillis) {
    return askDatabase(
        replyTo -> new Database.Do(chore, lane, deadlineMillis, replyTo), deadlineMillis);
  }

  private <T> CompletionStage<T> askDatabase(
      Function<ActorRef<Answer<T>>, Database.Command> command, long deadlineMillis) {
    long left = deadlineMillis - clock.millis();
    if (left <= 0) {
      return CompletableFuture.failedFuture(new Fault(TIMEOUT));
    }
    CompletionStage<Answer<T>> asked =
        Ask.of(database, command, Duration.ofMillis(left).plus(GRACE), system);
    return asked
        .exceptionally(_ -> new Answer.Failed<>(TIMEOUT))
        .thenApply(
            answer ->
                switch (answer) {
                  case Answer.Found<T>(T value) -> value;
                  case Answer.Failed<T>(ServiceError error) -> throw new Fault(error);
                });
  }

  /// Settles every customer that has pending refunds.
  ///
  /// The source may be materialised more than once; each time it is a run of its own, but for those
  /// of one key: they are one run, continued if it did not end, told again if it did.
  ///
  /// @param key idempotency key of the caller, or null
  public Source<RunEvent, NotUsed> settleAll(@Nullable String key) {
    return new Settlement(this, system, settings.settlements(), clock, settling).run(key);
  }
}
