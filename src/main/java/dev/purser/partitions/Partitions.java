package dev.purser.partitions;

import dev.purser.cluster.Ask;
import dev.purser.database.Database;
import dev.purser.database.NodeLease;
import dev.purser.faults.Fault;
import dev.purser.faults.ServiceError;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.SupervisorStrategy;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.cluster.sharding.typed.ShardingEnvelope;

/// The door to the partitions of one kind. Safe for many threads. Deadlines are absolute, in the
/// clock's milliseconds since 1970.
public final class Partitions {
  static final ServiceError TIMEOUT =
      new ServiceError.Timeout("The deadline passed before there was an answer.");

  /// How much longer than its deadline an answer is waited for: whoever gives up at the deadline
  /// knows whether anything was applied, and must not lose a race against those who do not.
  private static final Duration GRACE = Duration.ofMillis(250);

  private static final Partition.Reply LATE = new Partition.Reply.Refused(TIMEOUT, false);
  private static final Partition.Reply LOST = new Partition.Reply.Refused(Refusals.UNKNOWN, true);

  private final ActorSystem<?> system;
  private final ActorRef<ShardingEnvelope<Partition.Command>> partitions;
  private final ActorRef<Scatter.Ask> scatter;
  private final Slices slices;
  private final InstantSource clock;
  private final CompletableFuture<Done> loaded;
  private final AtomicBoolean leaving;

  private Partitions(
      ActorSystem<?> system,
      ActorRef<ShardingEnvelope<Partition.Command>> partitions,
      ActorRef<Scatter.Ask> scatter,
      Slices slices,
      InstantSource clock,
      CompletableFuture<Done> loaded,
      AtomicBoolean leaving) {
    this.system = system;
    this.partitions = partitions;
    this.scatter = scatter;
    this.slices = slices;
    this.clock = clock;
    this.loaded = loaded;
    this.leaving = leaving;
  }

  /// Starts the partitions of a kind on this node.
  public static <W extends Change, D> Partitions start(
      ActorSystem<?> system,
      Kind<W, D> kind,
      ActorRef<Database.Command> database,
      PartitionSettings settings,
      InstantSource clock,
      NodeLease lease) {
    String name = kind.collection();
    Slices slices = new Slices(settings.count());
    var partitions =
        Partition.init(
            system,
            new Partition.Setup<>(
                kind, slices, settings, database, clock, new PartitionMetrics(name), lease));
    AtomicBoolean leaving = leaving(system, name);
    CompletableFuture<Done> loaded = new CompletableFuture<>();
    var _ =
        system.systemActorOf(
            Vigil.create(partitions, settings.count(), settings.wake(), loaded, leaving),
            name + "-vigil",
            Props.empty());
    ActorRef<Scatter.Ask> scatter =
        system.systemActorOf(
            Behaviors.supervise(Scatter.create(partitions, settings.count()))
                .onFailure(SupervisorStrategy.resume()),
            name + "-scatter",
            Props.empty());
    return new Partitions(system, partitions, scatter, slices, clock, loaded, leaving);
  }

  /// True from the moment on at which partitions leave this node. What is sent to a partition that
  /// has left is kept for its next owner, and a node whose sharding holds such messages does not
  /// end before its time is over.
  private static AtomicBoolean leaving(ActorSystem<?> system, String name) {
    AtomicBoolean leaving = new AtomicBoolean();
    CoordinatedShutdown.get(system)
        .addTask(
            CoordinatedShutdown.PhaseServiceStop(),
            name + " take nothing new",
            () -> {
              leaving.set(true);
              return CompletableFuture.completedStage(Done.done());
            });
    return leaving;
  }

  /// Completed when every partition has been loaded once.
  public CompletionStage<Done> loaded() {
    return loaded.minimalCompletionStage();
  }

  /// How many partitions there are.
  public int count() {
    return slices.partitions();
  }

  /// The partition that owns an id, from 0.
  public int partition(String id) {
    return slices.partition(id);
  }

  /// Applies changes to records that one partition owns. The stage never fails.
  public CompletionStage<Partition.Reply> apply(
      int partition,
      long deadlineMillis,
      Function<ActorRef<Partition.Reply>, ? extends Partition.Apply<?>> request) {
    long left = deadlineMillis - clock.millis();
    if (left <= 0) {
      return CompletableFuture.completedFuture(LATE); // nothing was asked of anyone
    }
    if (leaving.get()) {
      return CompletableFuture.completedFuture(
          new Partition.Reply.Refused(Refusals.LEAVING, false));
    }
    return this.<Partition.Reply>tell(partition, left, request).exceptionally(_ -> LOST);
  }

  /// Asks the owner of `id`. The stage fails with a [Fault] if there is no answer in time.
  public <A> CompletionStage<A> ask(
      String id,
      long deadlineMillis,
      Function<ActorRef<A>, ? extends Partition.Question> question) {
    long left = deadlineMillis - clock.millis();
    if (left <= 0) {
      return CompletableFuture.failedFuture(new Fault(TIMEOUT));
    }
    if (leaving.get()) {
      return CompletableFuture.failedFuture(new Fault(Refusals.LEAVING));
    }
    return this.<A>tell(slices.partition(id), left, question)
        .exceptionally(
            failure -> {
              throw new Fault(TIMEOUT, failure);
            });
  }

  /// Asks all partitions; their answers are in no order. The stage fails with a [Fault] if one of
  /// them does not answer in time.
  @SuppressWarnings("unchecked") // whoever makes the questions says what they are answered with
  public <A> CompletionStage<List<A>> askAll(
      long deadlineMillis, Function<ActorRef<A>, ? extends Partition.Question> question) {
    long left = deadlineMillis - clock.millis();
    if (left <= 0) {
      return CompletableFuture.failedFuture(new Fault(TIMEOUT));
    }
    if (leaving.get()) {
      return CompletableFuture.failedFuture(new Fault(Refusals.LEAVING));
    }
    CompletableFuture<List<Object>> answers = new CompletableFuture<>();
    scatter.tell(new Scatter.Ask(to -> question.apply(to.narrow()), patience(left), answers));
    return (CompletionStage<List<A>>) (CompletionStage<?>) answers;
  }

  private <A> CompletionStage<A> tell(
      int partition, long leftMillis, Function<ActorRef<A>, ? extends Partition.Command> message) {
    return Ask.of(
        partitions,
        replyTo -> new ShardingEnvelope<>(Integer.toString(partition), message.apply(replyTo)),
        patience(leftMillis),
        system);
  }

  private static Duration patience(long leftMillis) {
    return Duration.ofMillis(leftMillis).plus(GRACE);
  }
}
