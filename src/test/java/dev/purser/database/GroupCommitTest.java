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
import dev.purser.ledger.Profile;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// Batches, their order, their bounds and their deadlines, seen through a gate before each commit.
@ParameterizedClass
@EnumSource(TestProduct.class)
final class GroupCommitTest {
  @Parameter TestProduct product;
  @TempDir Path folder;

  private final List<List<String>> batches = new CopyOnWriteArrayList<>();
  private final List<Integer> loads = new CopyOnWriteArrayList<>();
  private final Semaphore gate = new Semaphore(0);
  private final Semaphore arrived = new Semaphore(0);

  private Store gated(Store real) {
    return new WrappedStore(real) {
      @Override
      public List<Result> apply(List<Write> writes) throws SQLException {
        List<String> ids = new ArrayList<>();
        for (Write w : writes) {
          ids.add(w instanceof Write.OfCustomer(CustomerSave s, _) ? s.customer() : "chore");
        }
        batches.add(ids);
        arrived.release();
        gate.acquireUninterruptibly();
        return super.apply(writes);
      }
    };
  }

  private Store gatedLoads(Store real) {
    return new WrappedStore(real) {
      @Override
      public Map<String, LoadReply.Loaded> load(List<String> customers) throws SQLException {
        loads.add(customers.size());
        arrived.release();
        gate.acquireUninterruptibly();
        return super.load(customers);
      }
    };
  }

  private DatabaseFixture database(String conf) {
    String slow = conf + "\npurser.database.slots.work-limit = 60 s";
    return new DatabaseFixture(product, folder, slow, this::gated, s -> s).ready();
  }

