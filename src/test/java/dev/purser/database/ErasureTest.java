package dev.purser.database;

import static dev.purser.database.TestStore.creditNote;
import static dev.purser.database.TestStore.merge;
import static dev.purser.database.TestStore.purchase;
import static dev.purser.database.TestStore.word;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.ledger.Change;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Profile;
import dev.purser.ledger.Settle;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestProduct.class)
class ErasureTest {
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

  private void fill(String customer) throws SQLException {
    store.saved(
        customer,
        purchase("p1", 5),
        creditNote("r1", 2),
        merge(Map.of("a", "b")),
        new Settle("s1"));
  }

  @Test
  void erasure_leavesNoRowThatNamesTheCustomer_butTheOutbox() throws SQLException {
    fill("ada");
    fill("bob");
    store.run(
        new Chore.KeepLetters(
            List.of(LettersTest.letter("l1", "ada"), LettersTest.letter("l2", "bob"))));
    store.saved("ada", new Erase(false));
    try (var connection = product.connect(folder);
        var statement = connection.createStatement()) {
      for (String table :
          List.of("purchases", "refunds", "preferences", "totals", "settlements", "letters")) {
        try (var rows =
            statement.executeQuery("SELECT customer, count(*) FROM " + table + " GROUP BY 1")) {
          assertThat(rows.next()).as(table).isTrue();
          assertThat(rows.getString(1)).as(table).isEqualTo("bob");
          assertThat(rows.next()).as(table).isFalse();
        }
      }
    }
    assertThat(store.store.answer(new Query.PendingErasures(10)))
        .extracting(Query.Erasure::customer)
        .containsExactly("ada");
  }

  @Test
  void erasure_ofAnAbsentCustomer_isNotFoundAndSuppressesNothing() throws SQLException {
    assertThat(word(store.outcomes("ada", new Erase(true)).getFirst())).isEqualTo("not_found");
    assertThat(store.load("ada").suppressed()).isFalse();
  }

  @Test
  void customerMadeAnew_hasAVersionAboveTheErasedOne() throws SQLException {
    fill("ada");
    CustomerSave erase = store.draft("ada", new Erase(false));
    store.commit(erase);
    assertThat(store.load("ada").floor()).isEqualTo(erase.nextVersion());
    fill("ada");
    assertThat(store.profile("ada").version()).isGreaterThan(erase.nextVersion());
  }

  @Test
  void forgottenErasures_leaveAFloorForAll() throws SQLException {
    fill("ada");
    store.saved("ada", new Erase(false));
    List<Query.Erasure> pending = store.store.answer(new Query.PendingErasures(10));
    assertThat(store.run(new Chore.ForgetErasures(pending))).isEqualTo(1);
    assertThat(store.store.answer(new Query.PendingErasures(10))).isEmpty();
    assertThat(store.load("ada").floor()).isEqualTo(pending.getFirst().version());
  }

  @Test
  void erasureMadeAnewMeanwhile_isNotForgotten() throws SQLException {
    fill("ada");
    store.saved("ada", new Erase(false));
    List<Query.Erasure> first = store.store.answer(new Query.PendingErasures(10));
    fill("ada");
    store.saved("ada", new Erase(false));
    assertThat(store.run(new Chore.ForgetErasures(first))).isZero();
    assertThat(store.store.answer(new Query.PendingErasures(10))).hasSize(1);
  }

