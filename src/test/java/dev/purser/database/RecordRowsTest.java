package dev.purser.database;

import static dev.purser.database.RecordReply.Fate.MOVED;
import static dev.purser.database.RecordReply.Fate.SAVED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.database.RecordReply.Fate;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// Records on real databases: fences, saves run again, and pages of a share.
@ParameterizedClass
@EnumSource(TestProduct.class)
final class RecordRowsTest {
  private static final Share ALL = new Share("documents", 0, 255);

  @Parameter private TestProduct product;
  @TempDir private Path folder;
  private TestStore store;

  @BeforeEach
  void open() throws SQLException {
    store = new TestStore(product, folder);
  }

  @AfterEach
  void close() throws SQLException {
    store.close();
  }

  private static RecordSave.Change put(int slice, String id, long base, long version, String text) {
    return new RecordSave.Change(slice, id, base, version, text.getBytes(StandardCharsets.UTF_8));
  }

  private static RecordSave.Change delete(int slice, String id, long base, long version) {
    return new RecordSave.Change(slice, id, base, version, null);
  }

  private List<Fate> commit(long changeId, RecordSave.Change... changes) throws SQLException {
    return commit(false, new RecordSave(ALL, changeId, List.of(changes))).getFirst();
  }

  private List<List<Fate>> commit(boolean again, RecordSave... saves) throws SQLException {
    List<Store.Write> writes = new ArrayList<>();
    for (RecordSave save : saves) {
      writes.add(new Store.Write.OfRecords(save, again));
    }
    List<Store.Result> results = store.store.apply(writes);
    store.store.commit();
    return results.stream().map(r -> ((Store.Result.OfRecords) r).reply().fates()).toList();
  }

  private List<String> stored(Share share) throws SQLException {
    List<String> all = new ArrayList<>();
    Query.RecordPlace after = null;
    while (true) {
      Query.RecordPage page = store.store.answer(new Query.Records(share, 3, 1 << 20, after));
      if (page.records().isEmpty()) {
        return all;
      }
      for (StoredRecord r : page.records()) {
        all.add(r.id() + "@" + r.version() + "=" + new String(r.content(), StandardCharsets.UTF_8));
      }
      StoredRecord last = page.records().getLast();
      after = new Query.RecordPlace(last.slice(), last.id());
    }
  }

  @Test
  void records_putReplacedAndDeleted_standAsWritten() throws SQLException {
    assertThat(commit(1, put(3, "a", 0, 10, "one"), put(9, "b", 0, 10, "two")))
        .containsExactly(SAVED, SAVED);
    assertThat(commit(2, put(3, "a", 10, 11, "uno"), delete(9, "b", 10, 11)))
        .containsExactly(SAVED, SAVED);
    assertThat(stored(ALL)).containsExactly("a@11=uno");
  }

  @Test
  void fence_missed_takesOutThatRecordAlone() throws SQLException {
    commit(1, put(3, "a", 0, 10, "one"), put(4, "b", 0, 10, "two"));
    assertThat(
            commit(
                2,
                put(3, "a", 9, 12, "stale"),
                put(4, "b", 10, 12, "dos"),
                put(5, "c", 7, 12, "never was"),
                put(3, "d", 0, 12, "new"),
                delete(6, "e", 5, 12)))
        .containsExactly(MOVED, SAVED, MOVED, SAVED, MOVED);
    assertThat(commit(3, put(3, "a", 0, 13, "as if absent"), delete(4, "b", 11, 13)))
        .containsExactly(MOVED, MOVED);
    assertThat(stored(ALL)).containsExactly("a@10=one", "d@12=new", "b@12=dos");
  }

  @Test
  void save_runAgainAfterItWasCommitted_isSavedAndChangesNothing() throws SQLException {
    commit(1, put(3, "a", 0, 10, "one"), put(3, "b", 0, 10, "two"));
    RecordSave save =
        new RecordSave(
            ALL,
            2,
            List.of(
                put(3, "a", 10, 11, "uno"), delete(3, "b", 10, 11), put(3, "c", 0, 11, "tres")));
    assertThat(commit(false, save).getFirst()).containsExactly(SAVED, SAVED, SAVED);
    assertThat(commit(true, save).getFirst()).containsExactly(SAVED, SAVED, SAVED);
    assertThat(stored(ALL)).containsExactly("a@11=uno", "c@11=tres");
  }

  @Test
  void deletion_ofWhatSomebodyElseDeleted_hasMovedUnlessItIsRunAgain() throws SQLException {
    RecordSave save = new RecordSave(ALL, 2, List.of(delete(3, "b", 10, 11)));
    assertThat(commit(false, save).getFirst()).containsExactly(MOVED);
    assertThat(commit(true, save).getFirst()).containsExactly(SAVED);
  }

  @Test
  void recordFoundDeleted_isAnsweredWithTheFloorOfItsCollection() throws SQLException {
    commit(1, put(3, "a", 0, 10, "one"));
    commit(2, delete(3, "a", 10, 50));
    assertThat(
            store.store.answer(new Query.SomeRecords(ALL, List.of(new Query.RecordPlace(3, "a")))))
        .isEqualTo(new Query.RecordPage(50, List.of()));
  }

