package dev.purser.customers;

import static dev.purser.customers.NodeFixture.await;
import static dev.purser.customers.NodeFixture.soon;
import static dev.purser.customers.Samples.creditNote;
import static dev.purser.customers.Samples.preferences;
import static dev.purser.customers.Samples.purchase;
import static dev.purser.customers.Samples.refund;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.customers.Customer.Condition;
import dev.purser.customers.Customer.Reply;
import dev.purser.customers.Customers.Lookup;
import dev.purser.database.Database;
import dev.purser.database.Query;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Change;
import dev.purser.ledger.Erase;
import dev.purser.ledger.ExactSum;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Profile;
import dev.purser.ledger.RunEvent;
import dev.purser.ledger.RunEvent.Report;
import dev.purser.ledger.Settle;
import dev.purser.ledger.Totals;
import java.math.BigInteger;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.stream.javadsl.Sink;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Customers behind their door: sharding, serialization, cache and SQLite are the real ones.
final class CustomersTest {
  @TempDir static Path folder;
  private static NodeFixture node;

  @BeforeAll
  static void open() {
    node = new NodeFixture(folder);
  }

  @AfterAll
  static void close() {
    node.close();
  }

  @Test
  void apply_purchase_acceptedOnceAndRead() {
    Reply.Applied first = node.apply("c1", purchase("p1", 500));
    assertThat(first.outcomes()).containsExactly(Outcome.ACCEPTED);
    assertThat(first.created()).isTrue();
    Reply.Applied again = node.apply("c1", purchase("p1", 500));
    assertThat(again.outcomes()).containsExactly(Outcome.DUPLICATE);
    assertThat(again.profile()).isEqualTo(first.profile());
    Reply.Read read = (Reply.Read) node.read("c1");
    assertThat(read.json()).isEqualTo(ProfileJson.encode(first.profile(), false));
    assertThat(read.source()).as("it has stayed in memory").isEqualTo(Customer.Source.MEMORY);
  }

  @Test
  void apply_settleWithIdAgain_firstResult() {
    node.apply("c2", purchase("p1", 500), refund("r1", "p1", 200), creditNote("r2", 50));
    Outcome.Sum sum = new Outcome.Sum("GBP", 2, 250);
    List<Totals> left = List.of(new Totals("GBP", 1, 500, 2, 0, 0, 250));
    assertThat(node.apply("c2", new Settle("s1")).outcomes())
        .containsExactly(new Outcome.Settled(false, List.of(sum), left));
    node.apply("c2", creditNote("r3", 1));
    assertThat(node.apply("c2", new Settle("s1")).outcomes())
        .containsExactly(new Outcome.Settled(true, List.of(sum), left));
    Profile settled = node.apply("c2", new Settle(null)).profile();
    assertThat(settled.totals("GBP").netMinor()).isEqualTo(249);
  }