  /// More rows than one piece deletes.
  private CustomerSave eraseMany(String customer) throws SQLException {
    List<Change> events = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      events.add(purchase("p" + i, 5));
      events.add(creditNote("r" + i, 1));
    }
    store.saved(customer, events.toArray(Change[]::new));
    store.run(new Chore.KeepLetters(List.of(LettersTest.letter("l1", customer))));
    CustomerSave erase = store.draft(customer, new Erase(false));
    assertThat(store.commit(erase))
        .isEqualTo(
            new SaveReply.Purging(
                new SaveReply.Saved(Profile.absent(customer), List.of(new Outcome.Erased()))));
    return erase;
  }

  private long rows(String customer) throws SQLException {
    long rows = 0;
    try (var connection = product.connect(folder)) {
      for (String table :
          List.of("purchases", "refunds", "preferences", "totals", "settlements", "letters")) {
        try (var count =
            connection.prepareStatement("SELECT count(*) FROM " + table + " WHERE customer = ?")) {
          count.setString(1, customer);
          try (var row = count.executeQuery()) {
            assertThat(row.next()).isTrue();
            rows += row.getLong(1);
          }
        }
      }
    }
    return rows;
  }

  @Test
  void customerWithManyRows_isGoneForReadersAtOnce_andInPieces() throws SQLException {
    CustomerSave erase = eraseMany("ada");
    assertThat(rows("ada")).isGreaterThanOrEqualTo(601 - Piece.ROWS);
    assertThat(store.profile("ada").stored()).isFalse();
    assertThat(store.store.answer(new Query.OnePurchase("ada", "p9"))).isEmpty();
    assertThat(store.store.answer(new Query.OneRefund("ada", "r9"))).isEmpty();
    assertThat(store.store.answer(new Query.Purchases("ada", 10, null))).isEmpty();
    Store.Result.OfChore piece = store.piece(new Chore.Purge("ada"));
    assertThat(piece.rows()).isPositive().isLessThanOrEqualTo(Piece.ROWS);
    var _ = store.run(piece.rest());
    assertThat(rows("ada")).isZero();
    assertThat(store.store.answer(new Query.PendingErasures(10)))
        .containsExactly(new Query.Erasure("ada", erase.nextVersion(), false));
  }

  @Test
  void customerWhoseRowsAreLeft_isNotMadeAnew_norForgotten() throws SQLException {
    CustomerSave erase = eraseMany("ada");
    List<Query.Erasure> pending = store.store.answer(new Query.PendingErasures(10));
    assertThat(pending).containsExactly(new Query.Erasure("ada", erase.nextVersion(), true));
    assertThat(store.run(new Chore.ForgetErasures(pending))).isZero();
    CustomerSave early = store.draft("ada", purchase("p1", 5));
    assertThat(store.commit(early))
        .isInstanceOfSatisfying(
            SaveReply.NotSaved.class, r -> assertThat(r.error().retryable()).isTrue());
    // The same erasure run again, and another one, wait for the same.
    assertThat(store.commit(erase)).isInstanceOf(SaveReply.Purging.class);
    assertThat(store.commit(store.draft("ada", new Erase(true))))
        .isInstanceOf(SaveReply.Purging.class);
    assertThat(store.load("ada").suppressed()).isTrue();
    assertThat(store.run(new Chore.LiftSuppression("ada"))).isEqualTo(1);
    var _ = store.run(new Chore.Purge("ada"));
    assertThat(word(store.outcomes("ada", purchase("p1", 5)).getFirst())).isEqualTo("accepted");
  }

  /// A second session that was at the same purge comes late.
  @Test
  void purge_ofWhatWasMadeAnew_deletesNothing() throws SQLException {
    eraseMany("ada");
    Chore rest = store.piece(new Chore.Purge("ada")).rest();
    var _ = store.run(new Chore.Purge("ada"));
    fill("ada");
    long rows = rows("ada");
    assertThat(store.run(rest)).isZero();
    assertThat(store.run(new Chore.Purge("ada"))).isZero();
    assertThat(rows("ada")).isEqualTo(rows).isPositive();
  }

  @Test
  void suppressedId_isRefusedUntilItIsLifted() throws SQLException {
    fill("ada");
    store.saved("ada", new Erase(true));
    assertThat(store.load("ada").suppressed()).isTrue();
    List<Outcome> refused = store.outcomes("ada", purchase("p1", 5), merge(Map.of("a", "b")));
    assertThat(refused).extracting(TestStore::word).containsExactly("conflict", "conflict");
    assertThat(store.profile("ada").stored()).isFalse();
    assertThat(word(store.outcomes("bob", purchase("p1", 5)).getFirst())).isEqualTo("accepted");

    assertThat(store.run(new Chore.LiftSuppression("ada"))).isEqualTo(1);
    assertThat(store.run(new Chore.LiftSuppression("ada"))).isZero();
    assertThat(word(store.outcomes("ada", purchase("p1", 5)).getFirst())).isEqualTo("accepted");
  }
}
