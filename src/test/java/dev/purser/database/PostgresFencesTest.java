package dev.purser.database;

import static dev.purser.database.TestStore.creditNote;
import static dev.purser.database.TestStore.purchase;
import static dev.purser.database.TestStore.refund;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.ledger.Erase;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Profile;
import dev.purser.testing.Postgres;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Several connections that write the same customers at the same time, as nodes of a cluster do.
final class PostgresFencesTest {
  private static final AtomicLong CHANGE_IDS = new AtomicLong(1_000_000);

  @TempDir Path folder;
  private TestStore one;
  private TestStore two;

  @BeforeEach
  void open() throws SQLException {
    one = new TestStore(TestProduct.POSTGRES, folder);
    two = new TestStore(TestProduct.POSTGRES, folder);
  }

  @AfterEach
  void close() throws SQLException {
    one.close();
    two.close();
  }

  private static CustomerSave save(Profile base, long floor, dev.purser.ledger.Change... changes) {
    return new CustomerSave(
        base.id(),
        CHANGE_IDS.getAndIncrement(),
        base,
        floor,
        System.currentTimeMillis(),
        List.of(changes));
  }

  private static CustomerSave first(String customer, dev.purser.ledger.Change... changes) {
    return save(Profile.absent(customer), 0, changes);
  }

  private static SaveReply apply(TestStore store, CustomerSave save) throws SQLException {
    return ((Store.Result.OfCustomer)
            store.store.apply(List.of(new Store.Write.OfCustomer(save, false))).getFirst())
        .reply();
  }

  private static CompletableFuture<SaveReply> later(TestStore store, CustomerSave save) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            SaveReply reply = apply(store, save);
            store.store.commit();
            return reply;
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  /// Waits until a session waits for a lock of another one.
  private static void awaitWaiting() {
    while (Postgres.shared()
        .ask(
            "postgres",
            "SELECT 1 FROM pg_stat_activity WHERE application_name = 'purser'"
                + " AND wait_event_type = 'Lock'")
        .isEmpty()) {
      Thread.onSpinWait();
    }
  }

  private static long run(TestStore store, RunRow row) throws SQLException {
    return ((Store.Result.OfChore)
            store.store.apply(List.of(new Store.Write.OfChore(new Chore.KeepRun(row)))).getFirst())
        .rows();
  }

  private static RunRow ingest(String state, Long finished) {
    return new RunRow("01", "ingest", state, null, 1, finished, "{}");
  }

  /// The row of progress waits for the lock that the final one holds, and is written after it.
  @Test
  void run_endedByOneWhileTheOtherWritesProgress_staysEnded() throws SQLException {
    assertThat(run(one, ingest("running", null))).isEqualTo(1);
    one.store.commit();
    assertThat(run(one, ingest("done", 2L))).isEqualTo(1);
    var late =
        CompletableFuture.supplyAsync(
            () -> {
              try {
                long rows = run(two, ingest("running", null));
                two.store.commit();
                return rows;
              } catch (SQLException e) {
                throw new IllegalStateException(e);
              }
            });
    awaitWaiting();
    one.store.commit();
    assertThat(late.join()).isZero();
    assertThat(one.store.answer(new Query.OneRun("01"))).contains(ingest("done", 2L));
  }

  @Test
  void customer_madeByTwo_oneOfThemIsMoved() throws SQLException {
    SaveReply made = apply(one, first("ada", purchase("p1", 5)));
    var second = later(two, first("ada", purchase("p1", 5)));
    awaitWaiting();
    one.store.commit();
    assertThat(((SaveReply.Saved) made).outcomes()).containsExactly(Outcome.ACCEPTED);
    assertThat(second.join()).isEqualTo(new SaveReply.Moved());
    assertThat(one.profile("ada").totals("GBP").purchases()).isEqualTo(1);
  }

  @Test
  void customer_whoseMakerGivesUp_isMadeByTheOther() throws SQLException {
    apply(one, first("ada", purchase("p1", 5)));
    var second = later(two, first("ada", purchase("p1", 7)));
    awaitWaiting();
    one.store.rollback();
    assertThat(((SaveReply.Saved) second.join()).outcomes()).containsExactly(Outcome.ACCEPTED);
    assertThat(one.profile("ada").totals("GBP").grossMinor()).isEqualTo(7);
  }

  @Test
  void customer_savedByTwo_theSecondIsMoved() throws SQLException {
    one.saved("ada", purchase("p1", 5));
    CustomerSave a = one.draft("ada", purchase("p2", 5));
    CustomerSave b = save(a.base(), 0, purchase("p3", 5));
    apply(one, a);
    var second = later(two, b);
    awaitWaiting();
    one.store.commit();
    assertThat(second.join()).isEqualTo(new SaveReply.Moved());
    assertThat(one.profile("ada").totals("GBP").purchases()).isEqualTo(2);
  }

  @Test
  void customer_erasedMeanwhile_isMovedOrStartsAboveTheErasedVersion() throws SQLException {
    one.saved("ada", purchase("p1", 5));
    CustomerSave erase = save(one.profile("ada"), 0, new Erase(false));
    CustomerSave stale = save(erase.base(), 0, purchase("p2", 5));
    apply(one, erase);
    var second = later(two, stale);
    awaitWaiting();
    one.store.commit();
    assertThat(second.join()).isEqualTo(new SaveReply.Moved());
    LoadReply.Loaded absent = two.load("ada");
    assertThat(absent.floor()).isEqualTo(erase.nextVersion());
    assertThat(two.profile("ada").stored()).isFalse();
  }

