package dev.purser.customers;

import static dev.purser.customers.NodeFixture.await;
import static dev.purser.customers.NodeFixture.soon;
import static dev.purser.customers.Samples.creditNote;
import static dev.purser.customers.Samples.purchase;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.customers.Customer.Reply;
import dev.purser.database.Database;
import dev.purser.database.NodeLease;
import dev.purser.database.Query;
import dev.purser.database.RunRow;
import dev.purser.database.SaveReply;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.ExactSum;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Profile;
import dev.purser.ledger.RunEvent;
import dev.purser.ledger.RunEvent.Report;
import dev.purser.ledger.Settle;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Faults between customers and their real database: what was interrupted is told and continued
/// truthfully.
final class InterruptedTest {
  private static final ServiceError FATAL =
      new ServiceError.Database(DatabaseCause.BAD_DATA, "injected, and not to be retried");

  @TempDir Path folder;
  private final ActorTestKit outside = ActorTestKit.create();
  private final AtomicReference<ActorRef<Database.Command>> real = new AtomicReference<>();
  private NodeFixture node;

  @AfterEach
  void close() {
    node.close();
    outside.shutdownTestKit();
  }

  private void open(Behavior<Database.Command> between) {
    node =
        new NodeFixture(
            folder,
            "",
            database -> {
              real.set(database);
              return outside.spawn(between);
            });
  }

  @Test
  void settleAll_diedInTheMiddle_continuedByItsKeyExactly() {
    AtomicInteger settlements = new AtomicInteger(Integer.MAX_VALUE);
    open(
        Behaviors.receiveMessage(
            command -> {
              if (command instanceof Database.Save save
                  && save.save().changes().getLast() instanceof Settle
                  && settlements.decrementAndGet() < 0) {
                save.replyTo().tell(new SaveReply.NotSaved(FATAL));
              } else {
                real.get().tell(command);
              }
              return Behaviors.same();
            }));
    long sum = 0;
    for (int i = 0; i < 60; i++) {
      node.apply("c" + i, purchase("p", 1_000), creditNote("r", i + 1));
      sum += i + 1;
    }
    settlements.set(20);
    List<RunEvent> died = settle("key");
    assertThat(died.getLast()).isInstanceOf(RunEvent.Problem.class);
    assertThat(died.stream().filter(e -> e instanceof RunEvent.Problem)).hasSize(1);
    RunRow failed =
        await(node.customers.answer(new Query.RunByKey("settlement", "key"), soon())).orElseThrow();
    assertThat(failed.state()).isEqualTo("failed");
    settlements.set(Integer.MAX_VALUE);
    RunEvent.Summary summary = (RunEvent.Summary) settle("key").getLast();
    Report.Settlement report = (Report.Settlement) summary.report();
    assertThat(report.run()).isEqualTo(failed.id());
    assertThat(report.duplicate()).isFalse();
    assertThat(report.customers()).isEqualTo(60);
    assertThat(report.settled()).containsExactly(new ExactSum("GBP", 60, BigInteger.valueOf(sum)));
  }

  @Test
  void settleAll_sameKeyAtOnce_conflict() throws InterruptedException {
    CountDownLatch asked = new CountDownLatch(1);
    open(
        Behaviors.receiveMessage(
            command -> {
              // The question for the run goes unanswered.
              if (command instanceof Database.Ask<?> ask && ask.query() instanceof Query.RunByKey) {
                asked.countDown();
              } else {
                real.get().tell(command);
              }
              return Behaviors.same();
            }));
    var _ = node.customers.settleAll("key").runWith(Sink.seq(), node.kit.system());
    assertThat(asked.await(20, TimeUnit.SECONDS)).isTrue();
    List<RunEvent> second = settle("key");
    assertThat(second).hasSize(1);
    RunEvent.Problem problem = (RunEvent.Problem) second.getFirst();
    assertThat(problem.error()).isInstanceOf(ServiceError.Conflict.class);
  }

  @Test
  void read_afterItsPredecessorsLateSave_neverOlder() {
    AtomicReference<Database.Save> late = new AtomicReference<>();
    open(
        Behaviors.receiveMessage(
            command -> {
              if (command instanceof Database.Save save && save.save().base().stored()) {
                // The answer is lost; the save is not.
                ActorRef<SaveReply> nobody = outside.<SaveReply>createTestProbe().ref();
                late.set(save);
                real.get()
                    .tell(
                        new Database.Save(save.save(), save.lane(), save.deadlineMillis(), nobody));
              } else {
                real.get().tell(command);
              }
              return Behaviors.same();
            }));
    node.apply("c1", purchase("p1", 5));
    CompletionStage<Reply> lost =
        node.customers.apply(
            "c1", List.of(purchase("p2", 5)), null, false, System.currentTimeMillis() + 300);
    Reply.Refused refused = (Reply.Refused) await(lost);
    assertThat(refused.outcomeUnknown()).isTrue();
    Database.Save save = late.get();
    // A customer made anew loads behind the save of the one before it.
    Neighbours neighbours =
        new Neighbours(
            real.get(),
            node.cache,
            node.kit.<Erasures.Command>createTestProbe().ref(),
            Answers.of(Samples.settings(Samples.config("")), NodeLease.unshared()),
            Samples.settings(Samples.config("")),
            java.time.InstantSource.system(),
            new CustomersMetrics(),
            Following.NOBODY,
            NodeLease.unshared());
    ActorRef<Customer.Command> anew =
        node.kit.spawn(
            Customer.create(
                "c1",
                node.kit
                    .<org.apache.pekko.cluster.sharding.typed.javadsl.ClusterSharding.ShardCommand>
                        createTestProbe()
                    .ref(),
                neighbours));
    var probe = node.kit.createTestProbe(Reply.class);
    anew.tell(new Customer.Read(soon(), probe.ref()));
    assertThat(((Reply.Read) probe.receiveMessage()).version())
        .isEqualTo(save.save().nextVersion());
    anew.tell(new Customer.Apply(List.of(purchase("p2", 5)), null, false, soon(), probe.ref()));
    Reply.Applied again = (Reply.Applied) probe.receiveMessage();
    assertThat(again.outcomes()).containsExactly(Outcome.DUPLICATE);
    Profile profile = again.profile();
    assertThat(profile.totals("GBP").purchases()).isEqualTo(2);
    save.replyTo().tell(new SaveReply.NotSaved(FATAL)); // lets the first one leave
  }

  private List<RunEvent> settle(String key) {
    return await(node.customers.settleAll(key).runWith(Sink.seq(), node.kit.system()));
  }
}