  @Test
  void apply_settlementsAndRefundsAtOnce_eachRefundSettledOnce() {
    node.apply("c3", purchase("p1", 1_000_000));
    List<CompletionStage<Reply>> replies = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      Change change = i % 3 == 2 ? new Settle(null) : creditNote("r" + i, 1 + i);
      replies.add(node.customers.apply("c3", List.of(change), null, false, soon()));
    }
    replies.add(node.customers.apply("c3", List.of(new Settle(null)), null, false, soon()));
    long settledMinor = 0;
    long settled = 0;
    for (CompletionStage<Reply> reply : replies) {
      Outcome outcome = ((Reply.Applied) await(reply)).outcomes().getFirst();
      if (outcome instanceof Outcome.Settled(boolean _, List<Outcome.Sum> sums, var _)) {
        settledMinor += sums.stream().mapToLong(Outcome.Sum::amountMinor).sum();
        settled += sums.stream().mapToLong(Outcome.Sum::refunds).sum();
      }
    }
    long expected = IntStream.range(0, 300).filter(i -> i % 3 != 2).mapToLong(i -> 1 + i).sum();
    assertThat(settled).isEqualTo(200);
    assertThat(settledMinor).isEqualTo(expected);
    Profile after = node.apply("c3", preferences("a", "b")).profile();
    assertThat(after.totals("GBP").settledMinor()).isEqualTo(expected);
    assertThat(after.hasPendingRefunds()).isFalse();
  }

  @Test
  void apply_conditions_heldAgainstTheVersion() {
    long version = node.apply("c4", preferences("a", "1")).profile().version();
    Condition old = new Condition.VersionIs(List.of(version));
    node.apply("c4", preferences("a", "2"));
    Reply refused =
        await(node.customers.apply("c4", List.of(preferences("a", "3")), old, false, soon()));
    assertThat(((Reply.Refused) refused).error()).isInstanceOf(ServiceError.Precondition.class);
  }

  @Test
  void apply_erased_goneAndAnewAboveTheOldVersion() {
    long version = node.apply("c5", purchase("p1", 5)).profile().version();
    assertThat(node.apply("c5", new Erase(false)).outcomes()).containsExactly(new Outcome.Erased());
    assertThat(((Reply.Refused) node.read("c5")).error()).isInstanceOf(ServiceError.NotFound.class);
    assertThat(node.apply("c5", new Erase(false)).outcomes().getFirst())
        .isInstanceOf(Outcome.Refused.class);
    Reply.Applied anew = node.apply("c5", purchase("p1", 7));
    assertThat(anew.created()).isTrue();
    assertThat(anew.profile().version()).isGreaterThan(version);
  }

  @Test
  void apply_suppressed_refusedUntilLifted() {
    node.apply("c6", purchase("p1", 5));
    node.apply("c6", new Erase(true));
    Outcome refused = node.apply("c6", purchase("p1", 5)).outcomes().getFirst();
    assertThat(((Outcome.Refused) refused).error()).isInstanceOf(ServiceError.Conflict.class);
    assertThat(await(node.customers.liftSuppression("c6", soon()))).isTrue();
    assertThat(await(node.customers.liftSuppression("c6", soon()))).isFalse();
    assertThat(node.apply("c6", purchase("p1", 5)).outcomes()).containsExactly(Outcome.ACCEPTED);
  }

  @Test
  void erase_confirmedByTheCache_outboxEmptied() {
    node.apply("c7", purchase("p1", 5));
    node.apply("c7", new Erase(false));
    Query<List<Query.Erasure>> pending = new Query.PendingErasures(1000);
    node.kit
        .<Void>createTestProbe()
        .awaitAssert(
            () -> {
              List<Query.Erasure> left = await(node.customers.answer(pending, soon()));
              assertThat(left).extracting(Query.Erasure::customer).doesNotContain("c7");
              return null;
            });
  }

  @Test
  void lookup_many_inTheOrderAskedAndMissingNamed() {
    for (String id : List.of("l1", "l2", "l3")) {
      node.apply(id, purchase("p1", 5));
    }
    Lookup lookup =
        await(node.customers.lookup(List.of("l3", "nobody", "l1", "nobody2", "l2"), soon()));
    assertThat(lookup.found()).extracting(Reply.Read::id).containsExactly("l3", "l1", "l2");
    assertThat(lookup.found()).extracting(Reply.Read::source).containsOnly(Customer.Source.MEMORY);
    assertThat(lookup.missing()).containsExactly("nobody", "nobody2");
    assertThat(lookup.failed()).isEmpty();
    assertThat(lookup.error()).isNull();
  }

  @Test
  void lookup_databasePaused_knownOnesFromMemoryOthersFailed() {
    node.apply("l4", purchase("p1", 5));
    TestProbe<Done> done = node.kit.createTestProbe();
    node.database.tell(new Database.Pause(done.ref()));
    done.receiveMessage();
    long deadline = System.currentTimeMillis() + 500;
    Lookup lookup = await(node.customers.lookup(List.of("l5", "l4"), deadline));
    node.database.tell(new Database.Resume(done.ref()));
    done.receiveMessage();
    assertThat(lookup.found()).extracting(Reply.Read::id).containsExactly("l4");
    assertThat(lookup.failed()).containsExactly("l5");
    assertThat(lookup.error()).isNotNull();
  }

  @Test
  void read_deadlinePassed_refusedAtOnce() {
    Reply late = await(node.customers.read("c1", 5));
    assertThat(late).isEqualTo(new Reply.Refused(Customers.TIMEOUT, false));
    Reply.Refused write =
        (Reply.Refused)
            await(node.customers.apply("c1", List.of(purchase("x", 1)), null, false, 5));
    assertThat(write.outcomeUnknown()).as("nothing was sent").isFalse();
  }

  @Test
  void apply_databasePaused_notAppliedAndTakenLater() {
    node.apply("c8", purchase("p1", 5));
    TestProbe<Done> done = node.kit.createTestProbe();
    node.database.tell(new Database.Pause(done.ref()));
    done.receiveMessage();
    long deadline = System.currentTimeMillis() + 300;
    Reply.Refused late =
        (Reply.Refused)
            await(node.customers.apply("c8", List.of(purchase("p2", 5)), null, false, deadline));
    node.database.tell(new Database.Resume(done.ref()));
    done.receiveMessage();
    assertThat(late.error().retryable()).isTrue();
    assertThat(late.outcomeUnknown()).as("the database never began it").isFalse();
    Reply.Applied again = node.apply("c8", purchase("p2", 5));
    assertThat(again.profile().totals("GBP").purchases()).isEqualTo(2);
  }

  @Test
  void settleAll_withKey_exactOnceThenToldAgain() {
    Map<String, Long> pending = new HashMap<>();
    for (int i = 0; i < 40; i++) {
      node.apply("s" + i, purchase("p", 1000), creditNote("r", i + 1));
      pending.put("s" + i, i + 1L);
    }
    List<RunEvent> first = settle("2011-12-09");
    assertThat(first.getFirst()).isInstanceOf(RunEvent.Started.class);
    Report.Settlement report = summary(first);
    assertThat(report.duplicate()).isFalse();
    assertThat(report.customers()).isGreaterThanOrEqualTo(40);
    for (int i = 0; i < 40; i++) {
      Profile after = node.apply("s" + i, purchase("p", 1000)).profile();
      assertThat(after.totals("GBP").netMinor()).isEqualTo(1000 - pending.get("s" + i));
    }
    node.apply("s0", creditNote("r2", 9));
    Report.Settlement again = summary(settle("2011-12-09"));
    assertThat(again.duplicate()).isTrue();
    assertThat(again.settled()).isEqualTo(report.settled());
    assertThat(again.customers()).isEqualTo(report.customers());
    assertThat(again.run()).isEqualTo(report.run());
    Report.Settlement other = summary(settle(null));
    assertThat(other.customers()).isEqualTo(1);
    assertThat(other.settled()).containsExactly(new ExactSum("GBP", 1, BigInteger.valueOf(9)));
  }

  /// A caller may take the id of an earlier run without a key for a key: it is another settlement.
  @Test
  void settleAll_withTheIdOfAnotherRunAsKey_settlesAnew() {
    node.apply("all-id", purchase("p", 100), creditNote("r1", 4));
    Report.Settlement unnamed = summary(settle(null));
    node.apply("all-id", creditNote("r2", 5));
    Report.Settlement named = summary(settle(unnamed.run()));
    assertThat(named.settled()).containsExactly(new ExactSum("GBP", 1, BigInteger.valueOf(5)));
  }

  private static List<RunEvent> settle(String key) {
    return await(node.customers.settleAll(key).runWith(Sink.seq(), node.kit.system()));
  }

  private static Report.Settlement summary(List<RunEvent> events) {
    assertThat(events.getLast()).isInstanceOf(RunEvent.Summary.class);
    assertThat(events.stream().filter(e -> e instanceof RunEvent.Summary)).hasSize(1);
    return (Report.Settlement) ((RunEvent.Summary) events.getLast()).report();
  }

  @Test
  void apply_randomCommands_asAPlainModelSays() {
    Random random = new Random(42);
    Map<String, Long> purchases = new HashMap<>();
    Map<String, Long> refunds = new HashMap<>();
    long settled = 0;
    long pending = 0;
    Profile last = Profile.absent("m1");
    for (int i = 0; i < 400; i++) {
      String id = "e" + random.nextInt(40);
      long amount = 1 + random.nextInt(3);
      Change change =
          switch (random.nextInt(10)) {
            case 0 -> new Settle(null);
            case 1, 2, 3 -> creditNote(id, amount);
            default -> purchase(id, amount);
          };
      Outcome expected;
      switch (change) {
        case Settle _ -> {
          expected = null;
          settled += pending;
          pending = 0;
        }
        case dev.purser.ledger.Refund _ -> {
          Long known = refunds.putIfAbsent(id, amount);
          pending += known == null ? amount : 0;
          expected = expected(known, amount);
        }
        default -> expected = expected(purchases.putIfAbsent(id, amount), amount);
      }
      Reply.Applied applied = node.apply("m1", change);
      Outcome outcome = applied.outcomes().getFirst();
      if (change instanceof Settle) {
        assertThat(outcome).isInstanceOfAny(Outcome.Settled.class, Outcome.Refused.class);
      } else if (expected == null) {
        assertThat(((Outcome.Refused) outcome).error()).isInstanceOf(ServiceError.Conflict.class);
      } else {
        assertThat(outcome).isEqualTo(expected);
      }
      last = applied.profile();
      long gross = purchases.values().stream().mapToLong(Long::longValue).sum();
      assertThat(last.totals("GBP").grossMinor()).isEqualTo(gross);
      assertThat(last.totals("GBP").pendingMinor()).isEqualTo(pending);
      assertThat(last.totals("GBP").settledMinor()).isEqualTo(settled);
    }
  }

  private static Outcome expected(Long known, long amount) {
    if (known == null) {
      return Outcome.ACCEPTED;
    }
    return known == amount ? Outcome.DUPLICATE : null;
  }
}
