package dev.purser.database;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestProduct.class)
class LettersTest {
  @Parameter TestProduct product;
  @TempDir Path folder;
  private TestStore store;

  @BeforeEach
  void open() throws SQLException {
    store = new TestStore(product, folder);
  }

  @AfterEach
  void close() throws SQLException {
    store.close();
  }

  static Letter letter(String derivedId, @Nullable String customer) {
    return letter("run-1", "no_customer", derivedId, customer, 1_000);
  }

  private static Letter letter(
      String run, String reason, String derivedId, @Nullable String customer, long atMillis) {
    return letter(run, reason, derivedId, customer, "raw,line", atMillis);
  }

  private static Letter letter(
      String run,
      String reason,
      String derivedId,
      @Nullable String customer,
      String raw,
      long atMillis) {
    return new Letter(
        0,
        run,
        7,
        reason,
        "ERR_VALIDATION",
        "message",
        raw,
        null,
        null,
        derivedId,
        customer,
        atMillis);
  }

  private List<Letter> page(@Nullable String run, @Nullable String reason, int limit, long after)
      throws SQLException {
    return store.store.answer(new Query.Letters(run, reason, limit, after));
  }

  @Test
  void page_ofLongLetters_endsEarlyAndSaysSo() throws SQLException {
    String raw = "x".repeat(64 * 1024);
    List<Letter> letters = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      letters.add(
          new Letter(0, "r", i, "invalid", "c", "m", raw, null, null, "d" + i, null, 1_000));
    }
    store.run(new Chore.KeepLetters(letters));
    List<Letter> first = page(null, null, 1_000, 0);
    List<Letter> second = page(null, null, 1_000, first.getLast().id());
    List<Letter> third = page(null, null, 1_000, second.getLast().id());
    assertThat(List.of(first.size(), second.size(), third.size())).containsExactly(16, 16, 8);
    assertThat(Query.full(first)).isTrue();
    assertThat(Query.full(third)).isFalse();
  }

  @Test
  void letters_areKeptInTheirOrder_andPaged() throws SQLException {
    List<Letter> letters = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      letters.add(letter("d" + i, null));
    }
    assertThat(store.run(new Chore.KeepLetters(letters))).isEqualTo(150);
    List<Letter> first = page(null, null, 100, 0);
    List<Letter> rest = page(null, null, 100, first.getLast().id());
    assertThat(first).hasSize(100);
    assertThat(rest).hasSize(50);
    assertThat(rest.getLast().derivedId()).isEqualTo("d149");
    assertThat(store.store.answer(new Query.OneLetter(first.getFirst().id())))
        .contains(first.getFirst());
  }

  @Test
  void letterOfTheSameLineAndReason_replacesTheFirstAndKeepsItsId() throws SQLException {
    store.run(new Chore.KeepLetters(List.of(letter("d1", null), letter("d2", null))));
    long id = page(null, null, 1, 0).getFirst().id();
    store.run(
        new Chore.KeepLetters(
            List.of(
                letter("run-2", "no_customer", "d1", "ada", 2_000),
                letter("run-2", "unparsable", "d1", null, 2_000))));
    assertThat(page(null, null, 10, 0)).hasSize(3);
    assertThat(page(null, null, 1, 0).getFirst())
        .returns(id, Letter::id)
        .returns("run-2", Letter::run)
        .returns("ada", Letter::customer);
  }

  @Test
  void lettersOfOtherLines_standBesideThoseOfTheSameDerivedId() throws SQLException {
    // The longest, and one that an index takes for the end of a text.
    List<String> raws = List.of("a", "b", "b\u0000c", "x".repeat(65_535) + "y", "x".repeat(65_536));
    for (long at = 1; at <= 2; at++) { // the same upload again
      List<Letter> letters = new ArrayList<>();
      for (String raw : raws) {
        letters.add(letter("run-" + at, "conflict", "purchase/ada/p", "ada", raw, at));
        letters.add(letter("run-" + at, "conflict", "purchase/ada/p", "ada", raw, at)); // twice
      }
      store.run(new Chore.KeepLetters(letters));
    }
    store.run(
        new Chore.KeepLetters(
            List.of(letter("run-3", "conflict", "purchase/ada/p", "bob", "of another", 3))));
    List<Letter> kept = page(null, null, 100, 0);
    assertThat(kept).extracting(Letter::raw).startsWith(raws.toArray(String[]::new));
    assertThat(kept).extracting(Letter::customer).endsWith("ada", "bob").hasSize(6);
    assertThat(kept.subList(0, 5)).extracting(Letter::run).containsOnly("run-2");
  }

  @Test
  void filters_takeRunAndReasonOrCode() throws SQLException {
    store.run(
        new Chore.KeepLetters(
            List.of(
                letter("run-1", "no_customer", "d1", null, 1),
                letter("run-1", "unparsable", "d2", null, 1),
                letter("run-2", "unparsable", "d3", null, 1))));
    assertThat(page("run-1", null, 10, 0)).hasSize(2);
    assertThat(page(null, "unparsable", 10, 0)).hasSize(2);
    assertThat(page("run-1", "unparsable", 10, 0)).hasSize(1);
    assertThat(page(null, "ERR_VALIDATION", 10, 0)).hasSize(3);
    assertThat(page(null, "other", 10, 0)).isEmpty();
  }

  @Test
  void dropping_touchesOnlyWhatIsNamed() throws SQLException {
    store.run(
        new Chore.KeepLetters(
            List.of(
                letter("run-1", "no_customer", "d1", null, 1),
                letter("run-1", "unparsable", "d2", null, 1),
                letter("run-2", "unparsable", "d3", null, 1))));
    assertThat(store.run(new Chore.DropLetters("run-1", "unparsable"))).isEqualTo(1);
    long id = page("run-2", null, 1, 0).getFirst().id();
    assertThat(store.run(new Chore.DropLetter(id))).isEqualTo(1);
    assertThat(store.run(new Chore.DropLetter(id))).isZero();
    assertThat(page(null, null, 10, 0)).extracting(Letter::derivedId).containsExactly("d1");
    long last = page(null, null, 10, 0).getFirst().id();
    assertThat(store.run(new Chore.DropLetterIds(List.of(id, last, 99_999L)))).isEqualTo(1);
    assertThatThrownBy(() -> store.run(new Chore.DropLetters(null, null)))
        .isInstanceOf(IllegalArgumentException.class);
    store.store.rollback();
  }

  @Test
  void expiry_dropsTheOldestUpToWhatIsBeyondTheBound() throws SQLException {
    List<Letter> letters = new ArrayList<>();
    for (int i = 0; i < 10; i++) {
      letters.add(letter("run-1", "unparsable", "d" + i, null, i / 2)); // two at a time
    }
    store.run(new Chore.KeepLetters(letters));
    assertThat(store.store.answer(new Query.LettersBeyond(10))).isEmpty();
    var beyond = store.store.answer(new Query.LettersBeyond(5)).orElseThrow();
    assertThat(store.run(new Chore.ExpireLetters(beyond))).isEqualTo(5);
    assertThat(page(null, null, 10, 0))
        .extracting(Letter::derivedId)
        .containsExactly("d5", "d6", "d7", "d8", "d9");
  }

  @Test
  void dropping_byReason_looksAtSoManyAPiece_andLeavesWhatCameLater() throws SQLException {
    List<Letter> letters = new ArrayList<>();
    for (int i = 0; i < 2 * Piece.LOOKED_AT; i++) {
      letters.add(letter("run-1", i % 10 == 0 ? "unparsable" : "no_customer", "d" + i, null, 1));
    }
    store.run(new Chore.KeepLetters(letters));
    Store.Result.OfChore first = store.piece(new Chore.DropLetters(null, "unparsable"));
    assertThat(first.rows()).isPositive().isLessThanOrEqualTo(Piece.LOOKED_AT / 10);
    store.run(new Chore.KeepLetters(List.of(letter("run-1", "unparsable", "later", null, 1))));
    assertThat(first.rows() + store.run(first.rest())).isEqualTo(2 * Piece.LOOKED_AT / 10);
    assertThat(page(null, "unparsable", 10, 0))
        .extracting(Letter::derivedId)
        .containsExactly("later");
  }

  @Test
  void dropping_ofLongLetters_isBoundedByTheirBytes() throws SQLException {
    String raw = "x".repeat(64 * 1024);
    List<Letter> letters = new ArrayList<>();
    for (int i = 0; i < 80; i++) {
      letters.add(new Letter(0, "r", i, "invalid", "c", "m", raw, null, null, "d" + i, "ada", 1));
    }
    store.run(new Chore.KeepLetters(letters));
    assertThat(store.piece(new Chore.DropLetters("r", null)).rows()).isLessThanOrEqualTo(16);
    assertThat(store.piece(new Chore.DropLettersOf("ada")).rows()).isLessThanOrEqualTo(16);
    var all = new Query.LetterPlace(1, Long.MAX_VALUE);
    assertThat(store.piece(new Chore.ExpireLetters(all)).rows()).isLessThanOrEqualTo(16);
    assertThat(store.run(new Chore.DropLettersOf("ada"))).isPositive();
    assertThat(page(null, null, 10, 0)).isEmpty();
  }

  @Test
  void expiryOfRuns_leavesNewerAndRunningOnes() throws SQLException {
    for (int i = 0; i < 500; i++) {
      String state = i == 7 ? "running" : "done";
      store.run(
          new Chore.KeepRun(new RunRow("%03d".formatted(i), "ingest", state, null, i, null, "{}")));
    }
    String beyond = store.store.answer(new Query.RunsBeyond(100)).orElseThrow();
    assertThat(beyond).isEqualTo("399");
    assertThat(store.piece(new Chore.ExpireRuns(beyond)).rows()).isLessThanOrEqualTo(Piece.ROWS);
    store.run(new Chore.ExpireRuns(beyond));
    assertThat(store.store.answer(new Query.Runs(1_000, null))).hasSize(101);
    assertThat(state("007")).isEqualTo("running");
    assertThat(store.store.answer(new Query.RunsBeyond(101))).isEmpty();
  }

  @Test
  void runs_areReplacedById_andHoldTheirKeyAlone() throws SQLException {
    RunRow running = new RunRow("01", "settlement", "running", "k", 1, null, "{}");
    RunRow done = new RunRow("01", "settlement", "done", "k", 1, 2L, "{\"a\":1}");
    assertThat(store.run(new Chore.KeepRun(running))).isEqualTo(1);
    assertThat(store.run(new Chore.KeepRun(done))).isEqualTo(1);
    RunRow rival = new RunRow("02", "settlement", "running", "k", 1, null, "{}");
    assertThat(store.run(new Chore.KeepRun(rival))).isZero();
    RunRow other = new RunRow("03", "ingest", "running", "k", 1, null, "{}");
    assertThat(store.run(new Chore.KeepRun(other))).isEqualTo(1);
    assertThat(store.store.answer(new Query.OneRun("01"))).contains(done);
    assertThat(store.store.answer(new Query.RunByKey("settlement", "k"))).contains(done);
    assertThat(store.store.answer(new Query.Runs(10, null))).containsExactly(other, done);
    assertThat(store.store.answer(new Query.Runs(10, "03"))).containsExactly(done);
  }

  private static RunRow row(String state, Long finished, String report, long attempt) {
    return new RunRow("01", "settlement", state, "k", 1, finished, report, attempt, false);
  }

  private RunRow one() throws SQLException {
    return store.store.answer(new Query.OneRun("01")).orElseThrow();
  }

  @Test
  void run_thatHasEnded_isNotMovedByWhatWasWrittenBefore() throws SQLException {
    RunRow done = row("done", 2L, "{\"a\":2}", 0);
    store.run(new Chore.KeepRun(row("running", null, "{}", 0)));
    assertThat(store.run(new Chore.KeepRun(done))).isEqualTo(1);
    assertThat(store.run(new Chore.KeepRun(row("running", null, "{\"a\":1}", 0)))).isZero();
    assertThat(store.run(new Chore.KeepRun(row("failed", 3L, "{}", 0)))).isZero();
    assertThat(store.run(new Chore.CancelRun("01"))).isZero();
    assertThat(store.run(new Chore.InterruptRuns(false, 0))).isZero();
    // What ended it may be run again by a save whose outcome was lost.
    assertThat(store.run(new Chore.KeepRun(done))).isEqualTo(1);
    assertThat(one()).isEqualTo(done);
  }

  @Test
  void run_thatIsContinued_isNotMovedByItsEarlierAttempt() throws SQLException {
    store.run(new Chore.KeepRun(row("running", null, "{}", 0)));
    store.run(new Chore.CancelRun("01"));
    assertThat(store.run(new Chore.ContinueRun("01", 0, 7))).isEqualTo(1);
    assertThat(store.run(new Chore.ContinueRun("01", 0, 7))).isEqualTo(1); // the same one again
    assertThat(store.run(new Chore.ContinueRun("01", 0, 8))).isZero();
    assertThat(store.run(new Chore.SeeRun("01", 0))).isZero();
    assertThat(store.run(new Chore.KeepRun(row("failed", 2L, "{}", 0)))).isZero();
    assertThat(one()).isEqualTo(row("running", null, "{}", 7));
    assertThat(store.run(new Chore.KeepRun(row("done", 3L, "{}", 7)))).isEqualTo(1);
    assertThat(store.run(new Chore.ContinueRun("01", 7, 9))).isZero();
    assertThat(one().state()).isEqualTo("done");
  }

  @Test
  void run_cancelledWhoseNodeIsDead_isCancelledAndStaysSo() throws SQLException {
    store.run(running("01"));
    assertThat(store.run(new Chore.CancelRun("01"))).isEqualTo(1);
    assertThat(one().isOverFor(0)).isTrue();
    assertThat(store.run(new Chore.InterruptRuns(false, 0))).isEqualTo(1);
    assertThat(one().state()).isEqualTo("cancelled");
    assertThat(one().finishedMillis()).isNotNull();
    assertThat(store.run(new Chore.SeeRun("01", 0))).isZero();
    assertThat(store.run(running("01"))).isZero();
    assertThat(store.run(new Chore.CancelRun("02"))).isZero();
  }

  @Test
  void letter_triedAgainLate_doesNotReplaceALaterOne() throws SQLException {
    store.run(new Chore.KeepLetters(List.of(letter("run-2", "invalid", "d", null, 9))));
    store.run(new Chore.KeepLetters(List.of(letter("run-1", "invalid", "d", null, 5))));
    assertThat(page(null, null, 10, 0)).extracting(Letter::run).containsExactly("run-2");
  }

  private String state(String run) throws SQLException {
    return store.store.answer(new Query.OneRun(run)).orElseThrow().state();
  }

  private static Chore.KeepRun running(String id) {
    return new Chore.KeepRun(new RunRow(id, "ingest", "running", null, 1, null, "{}"));
  }

  @Test
  void runsLeftRunning_areMarkedInterrupted() throws SQLException {
    store.run(running("01"));
    store.run(new Chore.KeepRun(new RunRow("02", "ingest", "done", null, 1, 2L, "{}")));
    assertThat(store.run(new Chore.InterruptRuns(false, 0))).isEqualTo(1);
    assertThat(state("01")).isEqualTo("interrupted");
    assertThat(state("02")).isEqualTo("done");
  }

  /// On a server they may be another node's; a file has no other user.
  @Test
  void runsSeenLately_areAliveUnlessNobodyElseCanHaveThem() throws SQLException {
    store.run(running("01"));
    assertThat(store.run(new Chore.InterruptRuns(false, 60_000))).isZero();
    boolean shared = product == TestProduct.POSTGRES;
    assertThat(store.run(new Chore.InterruptRuns(true, 60_000))).isEqualTo(shared ? 0 : 1);
    assertThat(state("01")).isEqualTo(shared ? "running" : "interrupted");
  }

  @Test
  void runTakenForDead_runsAgainWhenItIsSeen_butNeverOnceItHasEnded() throws SQLException {
    store.run(running("01"));
    store.run(new Chore.InterruptRuns(false, 0));
    assertThat(store.run(new Chore.SeeRun("01", 0))).isEqualTo(1);
    assertThat(state("01")).isEqualTo("running");
    store.run(new Chore.KeepRun(new RunRow("01", "ingest", "failed", null, 1, 2L, "{}")));
    assertThat(store.run(new Chore.SeeRun("01", 0))).isZero();
    assertThat(store.run(new Chore.SeeRun("02", 0))).isZero();
    assertThat(state("01")).isEqualTo("failed");
  }
}
