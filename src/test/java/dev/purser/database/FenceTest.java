package dev.purser.database;

import static dev.purser.database.TestStore.creditNote;
import static dev.purser.database.TestStore.merge;
import static dev.purser.database.TestStore.purchase;
import static dev.purser.database.TestStore.refund;
import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.ledger.Erase;
import dev.purser.ledger.Money;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Profile;
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

/// Saves that build on what no longer stands, and saves whose commit was lost from sight.
@ParameterizedClass
@EnumSource(TestProduct.class)
class FenceTest {
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

  private static List<String> words(SaveReply reply) {
    return ((SaveReply.Saved) reply).outcomes().stream().map(TestStore::word).toList();
  }

  @Test
  void save_onAnOlderVersion_isMoved_andItsNeighboursAreSaved() throws SQLException {
    CustomerSave stale = store.draft("ada", purchase("p1", 1));
    store.saved("ada", purchase("p2", 2));
    CustomerSave good = store.draft("bob", purchase("p1", 3));
    List<SaveReply> replies = store.commit(List.of(stale, good));
    assertThat(replies.getFirst()).isEqualTo(new SaveReply.Moved());
    assertThat(words(replies.getLast())).containsExactly("accepted");
    assertThat(store.profile("ada").totals("GBP").grossMinor()).isEqualTo(2);
    assertThat(store.store.answer(new Query.OnePurchase("ada", "p1"))).isEmpty();
  }

  @Test
  void save_onACustomerThatWasErased_isMoved() throws SQLException {
    store.saved("ada", purchase("p1", 1));
    CustomerSave stale = store.draft("ada", purchase("p2", 1));
    store.saved("ada", new Erase(false));
    assertThat(store.commit(stale)).isEqualTo(new SaveReply.Moved());
    assertThat(store.profile("ada").stored()).isFalse();
  }

  @Test
  void save_asNewBelowAnErasedVersion_isMoved() throws SQLException {
    CustomerSave early = store.draft("ada", purchase("p9", 1));
    store.saved("ada", purchase("p1", 1));
    store.saved("ada", new Erase(false));
    assertThat(store.commit(early)).isEqualTo(new SaveReply.Moved());
    assertThat(words(store.commit(store.draft("ada", purchase("p9", 1)))))
        .containsExactly("accepted");
  }

  @Test
  void sameSaveAgain_tellsTheSame_andChangesNothing() throws SQLException {
    store.saved("ada", purchase("old", 7));
    CustomerSave save =
        store.draft(
            "ada",
            refund("r0", "p1", 1, "GBP"),
            purchase("p1", 9),
            purchase("p1", 9),
            purchase("old", 7),
            purchase("old", 8),
            purchase("huge", Money.MAX_MINOR),
            refund("r1", "p1", 4, "GBP"),
            refund("r2", "p1", 6, "GBP"),
            creditNote("r3", 2),
            merge(Map.of("a", "b")),
            new Settle("s1"));
    SaveReply first = store.commit(save);
    assertThat(words(first))
        .containsExactly(
            "not_found",
            "accepted",
            "duplicate",
            "duplicate",
            "conflict",
            "amount_minor",
            "accepted",
            "amount_minor",
            "accepted",
            "accepted",
            "settled [Sum[currency=GBP, refunds=2, amountMinor=6]]");
    SaveReply again = store.commit(save);
    assertThat(words(again)).isEqualTo(words(first));
    assertThat(again).isEqualTo(first);
    assertThat(store.profile("ada")).isEqualTo(((SaveReply.Saved) first).profile());
  }

  @Test
  void sameSaveAgain_afterALaterSave_isStillAccepted_withTheAggregateOfNow() throws SQLException {
    CustomerSave save = store.draft("ada", purchase("p1", 9), creditNote("r1", 1));
    SaveReply first = store.commit(save);
    Profile now = store.saved("ada", purchase("p2", 1)).profile();
    SaveReply again = store.commit(save);
    assertThat(words(again)).isEqualTo(words(first));
    assertThat(((SaveReply.Saved) again).profile()).isEqualTo(now);
  }

  @Test
  void sameSettlementAgain_afterALaterSave_isStillTheFirst() throws SQLException {
    store.saved("ada", creditNote("r1", 4));
    CustomerSave save = store.draft("ada", new Settle("s1"));
    SaveReply first = store.commit(save);
    store.saved("ada", creditNote("r2", 1));
    assertThat(words(store.commit(save))).isEqualTo(words(first));
    assertThat(store.profile("ada").totals("GBP").pendingMinor()).isEqualTo(1);
  }

  @Test
  void sameSettlementWithoutId_again_settlesNothingMore() throws SQLException {
    store.saved("ada", creditNote("r1", 4));
    CustomerSave save = store.draft("ada", new Settle(null));
    SaveReply first = store.commit(save);
    assertThat(store.commit(save)).isEqualTo(first);
  }

  @Test
  void sameEmptySettlementAgain_isNotCalledADuplicate() throws SQLException {
    store.saved("ada", purchase("p1", 1));
    CustomerSave save = store.draft("ada", new Settle("s1"));
    SaveReply first = store.commit(save);
    assertThat(words(first)).containsExactly("settled []");
    assertThat(store.commit(save)).isEqualTo(first);
  }

  @Test
  void sameErasureAgain_isStillErased() throws SQLException {
    store.saved("ada", purchase("p1", 1));
    CustomerSave save = store.draft("ada", new Erase(false));
    SaveReply first = store.commit(save);
    assertThat(first)
        .isEqualTo(new SaveReply.Saved(Profile.absent("ada"), List.of(new Outcome.Erased())));
    assertThat(store.commit(save)).isEqualTo(first);
  }

  /// What is committed next vouches for nothing that was rolled back before it.
  @Test
  void saveThatWasRolledBack_runAgainAfterAChore_isApplied() throws SQLException {
    CustomerSave save = store.draft("ada", purchase("p1", 9));
    var _ = store.store.apply(List.of(new Store.Write.OfCustomer(save, false)));
    store.store.rollback();
    store.run(new Chore.LiftSuppression("bob"));
    SaveReply.Saved reply = (SaveReply.Saved) store.commit(save);
    assertThat(words(reply)).containsExactly("accepted");
    assertThat(store.profile("ada")).isEqualTo(reply.profile());
    assertThat(store.profile("ada").stored()).isTrue();
  }

  @Test
  void saveThatWasRolledBack_runAgain_isApplied() throws SQLException {
    CustomerSave save = store.draft("ada", purchase("p1", 9));
    var _ = store.store.apply(List.of(new Store.Write.OfCustomer(save, false)));
    store.store.rollback();
    var results = store.store.apply(List.of(new Store.Write.OfCustomer(save, true)));
    store.store.commit();
    assertThat(words(((Store.Result.OfCustomer) results.getFirst()).reply()))
        .containsExactly("accepted");
  }
}
