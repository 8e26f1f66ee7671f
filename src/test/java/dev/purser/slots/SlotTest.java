package dev.purser.slots;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import dev.purser.faults.Backoff;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.Decision;
import dev.purser.faults.Escalated;
import dev.purser.faults.Phase;
import dev.purser.faults.ServiceError;
import dev.purser.faults.SupervisionLog;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// One slot, its session and a connection that is a word.
final class SlotTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ActorTestKit kit =
      ActorTestKit.create(
          ConfigFactory.parseString(
                  """
                  pekko.actor.serialize-messages = on
                  pekko.actor.allow-java-serialization = off
                  blocking { type = PinnedDispatcher, executor = thread-pool-executor }
                  """)
              .withFallback(ConfigFactory.load()));
  private final SupervisionLog log = new SupervisionLog(100, InstantSource.system());
  private final Connections connections = new Connections();
  private volatile Phase phase = Phase.STARTING;

  @SuppressWarnings("unchecked")
  private final TestProbe<SlotEvent<String>> owner =
      (TestProbe<SlotEvent<String>>) (TestProbe<?>) kit.createTestProbe();

  @AfterEach
  void stop() {
    kit.shutdownTestKit();
  }

  /// Opens words; `failing` says with what the n-th opening fails.
  private static final class Connections implements Connector<String> {
    final AtomicInteger openings = new AtomicInteger();
    final List<String> closed = new CopyOnWriteArrayList<>();
    final Semaphore interrupts = new Semaphore(0);
    volatile IntFunction<DatabaseCause> failing = _ -> null;

    @Override
    public String open() throws Exception {
      int n = openings.incrementAndGet();
      DatabaseCause cause = failing.apply(n);
      if (cause != null) {
        throw new Exception(cause.name());
      }
      return "connection " + n;
    }

    @Override
    public void validate(String connection) {}

    @Override
    public void interrupt(String connection) {
      interrupts.release();
    }

    @Override
    public void close(String connection) {
      closed.add(connection);
    }

    @Override
    public ServiceError explain(Throwable failure) {
      for (DatabaseCause cause : DatabaseCause.values()) {
        if (cause.name().equals(failure.getMessage())) {
          return new ServiceError.Database(cause, "it is " + cause);
        }
      }
      return new ServiceError.Database(DatabaseCause.UNKNOWN, "unexpected");
    }
  }

  private ActorRef<Slot.Command> slot(Duration maxAge) {
    return kit.spawn(Slot.create(place(1, connections, maxAge)));
  }

  private Place<String> place(int n, Connector<String> connector, Duration maxAge) {
    SlotSettings settings =
        new SlotSettings(
            "blocking",
            new Backoff(Duration.ofMillis(1), Duration.ofMillis(5)),
            Duration.ofMillis(100),
            Duration.ofMillis(30),
            maxAge,
            5,
            Duration.ofSeconds(60),
            Duration.ofMillis(20));
    return new Place<>(
        n,
        "writer",
        connector,
        settings,
        e -> owner.ref().tell(e),
        () -> phase,
        log,
        InstantSource.system());
  }

  private <E> E await(Class<E> type) {
    SlotEvent<String> event = owner.receiveMessage(PATIENCE);
    while (!type.isInstance(event)) {
      event = owner.receiveMessage(PATIENCE);
    }
    return type.cast(event);
  }

  private SlotView awaitState(SlotView.State state) {
    SlotView view = await(SlotEvent.Changed.class).view();
    while (view.state() != state) {
      view = await(SlotEvent.Changed.class).view();
    }
    return view;
  }

  @SuppressWarnings("unchecked")
  private ActorRef<Session.Command<String>> ready() {
    return ((SlotEvent.Ready<String>) await(SlotEvent.Ready.class)).session();
  }

  @Test
  void work_sent_runsOnTheConnectionAndComesBack() {
    slot(Duration.ZERO);
    List<String> seen = new CopyOnWriteArrayList<>();
    Work<String> work = (c, _) -> seen.add(c + " on " + Thread.currentThread().getName());
    ready().tell(new Session.Run<>(work));
    SlotEvent.Done<?> done = await(SlotEvent.Done.class);
    assertThat(done.more()).isTrue();
    assertThat(done.work()).isSameAs(work);
    assertThat(seen.getFirst()).startsWith("connection 1 on ").contains("blocking");
    SlotView view = awaitState(SlotView.State.SERVING);
    while (view.uses() == 0) {
      view = awaitState(SlotView.State.SERVING);
    }
    assertThat(view.openedMillis()).isPositive();
  }

  @Test
  void work_failing_connectionReplacedWithoutCountingToTheLimit() {
    slot(Duration.ZERO);
    for (int i = 0; i < 8; i++) {
      ready()
          .tell(
              new Session.Run<>(
                  (_, _) -> {
                    throw new StackOverflowError();
                  }));
      assertThat(await(SlotEvent.Lost.class).why().message()).isEqualTo("unexpected");
    }
    ready();
    assertThat(connections.closed).hasSize(8);
    assertThat(log.latest()).hasSize(8).allMatch(e -> e.decision() == Decision.RESTART);
  }

  @Test
  void opening_unreachable_triedForAsLongAsItTakes() {
    connections.failing = n -> n <= 20 ? DatabaseCause.UNREACHABLE : null;
    slot(Duration.ZERO);
    SlotView waiting = awaitState(SlotView.State.BACKING_OFF);
    assertThat(waiting.lastError()).isEqualTo("it is UNREACHABLE");
    ready();
    assertThat(awaitState(SlotView.State.SERVING).restarts()).isEqualTo(20);
  }

  @Test
  void opening_unknownFailures_escalatesBeyondTheLimit() {
    connections.failing = _ -> DatabaseCause.UNKNOWN;
    ActorRef<Slot.Command> slot = slot(Duration.ZERO);
    owner.expectTerminated(slot, PATIENCE);
    assertThat(connections.openings.get()).isEqualTo(6);
    assertThat(log.latest().getFirst().decision()).isEqualTo(Decision.ESCALATE);
  }

  @Test
  void opening_setupError_escalatesAtStartOnly() {
    connections.failing = n -> n == 2 ? DatabaseCause.SETUP : null;
    phase = Phase.SERVING;
    ActorRef<Slot.Command> slot = slot(Duration.ZERO);
    ready();
    slot.tell(new Slot.Recycle("test"));
    ready();
    phase = Phase.STARTING;
    connections.failing = _ -> DatabaseCause.SETUP;
    slot.tell(new Slot.Recycle("test"));
    owner.expectTerminated(slot, PATIENCE);
  }

  @Test
  void work_overdue_interruptedUntilItReturnsThenReplaced() {
    slot(Duration.ZERO);
    Semaphore hold = new Semaphore(0);
    List<Boolean> overran = new CopyOnWriteArrayList<>();
    ready()
        .tell(
            new Session.Run<>(
                (_, over) -> {
                  hold.acquire();
                  overran.add(over.getAsBoolean());
                }));
    awaitState(SlotView.State.STUCK);
    // Interrupted again at each look, and no second connection while the call has not returned.
    connections.interrupts.acquireUninterruptibly(3);
    assertThat(connections.openings.get()).isEqualTo(1);
    hold.release();
    assertThat(await(SlotEvent.Done.class).more()).isFalse();
    await(SlotEvent.Lost.class);
    ready();
    assertThat(overran).containsExactly(true);
    assertThat(connections.closed).containsExactly("connection 1");
  }

  @Test
  void recycle_whileServing_closesAndOpensAnew() {
    ActorRef<Slot.Command> slot = slot(Duration.ZERO);
    ready();
    slot.tell(new Slot.Recycle("operator"));
    await(SlotEvent.Lost.class);
    ready();
    assertThat(connections.closed).containsExactly("connection 1");
    assertThat(log.latest()).isEmpty();
  }

  @Test
  void connection_tooOld_replaced() {
    slot(Duration.ofMillis(30));
    ready();
    await(SlotEvent.Lost.class);
    ready();
    assertThat(connections.closed).contains("connection 1");
  }

  @Test
  void escalated_fromTheConnector_keepsItsSentence() {
    Connector<String> refusing = new Refusing();
    phase = Phase.SERVING;
    ActorRef<Slot.Command> slot = kit.spawn(Slot.create(place(1, refusing, Duration.ZERO)));
    owner.expectTerminated(slot, PATIENCE);
    assertThat(log.latest().getFirst().decision()).isEqualTo(Decision.ESCALATE);
  }

  private static final class Refusing implements Connector<String> {
    @Override
    public String open() {
      throw new Escalated("mend the schema", null);
    }

    @Override
    public void validate(String connection) {}

    @Override
    public void interrupt(String connection) {}

    @Override
    public void close(String connection) {}

    @Override
    public ServiceError explain(Throwable failure) {
      return new ServiceError.Internal(String.valueOf(failure.getMessage()));
    }
  }
}