  /// Another owner has deleted it under a lower version than the one that this save is told.
  @Test
  void deletion_runAgainAndFoundDone_raisesTheFloor() throws SQLException {
    RecordSave save = new RecordSave(ALL, 2, List.of(delete(3, "b", 10, 60)));
    assertThat(commit(true, save).getFirst()).containsExactly(SAVED);
    assertThat(store.store.answer(new Query.Records(ALL, 3, 1 << 20, null)).floor()).isEqualTo(60);
  }

  @Test
  void saves_ofSeveralSharesInOneBatch_areAnsweredEachItsOwn() throws SQLException {
    Share low = new Share("documents", 0, 127);
    Share vectors = new Share("vectors", 0, 127);
    var fates =
        commit(
            false,
            new RecordSave(low, 1, List.of(put(3, "a", 0, 10, "one"))),
            new RecordSave(vectors, 2, List.of(put(3, "a", 5, 10, "x"), put(3, "b", 0, 10, "y"))));
    assertThat(fates).containsExactly(List.of(SAVED), List.of(MOVED, SAVED));
    assertThat(stored(low)).containsExactly("a@10=one");
    assertThat(stored(vectors)).containsExactly("b@10=y");
  }

  @Test
  void rollback_afterRecords_leavesNone() throws SQLException {
    RecordSave save = new RecordSave(ALL, 1, List.of(put(3, "a", 0, 10, "one")));
    var _ = store.store.apply(List.of(new Store.Write.OfRecords(save, false)));
    store.store.rollback();
    assertThat(stored(ALL)).isEmpty();
  }

  @Test
  void page_isOrderedBySliceAndUtf8_andKeepsToItsShare() throws SQLException {
    commit(
        1,
        put(7, "\uD83D\uDE00", 0, 1, ""),
        put(7, "\uFFFD", 0, 1, ""),
        put(7, "z", 0, 1, ""),
        put(6, "zz", 0, 1, ""),
        put(8, "a", 0, 1, ""),
        put(9, "a9", 0, 1, ""),
        put(5, "a5", 0, 1, ""));
    assertThat(stored(new Share("documents", 6, 8)))
        .containsExactly("zz@1=", "z@1=", "\uFFFD@1=", "\uD83D\uDE00@1=", "a@1=");
  }

  @Test
  void page_ofLongContents_endsEarly() throws SQLException {
    commit(1, put(1, "a", 0, 1, "xxxx"), put(1, "b", 0, 1, "xxxx"), put(1, "c", 0, 1, "xxxx"));
    assertThat(store.store.answer(new Query.Records(ALL, 100, 8, null)).records()).hasSize(2);
    assertThat(store.store.answer(new Query.Records(ALL, 100, 1, null)).records()).hasSize(1);
  }

  @Test
  void floor_isTheHighestVersionDeletedFromTheCollection() throws SQLException {
    commit(1, put(1, "a", 0, 10, "x"), put(2, "b", 0, 20, "x"));
    assertThat(store.store.answer(new Query.Records(ALL, 1, 1, null)).floor()).isZero();
    commit(2, delete(2, "b", 20, 30));
    commit(3, delete(1, "a", 10, 21));
    assertThat(store.store.answer(new Query.Records(ALL, 1, 1, null)).floor()).isEqualTo(30);
    Share vectors = new Share("vectors", 0, 255);
    assertThat(store.store.answer(new Query.Records(vectors, 1, 1, null)).floor()).isZero();
  }

  @Test
  void some_thoseThatAreStored_once() throws SQLException {
    commit(1, put(1, "a", 0, 10, "x"), put(2, "b", 0, 20, "y"));
    var places =
        List.of(
            new Query.RecordPlace(1, "a"),
            new Query.RecordPlace(2, "a"),
            new Query.RecordPlace(2, "b"));
    assertThat(store.store.answer(new Query.SomeRecords(ALL, places)).records())
        .extracting(r -> r.id() + "@" + r.version())
        .containsExactlyInAnyOrder("a@10", "b@20");
  }

  @Test
  void manyRecords_inOneSave_allReadBack() throws SQLException {
    RecordSave.Change[] changes =
        IntStream.range(0, 1_003)
            .mapToObj(i -> put(i % 256, "id-" + i, 0, 1, "content " + i))
            .toArray(RecordSave.Change[]::new);
    assertThat(commit(1, changes)).hasSize(1_003).containsOnly(SAVED);
    assertThat(stored(ALL)).hasSize(1_003);
    assertThat(
            commit(
                2,
                IntStream.range(0, 1_003)
                    .mapToObj(i -> delete(i % 256, "id-" + i, 1, 2))
                    .toArray(RecordSave.Change[]::new)))
        .hasSize(1_003)
        .containsOnly(SAVED);
    assertThat(stored(ALL)).isEmpty();
  }

  @Test
  void save_withTwoChangesOfOneRecord_isRefused() {
    var changes = List.of(put(1, "a", 0, 1, "x"), put(1, "a", 1, 2, "y"));
    assertThatThrownBy(() -> new RecordSave(ALL, 1, changes))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
