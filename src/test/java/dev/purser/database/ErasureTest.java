package dev.purser.database;

import static dev.purser.database.TestStore.creditNote;
import static dev.purser.database.TestStore.merge;
import static dev.purser.database.TestStore.purchase;
import static dev.purser.database.TestStore.word;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.ledger.Erase;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Settle;
import java.nio.file.Path;
import java.sql.SQLException;
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
