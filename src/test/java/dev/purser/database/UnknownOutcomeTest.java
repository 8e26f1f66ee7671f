package dev.purser.database;

import static dev.purser.database.DatabaseFixture.first;
import static dev.purser.database.DatabaseFixture.loaded;
import static dev.purser.database.DatabaseFixture.notSaved;
import static dev.purser.database.DatabaseFixture.saved;
import static dev.purser.database.TestStore.purchase;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.database.Database.Lane;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.Outcome;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// Answers of commits that are lost, before or after the database did its part.
@ParameterizedClass
@EnumSource(TestProduct.class)
final class UnknownOutcomeTest {
  @Parameter TestProduct product;
  @TempDir Path folder;

  private final AtomicInteger lostAfter = new AtomicInteger();
  private final AtomicInteger lostBefore = new AtomicInteger();
  private final AtomicInteger refusedAgain = new AtomicInteger();
  private final List<Boolean> agains = new CopyOnWriteArrayList<>();
  private final Queue<SQLException> refusals = new ConcurrentLinkedQueue<>();
  private final Semaphore gate = new Semaphore(0);
  private final Semaphore reopened = new Semaphore(1_000);

  private Store losing(Store real) {
    reopened.acquireUninterruptibly();
    return new WrappedStore(real) {
      @Override
      public List<Result> apply(List<Write> writes) throws SQLException {
        boolean again = false;
        for (Write w : writes) {
          again |= w instanceof Write.OfCustomer(_, boolean a) && a;
        }
        agains.add(again);
        if (again && refusedAgain.getAndDecrement() > 0) {
          throw new IllegalStateException("a bug on the second run");
        }
        return super.apply(writes);
      }

      @Override
      public void commit() throws SQLException {
        if (lostBefore.getAndDecrement() > 0) {
          throw product.lost();
        }
        SQLException refusal = lostAfter.get() > 0 ? null : refusals.poll();
        if (refusal != null) {
          throw refusal;
        }
        super.commit();
        if (lostAfter.getAndDecrement() > 0) {
          throw product.lost();
        }
      }
    };
  }

  private DatabaseFixture database() {
    return new DatabaseFixture(product, folder, "", this::losing, s -> s).ready();
  }

  @Test
  void commit_answerLost_acceptedNotDuplicate() {
    lostAfter.set(1);
    try (DatabaseFixture db = database()) {
      SaveReply.Saved reply = saved(db.save(first("a", purchase("1", 5))));
      assertThat(reply.outcomes()).containsExactly(Outcome.ACCEPTED);
      assertThat(agains).containsExactly(false, true);
      assertThat(loaded(db.load("a")).profile()).isEqualTo(reply.profile());
      assertThat(reply.profile().totals("GBP").grossMinor()).isEqualTo(5);
    }
  }

  @Test
  void commit_neverDone_acceptedOnce() {
    lostBefore.set(3);
    try (DatabaseFixture db = database()) {
      SaveReply.Saved reply = saved(db.save(first("a", purchase("1", 5))));
      assertThat(reply.outcomes()).containsExactly(Outcome.ACCEPTED);
      assertThat(agains).containsExactly(false, true, true, true);
      assertThat(reply.profile().totals("GBP").grossMinor()).isEqualTo(5);
    }
  }

  @Test
  void commit_refusedWhileBusy_triedAgainOnTheSpot() {
    try (DatabaseFixture db = database()) {
      refusals.add(product.busy());
      assertThat(saved(db.save(first("a", purchase("1", 5)))).outcomes())
          .containsExactly(Outcome.ACCEPTED);
      assertThat(agains).containsExactly(false, false);
    }
  }

  @Test
  void unknownCommit_refusedTheSecondTime_staysUnknown() {
    try (DatabaseFixture db = database()) {
      lostAfter.set(1);
      refusals.add(product.refused());
      refusals.add(product.refused());
      SaveReply.Saved reply = saved(db.save(first("a", purchase("1", 5))));
      assertThat(reply.outcomes()).containsExactly(Outcome.ACCEPTED);
      assertThat(agains).containsExactly(false, true, true, true);
    }
  }

  @Test
  void unknownSave_whileUnsettled_nothingOfItsCustomerStarts() {
    try (DatabaseFixture db = database()) {
      lostAfter.set(1);
      reopened.drainPermits();
      var first = db.save(first("a", purchase("1", 5)), Lane.INTERACTIVE, Duration.ofMillis(50));
      var load = db.load("a");
      var second = db.save(first("a", purchase("2", 7)));
      // Past the first save's deadline, and with another customer's save refused at its own.
      var other = db.save(first("b", purchase("1", 5)), Lane.INTERACTIVE, Duration.ofMillis(80));
      assertThat(notSaved(other).error().retryable()).isTrue();
      first.expectNoMessage(Duration.ofMillis(20));
      load.expectNoMessage(Duration.ofMillis(1));
      reopened.release(1_000);
      SaveReply.Saved settled = saved(first);
      assertThat(settled.outcomes()).containsExactly(Outcome.ACCEPTED);
      assertThat(loaded(load).profile()).isEqualTo(settled.profile());
      second.expectMessageClass(SaveReply.Moved.class, DatabaseFixture.PATIENCE);
    }
  }

  @Test
  void unknownSave_failingAgainAlone_neitherRefusedNorInTheWay() {
    lostAfter.set(1);
    refusedAgain.set(5);
    try (DatabaseFixture db = database()) {
      var a = db.save(first("a", purchase("1", 5)));
      saved(db.save(first("b", purchase("1", 5))));
      assertThat(saved(a).outcomes()).containsExactly(Outcome.ACCEPTED);
      assertThat(db.log.latest()).anyMatch(e -> e.actor().contains("unknown outcome"));
    }
  }

  @Test
  void actor_restartedWithSaveInHand_tellsTheTruthAndRefusesTheRest() {
    try (DatabaseFixture db =
        new DatabaseFixture(product, folder, "", this::gated, s -> s).ready()) {
      var inHand = db.save(first("a", purchase("1", 5)));
      var waiting = db.save(first("b", purchase("1", 5)));
      var parked = db.load("a");
      // A room that cannot be: the actor fails on it as it would on a bug.
      db.database.tell(new Database.Roomy(null));
      assertThat(notSaved(waiting).error())
          .isInstanceOfSatisfying(
              ServiceError.Database.class, e -> assertThat(e.retryable()).isTrue());
      parked.expectMessageClass(LoadReply.NotLoaded.class, DatabaseFixture.PATIENCE);
      gate.release(100);
      SaveReply.Saved reply = saved(inHand);
      assertThat(reply.outcomes()).containsExactly(Outcome.ACCEPTED);
      assertThat(reply.profile().totals("GBP").purchases()).isEqualTo(1);
      assertThat(loaded(db.load("a")).profile()).isEqualTo(reply.profile());
      saved(db.save(first("b", purchase("1", 5))));
    }
  }

  private Store gated(Store real) {
    return new WrappedStore(real) {
      @Override
      public void commit() throws SQLException {
        super.commit();
        gate.acquireUninterruptibly();
      }
    };
  }
}
