package dev.purser.database;

import static dev.purser.database.DatabaseFixture.PATIENCE;
import static dev.purser.database.RecordReply.Fate.SAVED;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// Saves of records through the database actor: they join group commits, keep their order within a
/// share, hold up what is asked about it, and tell the truth after a lost commit.
@ParameterizedClass
@EnumSource(TestProduct.class)
final class RecordSaveTest {
  private static final Share LOW = new Share("documents", 0, 127);
  private static final Share HIGH = new Share("documents", 128, 255);

  @Parameter private TestProduct product;
  @TempDir private Path folder;
  private final Semaphore gate = new Semaphore(0);
  private final List<Integer> batches = new CopyOnWriteArrayList<>();
  private final List<Boolean> agains = new CopyOnWriteArrayList<>();
  private final AtomicInteger lost = new AtomicInteger();

  /// The writer waits at the gate before each batch.
  private Store gated(Store real) {
    return new WrappedStore(real) {
      @Override
      public List<Result> apply(List<Write> writes) throws SQLException {
        gate.acquireUninterruptibly();
        batches.add(writes.size());
        agains.add(writes.stream().anyMatch(w -> w instanceof Write.OfRecords(_, var a) && a));
        return super.apply(writes);
      }

      @Override
      public void commit() throws SQLException {
        super.commit();
        if (lost.getAndDecrement() > 0) {
          throw product.lost();
        }
      }
    };
  }

  private DatabaseFixture database() {
    String patient = "purser.database.slots.work-limit = 20 s";
    return new DatabaseFixture(product, folder, patient, this::gated, s -> s).ready();
  }

  private static RecordSave save(Share share, long changeId, long base, long version, String id) {
    byte[] content = (id + version).getBytes(StandardCharsets.UTF_8);
    return new RecordSave(
        share,
        changeId,
        List.of(new RecordSave.Change(share.firstSlice(), id, base, version, content)));
  }

  private static TestProbe<RecordReply> send(DatabaseFixture db, RecordSave save) {
    return send(db, save, PATIENCE);
  }

  private static TestProbe<RecordReply> send(
      DatabaseFixture db, RecordSave save, Duration patience) {
    TestProbe<RecordReply> probe = db.kit.createTestProbe(RecordReply.class);
    db.database.tell(
        new Database.SaveRecords(
            save, Database.Lane.INTERACTIVE, DatabaseFixture.in(patience), probe.ref()));
    return probe;
  }

  private static void expectSaved(TestProbe<RecordReply> probe) {
    assertThat(probe.expectMessageClass(RecordReply.Saved.class, PATIENCE).fates())
        .containsExactly(SAVED);
  }

  private static List<String> found(TestProbe<Database.Answer<Query.RecordPage>> probe) {
    return ((Database.Answer.Found<Query.RecordPage>) probe.receiveMessage(PATIENCE))
        .value().records().stream().map(r -> r.id() + "@" + r.version()).toList();
  }

  @Test
  void saves_ofDifferentShares_shareACommit_andOfOneShareFollowEachOther() {
    try (DatabaseFixture db = database()) {
      var first = send(db, save(LOW, 1, 0, 1, "a")); // in hand
      var second = send(db, save(LOW, 2, 1, 2, "a")); // behind it
      var other = send(db, save(HIGH, 3, 0, 1, "b"));
      var customer = db.save(DatabaseFixture.first("ada", TestStore.purchase("p", 1)));
      gate.release(3);
      expectSaved(first);
      expectSaved(second);
      expectSaved(other);
      var _ = DatabaseFixture.saved(customer);
      assertThat(batches.getFirst()).isOne();
      assertThat(batches.stream().mapToInt(Integer::intValue).sum()).isEqualTo(4);
      assertThat(batches).hasSizeLessThan(4);
    }
  }

  @Test
  void page_askedBehindASave_seesIt_andThatOfAnotherShareDoesNotWait() {
    try (DatabaseFixture db = database()) {
      var saving = send(db, save(LOW, 1, 0, 1, "a"));
      var page = db.ask(new Query.Records(LOW, 10, 1_000, null));
      var other = db.ask(new Query.Records(HIGH, 10, 1_000, null));
      assertThat(found(other)).isEmpty();
      page.expectNoMessage(Duration.ofMillis(50));
      gate.release();
      expectSaved(saving);
      assertThat(found(page)).containsExactly("a@1");
    }
  }

  @Test
  void commit_answerLost_savedOnceAndRunAgain() {
    lost.set(1);
    gate.release(2);
    try (DatabaseFixture db = database()) {
      expectSaved(send(db, save(LOW, 1, 0, 1, "a")));
      assertThat(agains).containsExactly(false, true);
      assertThat(found(db.ask(new Query.Records(LOW, 10, 1_000, null)))).containsExactly("a@1");
    }
  }

  @Test
  void save_expiredInTheQueue_refusedAndNeverRun() {
    try (DatabaseFixture db = database()) {
      var first = send(db, save(LOW, 1, 0, 1, "a"));
      var late = send(db, save(LOW, 2, 1, 2, "a"), Duration.ofMillis(1));
      var refused = late.expectMessageClass(RecordReply.NotSaved.class, PATIENCE);
      assertThat(refused.error().retryable()).isTrue();
      gate.release(2);
      expectSaved(first);
      assertThat(found(db.ask(new Query.Records(LOW, 10, 1_000, null)))).containsExactly("a@1");
    }
  }
}
