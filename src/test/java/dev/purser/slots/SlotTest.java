package dev.purser.slots;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
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
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntFunction;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

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

  private static SlotSettings settings(Duration maxAge, Backoff backoff) {
    return new SlotSettings(
        "blocking",
        backoff,
        Duration.ofMillis(100),
        Duration.ofMillis(30),
        maxAge,
        5,
        Duration.ofSeconds(60),
        Duration.ofMillis(20));
  }

  private Place<String> place(int n, Connector<String> connector, Duration maxAge) {
    Backoff backoff = new Backoff(Duration.ofMillis(1), Duration.ofMillis(5));
    return place(n, connector, settings(maxAge, backoff));
  }

  private Place<String> place(int n, Connector<String> connector, SlotSettings settings) {
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
    assertThat(awaitState(SlotView.State.SERVING).restarts()).isEqualTo(20);
    ready();
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
  void slot_vacant_opensWhenFilledAndClosesWhenVacated() {
    ActorRef<Slot.Command> slot =
        kit.spawn(Slot.createVacant(place(1, connections, Duration.ZERO)));
    awaitState(SlotView.State.VACANT);
    slot.tell(new Slot.Recycle("operator"));
    slot.tell(new Slot.Hurry());
    slot.tell(new Slot.Fill());
    ready();
    assertThat(connections.openings.get()).isEqualTo(1);
    slot.tell(new Slot.Vacate("idle"));
    assertThat(await(SlotEvent.Lost.class).failed()).isFalse();
    assertThat(awaitState(SlotView.State.VACANT).closedFor()).isEqualTo("idle");
    assertThat(connections.closed).containsExactly("connection 1");
    slot.tell(new Slot.Fill());
    ready();
  }

  @Test
  void slot_vacatedWhileItBacksOff_triesNoMore() {
    connections.failing = _ -> DatabaseCause.UNREACHABLE;
    ActorRef<Slot.Command> slot = slot(Duration.ZERO);
    assertThat(await(SlotEvent.Lost.class).failed()).isTrue();
    slot.tell(new Slot.Vacate("failure"));
    awaitState(SlotView.State.VACANT);
    int before = connections.openings.get();
    owner.expectNoMessage(Duration.ofMillis(50));
    assertThat(connections.openings.get()).isEqualTo(before);
  }

  @Test
  void backingOff_hurried_opensSoonHoweverLongItsBackoffHasBecome() {
    connections.failing = n -> n <= 24 ? DatabaseCause.UNREACHABLE : null;
    SlotSettings settings =
        settings(Duration.ZERO, new Backoff(Duration.ofMillis(1), Duration.ofHours(9)));
    ActorRef<Slot.Command> slot = kit.spawn(Slot.create(place(1, connections, settings)));
    for (int i = 0; i < 24; i++) {
      // The wait before the 24th attempt alone would be up to two hours.
      awaitState(SlotView.State.BACKING_OFF);
      slot.tell(new Slot.Hurry());
    }
    ready();
  }

  @Test
  void work_abortedForItsLength_toldSoAndNextConnectionOpenedAtOnce() {
    SlotSettings settings =
        settings(Duration.ZERO, new Backoff(Duration.ofHours(1), Duration.ofHours(1)));
    kit.spawn(Slot.create(place(1, connections, settings)));
    ready()
        .tell(
            new Session.Run<>(
                (_, _) -> {
                  connections.interrupts.acquire();
                  throw new Exception(DatabaseCause.UNREACHABLE.name());
                }));
    SlotEvent.Lost<?> lost = await(SlotEvent.Lost.class);
    assertThat(lost.why()).isInstanceOf(ServiceError.Timeout.class);
    SlotView view = awaitState(SlotView.State.SERVING);
    ready();
    assertThat(view.closedFor()).isEqualTo("stuck");
    assertThat(view.lastError()).contains("too long");
  }

  @Test
  void work_withALimitOfItsOwn_interruptedAtThat() {
    SlotSettings settings =
        new SlotSettings(
            "blocking",
            new Backoff(Duration.ofMillis(1), Duration.ofMillis(5)),
            Duration.ofHours(1),
            Duration.ZERO,
            Duration.ZERO,
            5,
            PATIENCE,
            Duration.ofMillis(20));
    kit.spawn(Slot.create(place(1, connections, settings)));
    ready().tell(new Session.Run<>(new Check()));
    assertThat(await(SlotEvent.Done.class).more()).isFalse();
  }

  /// Work that ends when it is interrupted.
  private final class Check implements Work<String> {
    @Override
    public void run(String connection, java.util.function.BooleanSupplier overran)
        throws InterruptedException {
      connections.interrupts.acquire();
    }

    @Override
    public long limitMillis(long usual) {
      return Math.min(usual, 50);
    }
  }

  @Test
  void work_slow_loggedByItsNameOnly() {
    var logger = (ch.qos.logback.classic.Logger) LoggerFactory.getLogger(Session.class);
    var lines = new ListAppender<ILoggingEvent>();
    lines.start();
    logger.addAppender(lines);
    try {
      slot(Duration.ZERO);
      var session = ready();
      session.tell(new Session.Run<>((_, _) -> {}));
      await(SlotEvent.Done.class);
      session.tell(new Session.Run<>((_, _) -> Thread.sleep(40)));
      await(SlotEvent.Done.class);
      assertThat(lines.list).hasSize(1);
      assertThat(lines.list.getFirst().getFormattedMessage())
          .startsWith("Slow work in slot 1 (writer): work took ");
    } finally {
      logger.detachAppender(lines);
    }
  }

  @Test
  void ages_ofConnectionsOpenedTogether_differ() {
    SlotSettings settings =
        settings(Duration.ofSeconds(100), new Backoff(Duration.ZERO, Duration.ZERO));
    Random random = new Random(7);
    Set<Long> seconds = new HashSet<>();
    for (int i = 0; i < 200; i++) {
      long at = settings.retireMillis(1_000, random);
      assertThat(at).isBetween(76_000L, 101_000L);
      seconds.add(at / 1_000);
    }
    assertThat(seconds).hasSizeGreaterThan(20);
    assertThat(settings.withMaxAge(Duration.ZERO).retireMillis(1_000, random))
        .isEqualTo(Long.MAX_VALUE);
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