  @Test
  void sameSave_runAgainWhileTheFirstStillCommits_tellsTheSame() throws SQLException {
    CustomerSave save = first("ada", purchase("p1", 5));
    SaveReply told = apply(one, save);
    var again = later(two, save);
    awaitWaiting();
    one.store.commit();
    assertThat(again.join()).isEqualTo(told);
    assertThat(one.profile("ada").totals("GBP").purchases()).isEqualTo(1);
  }

  @Test
  void customer_notMadeAfterAll_leavesNothing() throws SQLException {
    assertThat(one.outcomes("eve", refund("r1", "nothing", 5, "GBP")))
        .extracting(TestStore::word)
        .containsExactly("not_found");
    assertThat(Postgres.shared().ask(database(), "SELECT count(*) FROM purser.customers"))
        .containsExactly("0");
    assertThat(two.outcomes("eve", purchase("p1", 5))).containsExactly(Outcome.ACCEPTED);
  }

  private String database() throws SQLException {
    try (var connection = TestProduct.POSTGRES.connect(folder)) {
      return connection.getCatalog();
    }
  }

  /// Batches of the same few customers in random orders, new and known and erased ones, from four
  /// connections: nobody waits in a ring, nothing is lost, nothing counted twice.
  @Test
  void batches_ofFourWriters_neverDeadlockAndLoseNothing() throws Exception {
    Map<String, Long> accepted = new ConcurrentHashMap<>();
    List<CompletableFuture<Void>> writers = new ArrayList<>();
    for (int w = 0; w < 4; w++) {
      Random random = new Random(w);
      String name = "w" + w;
      writers.add(CompletableFuture.runAsync(() -> write(name, random, accepted)));
    }
    writers.forEach(CompletableFuture::join);
    for (Map.Entry<String, Long> entry : accepted.entrySet()) {
      var totals = one.profile(entry.getKey()).totals("GBP");
      assertThat(totals.grossMinor() - totals.pendingMinor()).isEqualTo(entry.getValue());
    }
    assertThat(accepted).hasSize(12);
  }

  private void write(String name, Random random, Map<String, Long> accepted) {
    try (TestStore store = new TestStore(TestProduct.POSTGRES, folder)) {
      for (int batch = 0; batch < 60; batch++) {
        Map<String, CustomerSave> saves = new HashMap<>();
        for (int i = 0; i < 6; i++) {
          String customer = "c" + random.nextInt(12);
          LoadReply.Loaded now = store.load(customer);
          String id = name + "-" + batch + "-" + i;
          saves.put(
              customer, save(now.profile(), now.floor(), purchase(id, 10), creditNote(id, 3)));
        }
        List<CustomerSave> shuffled = new ArrayList<>(saves.values());
        Collections.shuffle(shuffled, random);
        List<SaveReply> replies = store.commit(shuffled);
        for (int i = 0; i < shuffled.size(); i++) {
          if (replies.get(i) instanceof SaveReply.Saved) {
            accepted.merge(shuffled.get(i).customer(), 7L, Long::sum);
          }
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static RecordSave record(long changeId, long base, long version, String text) {
    byte[] content = text == null ? null : text.getBytes(StandardCharsets.UTF_8);
    return new RecordSave(
        new Share("documents", 0, 255),
        changeId,
        List.of(new RecordSave.Change(3, "a", base, version, content)));
  }

  private static List<RecordReply.Fate> apply(TestStore store, RecordSave save)
      throws SQLException {
    return ((Store.Result.OfRecords)
            store.store.apply(List.of(new Store.Write.OfRecords(save, false))).getFirst())
        .reply()
        .fates();
  }

  private static CompletableFuture<List<RecordReply.Fate>> later(TestStore store, RecordSave save) {
    return CompletableFuture.supplyAsync(
        () -> {
          try {
            List<RecordReply.Fate> fates = apply(store, save);
            store.store.commit();
            return fates;
          } catch (SQLException e) {
            throw new IllegalStateException(e);
          }
        });
  }

  @Test
  void record_madeReplacedOrDeletedByTwo_oneOfThemIsMoved() throws SQLException {
    // Each pair builds on the same version; the second waits for the first and then has moved.
    List<List<RecordSave>> pairs =
        List.of(
            List.of(record(1, 0, 10, "one"), record(2, 0, 11, "two")),
            List.of(record(3, 10, 20, "three"), record(4, 10, 21, "four")),
            List.of(record(5, 20, 30, "five"), record(6, 20, 31, null)),
            List.of(record(7, 30, 40, null), record(8, 30, 41, "eight")));
    for (List<RecordSave> pair : pairs) {
      assertThat(apply(one, pair.getFirst())).containsExactly(RecordReply.Fate.SAVED);
      var second = later(two, pair.getLast());
      awaitWaiting();
      one.store.commit();
      assertThat(second.join()).containsExactly(RecordReply.Fate.MOVED);
    }
    var page = one.store.answer(new Query.Records(new Share("documents", 0, 255), 9, 99, null));
    assertThat(page.records()).isEmpty();
    assertThat(page.floor()).isEqualTo(40);
  }
}