  @Test
  void saves_waitingTogether_oneCommit() {
    try (DatabaseFixture db = database("")) {
      var a = db.save(first("a", purchase("1", 5)));
      arrived.acquireUninterruptibly();
      List<TestProbe<SaveReply>> rest = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        rest.add(db.save(first("c" + i, purchase("1", i + 1))));
      }
      db.load("nobody").receiveMessage(DatabaseFixture.PATIENCE);
      a.expectNoMessage(Duration.ofMillis(20));
      gate.release(2);
      assertThat(saved(a).outcomes()).containsExactly(Outcome.ACCEPTED);
      rest.forEach(p -> assertThat(saved(p).outcomes()).containsExactly(Outcome.ACCEPTED));
      assertThat(batches).extracting(List::size).containsExactly(1, 50);
    }
  }

  @Test
  void saves_ofBothLanes_interactiveFirst() {
    try (DatabaseFixture db = database("purser.database.batch.rows = 2")) {
      var a = db.save(first("a", purchase("1", 5)));
      arrived.acquireUninterruptibly();
      var b1 = db.save(first("b1", purchase("1", 5)), Lane.BULK, DatabaseFixture.PATIENCE);
      var b2 = db.save(first("b2", purchase("1", 5)), Lane.BULK, DatabaseFixture.PATIENCE);
      var i = db.save(first("i", purchase("1", 5)));
      gate.release(10);
      List.of(a, b1, b2, i).forEach(DatabaseFixture::saved);
      assertThat(batches).containsExactly(List.of("a"), List.of("i", "b1"), List.of("b2"));
    }
  }

  @Test
  void saves_ofBothLanes_fewBulkOnesBesideAnInteractiveOne() {
    try (DatabaseFixture db = database("purser.database.batch { rows = 10, beside = 3 }")) {
      var a = db.save(first("a", purchase("1", 5)));
      arrived.acquireUninterruptibly();
      List<TestProbe<SaveReply>> waiting = new ArrayList<>();
      for (int b = 1; b <= 5; b++) {
        waiting.add(db.save(first("b" + b, purchase("1", 5)), Lane.BULK, DatabaseFixture.PATIENCE));
      }
      waiting.add(db.save(first("i", purchase("1", 5))));
      gate.release(10);
      saved(a);
      waiting.forEach(DatabaseFixture::saved);
      assertThat(batches)
          .containsExactly(List.of("a"), List.of("i", "b1", "b2", "b3"), List.of("b4", "b5"));
    }
  }

  @Test
  void saves_ofTheBulkLane_oneAlwaysGoesAlong() {
    try (DatabaseFixture db = database("purser.database.batch { rows = 3, beside = 0 }")) {
      var a = db.save(first("a", purchase("1", 5)));
      arrived.acquireUninterruptibly();
      List<TestProbe<SaveReply>> waiting = new ArrayList<>();
      for (String b : List.of("b1", "b2")) {
        waiting.add(db.save(first(b, purchase("1", 5)), Lane.BULK, DatabaseFixture.PATIENCE));
      }
      for (String i : List.of("i1", "i2", "i3")) {
        waiting.add(db.save(first(i, purchase("1", 5))));
      }
      gate.release(10);
      saved(a);
      waiting.forEach(DatabaseFixture::saved);
      assertThat(batches)
          .containsExactly(List.of("a"), List.of("i1", "i2", "i3", "b1"), List.of("b2"));
    }
  }

  @Test
  void saves_ofOneCustomer_neverInOneBatch() {
    try (DatabaseFixture db = database("")) {
      var blocker = db.save(first("z", purchase("1", 5)));
      arrived.acquireUninterruptibly();
      CustomerSave one = first("a", purchase("1", 5));
      var r1 = db.save(one);
      // What a second owner would send who has not seen the first save: the fence takes it out.
      var r2 = db.save(first("a", purchase("2", 5)));
      var load = db.load("a");
      gate.release(10);
      saved(blocker);
      Profile after = saved(r1).profile();
      r2.expectMessageClass(SaveReply.Moved.class, DatabaseFixture.PATIENCE);
      assertThat(loaded(load).profile()).isEqualTo(after);
      assertThat(batches).containsExactly(List.of("z"), List.of("a"), List.of("a"));
    }
  }

  @Test
  void load_afterSaveInHand_answeredOnlyAfterIt() {
    try (DatabaseFixture db = database("")) {
      var r1 = db.save(first("a", purchase("1", 5)));
      arrived.acquireUninterruptibly();
      var parked = db.load("a");
      var other = db.load("b");
      assertThat(loaded(other).profile().stored()).isFalse();
      parked.expectNoMessage(Duration.ofMillis(50));
      gate.release();
      assertThat(loaded(parked).profile()).isEqualTo(saved(r1).profile());
    }
  }

  @Test
  void save_deadlinePassedInQueue_refusedUnexecuted() {
    try (DatabaseFixture db = database("")) {
      var a = db.save(first("a", purchase("1", 5)));
      arrived.acquireUninterruptibly();
      var late = db.save(first("b", purchase("1", 5)), Lane.BULK, Duration.ofMillis(30));
      var chained = db.save(first("a", purchase("2", 5)), Lane.BULK, Duration.ofMillis(30));
      var load = db.load("a", Duration.ofMillis(30));
      assertThat(notSaved(late).error()).isInstanceOf(ServiceError.PoolExhausted.class);
      assertThat(notSaved(chained).error().message()).contains("before its deadline");
      load.expectMessageClass(LoadReply.NotLoaded.class, DatabaseFixture.PATIENCE);
      gate.release(10);
      saved(a);
      assertThat(loaded(db.load("b")).profile().stored()).isFalse();
      assertThat(batches).containsExactly(List.of("a"));
    }
  }

  @Test
  void save_queueFull_refusedAtOnce() {
    try (DatabaseFixture db = database("purser.database.queues.saves = 2")) {
      var a = db.save(first("a", purchase("1", 5)));
      arrived.acquireUninterruptibly();
      var b = db.save(first("b", purchase("1", 5)));
      var c = db.save(first("c", purchase("1", 5)));
      var d = db.save(first("d", purchase("1", 5)));
      assertThat(notSaved(d).error()).isInstanceOf(ServiceError.Overloaded.class);
      gate.release(10);
      List.of(a, b, c).forEach(DatabaseFixture::saved);
    }
  }

  @Test
  void loads_waitingTogether_oneQuery() {
    String conf =
        "purser.database.slots { work-limit = 60 s, readers = 1,"
            + " elastic { readers-min = 1, readers-max = 1 } }";
    try (DatabaseFixture db =
        new DatabaseFixture(product, folder, conf, s -> s, this::gatedLoads).ready()) {
      var a = db.load("a");
      arrived.acquireUninterruptibly();
      List<TestProbe<LoadReply>> rest = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        rest.add(db.load("c" + i % 20));
      }
      var question = db.ask(new Query.Runs(5, null));
      saved(db.save(first("x", purchase("1", 5))));
      gate.release(10);
      loaded(a);
      rest.forEach(DatabaseFixture::loaded);
      question.receiveMessage(DatabaseFixture.PATIENCE);
      assertThat(loads).containsExactly(1, 20);
    }
  }

  @Test
  void pause_thenResume_workWaits() {
    gate.release(1_000);
    try (DatabaseFixture db = database("")) {
      TestProbe<Done> done = db.kit.createTestProbe(Done.class);
      db.database.tell(new Database.Pause(done.ref()));
      done.receiveMessage();
      var a = db.save(first("a", purchase("1", 5)));
      var load = db.load("b");
      a.expectNoMessage(Duration.ofMillis(80));
      load.expectNoMessage(Duration.ofMillis(1));
      db.database.tell(new Database.Resume(done.ref()));
      saved(a);
      loaded(load);
    }
  }

  @Test
  void recycle_underLoad_nothingLost() {
    gate.release(1_000_000);
    try (DatabaseFixture db = database("")) {
      TestProbe<Boolean> known = db.kit.createTestProbe(Boolean.class);
      List<TestProbe<SaveReply>> all = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        all.add(db.save(first("c" + i, purchase("1", 5))));
        if (i % 50 == 10) {
          db.database.tell(new Database.Recycle(1, known.ref()));
          known.expectMessage(true);
        }
      }
      all.forEach(p -> assertThat(saved(p).outcomes()).containsExactly(Outcome.ACCEPTED));
      db.database.tell(new Database.Recycle(99, known.ref()));
      known.expectMessage(false);
    }
  }

  @Test
  void drain_withWorkWaiting_finishesIt() {
    try (DatabaseFixture db = database("")) {
      var a = db.save(first("a", purchase("1", 5)));
      arrived.acquireUninterruptibly();
      var b = db.save(first("b", purchase("1", 5)));
      TestProbe<Done> done = db.kit.createTestProbe(Done.class);
      db.database.tell(new Database.Drain(done.ref()));
      assertThat(notSaved(db.save(first("c", purchase("1", 5)))).error().retryable()).isTrue();
      gate.release(10);
      saved(a);
      saved(b);
      done.receiveMessage(DatabaseFixture.PATIENCE);
      done.expectTerminated(db.database);
    }
  }
}
