package dev.purser.database;

import static dev.purser.database.DatabaseFixture.PATIENCE;
import static dev.purser.database.DatabaseFixture.first;
import static dev.purser.database.DatabaseFixture.saved;
import static dev.purser.database.TestStore.purchase;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.database.Database.Answer;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/// Deletions of any number of rows through the database actor: unit by unit, and whatever comes
/// meanwhile goes first.
@ParameterizedClass
@EnumSource(TestProduct.class)
final class PiecesTest {
  private static final int LETTERS = 3_000;
  private static final String PATIENT = "purser.database.slots.work-limit = 20 s";

  @Parameter private TestProduct product;
  @TempDir private Path folder;

  /// A unit of work takes one.
  private final Semaphore gate = new Semaphore(0);

  private final AtomicInteger lost = new AtomicInteger();

  /// What the units of work were: the rows that a piece deleted, or -1 for each save.
  private final List<List<Long>> units = new CopyOnWriteArrayList<>();

  private Store gated(Store real) {
    return new WrappedStore(real) {
      @Override
      public List<Result> apply(List<Write> writes) throws SQLException {
        gate.acquireUninterruptibly();
        List<Result> results = super.apply(writes);
        units.add(results.stream().map(PiecesTest::rows).toList());
        return results;
      }

      @Override
      public void commit() throws SQLException {
        super.commit();
        if (lost.getAndDecrement() == 1) {
          throw product.lost();
        }
      }
    };
  }

  private static long rows(Store.Result result) {
    return result instanceof Store.Result.OfChore chore ? chore.rows() : -1;
  }

  private DatabaseFixture database() {
    return new DatabaseFixture(product, folder, PATIENT, this::gated, s -> s).ready();
  }

  private void keep(String run) throws SQLException {
    try (TestStore store = new TestStore(product, folder)) {
      List<Letter> letters = new ArrayList<>();
      for (int i = 0; i < LETTERS; i++) {
        letters.add(
            new Letter(0, run, i, "invalid", "c", "m", "raw", null, null, run + i, null, 1_000));
      }
      store.run(new Chore.KeepLetters(letters));
    }
  }

  private static TestProbe<Answer<Long>> order(DatabaseFixture db, Chore chore) {
    TestProbe<Answer<Long>> probe = db.kit.createTestProbe();
    db.database.tell(
        new Database.Do(chore, Database.Lane.BULK, DatabaseFixture.in(PATIENCE), probe.ref()));
    return probe;
  }

  private static long found(TestProbe<Answer<Long>> probe) {
    return ((Answer.Found<Long>) probe.receiveMessage(PATIENCE)).value();
  }

  private long deleted() {
    return units.stream().flatMap(List::stream).mapToLong(n -> Math.max(0, n)).sum();
  }

  @Test
  void deletion_ofManyLetters_letsInteractiveSavesIn() throws SQLException {
    keep("r");
    try (DatabaseFixture db = database()) {
      var deletion = order(db, new Chore.DropLetters("r", null));
      gate.release();
      for (int i = 0; i < 3; i++) {
        // One piece may be in hand, and the save is in the unit after it.
        var save = db.save(first("c" + i, purchase("p", 1)));
        gate.release(2);
        var _ = saved(save);
      }
      deletion.expectNoMessage(Duration.ofMillis(1));
      assertThat(deleted()).isPositive().isLessThanOrEqualTo(7L * Piece.ROWS);
      gate.release(10_000);
      assertThat(found(deletion)).isEqualTo(LETTERS);
      assertThat(units)
          .allSatisfy(unit -> assertThat(unit).allMatch(rows -> rows <= Piece.ROWS))
          .allSatisfy(
              unit -> assertThat(unit.stream().filter(rows -> rows > 0)).hasSizeLessThan(2));
    }
  }

  @Test
  void expiry_andLettersOfACustomer_goInPiecesToo() throws SQLException {
    keep("r");
    gate.release(10_000);
    try (DatabaseFixture db = database()) {
      var place = new Query.LetterPlace(2_000, 0);
      assertThat(found(order(db, new Chore.ExpireLetters(place)))).isEqualTo(LETTERS);
      assertThat(units).hasSizeGreaterThanOrEqualTo(LETTERS / Piece.ROWS);
      assertThat(units).allSatisfy(unit -> assertThat(unit).allMatch(n -> n <= Piece.ROWS));
    }
  }

  @Test
  void deletion_whosePieceLostItsAnswer_goesOn() throws SQLException {
    keep("r");
    gate.release(10_000);
    lost.set(3);
    try (DatabaseFixture db = database()) {
      var deletion = order(db, new Chore.DropLetters("r", null));
      // The rows of the lost answer are gone, and counted by nobody.
      assertThat(found(deletion)).isBetween((long) LETTERS - Piece.ROWS, (long) LETTERS);
      var page =
          (Answer.Found<List<Letter>>)
              db.ask(new Query.Letters("r", null, 10, 0)).receiveMessage(PATIENCE);
      assertThat(page.value()).isEmpty();
    }
  }

  @Test
  void deletion_whenTheNodeLeaves_endsWithThePieceInHand() throws SQLException {
    keep("r");
    try (DatabaseFixture db = database()) {
      var deletion = order(db, new Chore.DropLetters("r", null));
      gate.release(2);
      TestProbe<Done> drained = db.kit.createTestProbe();
      db.database.tell(new Database.Drain(drained.ref()));
      gate.release(1);
      var failed = (Answer.Failed<Long>) deletion.receiveMessage(PATIENCE);
      assertThat(failed.error().retryable()).isTrue();
      var _ = drained.receiveMessage(PATIENCE);
      assertThat(deleted()).isLessThan(LETTERS);
    }
  }
}
