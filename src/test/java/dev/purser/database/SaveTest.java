package dev.purser.database;

import static dev.purser.database.TestStore.creditNote;
import static dev.purser.database.TestStore.merge;
import static dev.purser.database.TestStore.purchase;
import static dev.purser.database.TestStore.refund;
import static dev.purser.database.TestStore.word;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.purser.ledger.Change;
import dev.purser.ledger.ExactSum;
import dev.purser.ledger.Money;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Preferences;
import dev.purser.ledger.Profile;
import dev.purser.ledger.Settle;
import dev.purser.ledger.Totals;
import java.math.BigInteger;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
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
class SaveTest {
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

  private List<String> save(Change... changes) throws SQLException {
    return store.outcomes("ada", changes).stream().map(TestStore::word).toList();
  }

  private Totals pounds() throws SQLException {
    return store.profile("ada").totals("GBP");
  }

  @Test
  void purchase_ofANewCustomer_makesTheCustomer() throws SQLException {
    CustomerSave save = store.draft("ada", purchase("p1", 250));
    SaveReply.Saved saved = (SaveReply.Saved) store.commit(save);
    assertThat(saved.outcomes()).containsExactly(Outcome.ACCEPTED);
    assertThat(saved.profile().version()).isEqualTo(save.nextVersion());
    assertThat(saved.profile()).isEqualTo(store.profile("ada"));
    assertThat(pounds()).isEqualTo(new Totals("GBP", 1, 250, 0, 0, 0, 0));
  }

  @Test
  void purchase_ofAKnownId_isADuplicateOrAConflict() throws SQLException {
    assertThat(save(purchase("p1", 250))).containsExactly("accepted");
    long version = store.profile("ada").version();
    assertThat(save(purchase("p1", 250))).containsExactly("duplicate");
    assertThat(save(purchase("p1", 251))).containsExactly("conflict");
    assertThat(store.profile("ada").version()).isEqualTo(version);
  }

  @Test
  void purchase_repeatedWithinItsSave_countsOnce() throws SQLException {
    assertThat(save(purchase("p1", 5), purchase("p1", 5), purchase("p1", 6), purchase("p2", 7)))
        .containsExactly("accepted", "duplicate", "conflict", "accepted");
    assertThat(pounds().grossMinor()).isEqualTo(12);
  }

  @Test
  void purchase_amongManyNewOnes_isFoundToBeKnown() throws SQLException {
    save(purchase("p70", 9));
    List<Change> many = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      many.add(purchase("p" + i, 1));
    }
    List<String> words = save(many.toArray(Change[]::new));
    assertThat(words.get(70)).isEqualTo("conflict");
    assertThat(words).filteredOn("accepted"::equals).hasSize(149);
    assertThat(pounds().grossMinor()).isEqualTo(9 + 149);
  }

  @Test
  void purchaseAndRefund_ofTheSameId_liveInTwoNamespaces() throws SQLException {
    assertThat(save(purchase("x", 5), creditNote("x", 3))).containsExactly("accepted", "accepted");
  }

  @Test
  void refund_beforeItsPurchaseInTheSameSave_isNotFound_afterItIsAccepted() throws SQLException {
    assertThat(save(refund("r1", "p1", 5, "GBP"), purchase("p1", 9), refund("r2", "p1", 5, "GBP")))
        .containsExactly("not_found", "accepted", "accepted");
    assertThat(store.store.answer(new Query.OnePurchase("ada", "p1")).orElseThrow().refundedMinor())
        .isEqualTo(5);
  }

  @Test
  void refund_ofMoreThanIsLeft_isRefusedAndTakesNothing() throws SQLException {
    assertThat(save(purchase("p1", 9), refund("r1", "p1", 4, "GBP")))
        .containsExactly("accepted", "accepted");
    assertThat(save(refund("r2", "p1", 6, "GBP"))).containsExactly("amount_minor");
    assertThat(save(refund("r2", "p1", 5, "EUR"))).containsExactly("currency");
    assertThat(save(refund("r2", "p1", 5, "GBP"))).containsExactly("accepted");
    assertThat(save(refund("r3", "p1", 1, "GBP"))).containsExactly("amount_minor");
    assertThat(pounds()).isEqualTo(new Totals("GBP", 1, 9, 2, 2, 9, 0));
  }

  @Test
  void refund_ofAKnownId_takesNothingASecondTime() throws SQLException {
    save(purchase("p1", 9), refund("r1", "p1", 4, "GBP"));
    assertThat(save(refund("r1", "p1", 4, "GBP"))).containsExactly("duplicate");
    assertThat(store.store.answer(new Query.OnePurchase("ada", "p1")).orElseThrow().refundedMinor())
        .isEqualTo(4);
  }

  @Test
  void creditNote_withoutAnyPurchase_takesTheCustomerBelowZero() throws SQLException {
    assertThat(save(creditNote("r1", 30), new Settle(null)))
        .containsExactly("accepted", "settled [Sum[currency=GBP, refunds=1, amountMinor=30]]");
    assertThat(pounds().netMinor()).isEqualTo(-30);
  }

  @Test
  void total_atTheLargestAmount_isAcceptedAndOneMoreIsRefused() throws SQLException {
    assertThat(save(purchase("p1", Money.MAX_MINOR - 1), purchase("p2", 2), purchase("p3", 1)))
        .containsExactly("accepted", "amount_minor", "accepted");
    assertThat(pounds().grossMinor()).isEqualTo(Money.MAX_MINOR);
    assertThat(save(purchase("p4", 1))).containsExactly("amount_minor");
  }

  @Test
  void refunds_settledAndPending_areBoundedTogether() throws SQLException {
    save(creditNote("r1", Money.MAX_MINOR - 5), new Settle(null));
    assertThat(save(creditNote("r2", 6), creditNote("r3", 5)))
        .containsExactly("amount_minor", "accepted");
    save(new Settle(null));
    assertThat(pounds().netMinor()).isEqualTo(-Money.MAX_MINOR);
  }

  @Test
  void totals_ofOtherCurrencies_areKeptApart() throws SQLException {
    save(purchase("p1", Money.MAX_MINOR), refund("r1", null, 7, "EUR"));
    assertThat(store.profile("ada").totals())
        .containsExactly(
            new Totals("EUR", 0, 0, 1, 1, 7, 0), new Totals("GBP", 1, Money.MAX_MINOR, 0, 0, 0, 0));
  }

  @Test
  void preferences_mergedOrReplaced_changeTheVersionOnlyIfTheyDiffer() throws SQLException {
    Map<String, String> removal = new HashMap<>();
    removal.put("country", null);
    removal.put("tier", "gold");
    assertThat(save(merge(Map.of("country", "France")))).containsExactly("accepted");
    assertThat(save(merge(Map.of("country", "France")))).containsExactly("duplicate");
    assertThat(save(merge(removal))).containsExactly("accepted");
    assertThat(store.profile("ada").preferences()).isEqualTo(Map.of("tier", "gold"));
    assertThat(save(new Preferences(true, true, Map.of("a", "")))).containsExactly("accepted");
    assertThat(store.profile("ada").preferences()).isEqualTo(Map.of("a", ""));
  }

  @Test
  void preferences_thatMayNotCreate_areNotFoundForAnAbsentCustomer() throws SQLException {
    Preferences patch = new Preferences(false, false, Map.of("a", "b"));
    assertThat(save(patch)).containsExactly("not_found");
    assertThat(store.profile("ada").stored()).isFalse();
    assertThat(save(purchase("p1", 1), patch)).containsExactly("accepted", "accepted");
  }

  @Test
  void preferences_emptyForANewCustomer_makeTheCustomer() throws SQLException {
    assertThat(save(new Preferences(true, true, Map.of()))).containsExactly("accepted");
    assertThat(store.profile("ada").stored()).isTrue();
  }

  @Test
  void purchase_whosePreferenceWouldBeThe65th_isRefused() throws SQLException {
    Map<String, String> most = new HashMap<>();
    for (int i = 0; i < 64; i++) {
      most.put("n" + i, "v");
    }
    assertThat(save(merge(most), purchase("p1", 1, Map.of("one-more", "v"))))
        .containsExactly("accepted", "preferences");
    assertThat(save(purchase("p1", 1, Map.of("n3", "w")))).containsExactly("accepted");
    assertThat(store.profile("ada").preferences()).containsEntry("n3", "w").hasSize(64);
  }

  @Test
  void purchase_thatIsADuplicate_doesNotMergeItsPreferences() throws SQLException {
    save(purchase("p1", 1, Map.of("country", "France")));
    assertThat(save(purchase("p1", 1, Map.of("country", "Spain")))).containsExactly("duplicate");
    assertThat(store.profile("ada").preferences()).isEqualTo(Map.of("country", "France"));
  }

  @Test
  void settlement_ofTheSameIdAgain_answersTheFirstResult() throws SQLException {
    save(purchase("p1", 9), creditNote("r1", 4));
    String sums = "[Sum[currency=GBP, refunds=1, amountMinor=4]]";
    assertThat(save(new Settle("s1"))).containsExactly("settled " + sums);
    save(creditNote("r2", 1));
    assertThat(save(new Settle("s1"))).containsExactly("settled before " + sums);
    assertThat(pounds()).isEqualTo(new Totals("GBP", 1, 9, 2, 1, 1, 4));
  }

  @Test
  void settlement_ofTheSameIdAgain_answersTheTotalsOfThen() throws SQLException {
    save(purchase("p1", 9), refund("r1", null, 4, "EUR"));
    Outcome first = store.saved("ada", new Settle("s1")).outcomes().getFirst();
    List<Totals> left =
        List.of(new Totals("EUR", 0, 0, 1, 0, 0, 4), new Totals("GBP", 1, 9, 0, 0, 0, 0));
    List<Outcome.Sum> sums = List.of(new Outcome.Sum("EUR", 1, 4));
    assertThat(first).isEqualTo(new Outcome.Settled(false, sums, left));
    save(purchase("p2", 1), creditNote("r2", 1));
    assertThat(store.saved("ada", new Settle("s1")).outcomes())
        .containsExactly(new Outcome.Settled(true, sums, left));
  }

  @Test
  void settlement_withNothingPending_isRememberedAndChangesNothing() throws SQLException {
    save(purchase("p1", 9));
    Profile before = store.profile("ada");
    assertThat(save(new Settle("s1"))).containsExactly("settled []");
    save(creditNote("r1", 2));
    assertThat(save(new Settle("s1"))).containsExactly("settled before []");
    assertThat(before.totals("GBP").settledMinor()).isZero();
    assertThat(pounds().pendingMinor()).isEqualTo(2);
  }

  @Test
  void settlement_ofAnAbsentCustomer_isNotFound() throws SQLException {
    assertThat(save(new Settle("s1"))).containsExactly("not_found");
    assertThat(save(creditNote("r1", 2), new Settle("s1")).getLast()).startsWith("settled [Sum");
  }

  @Test
  void settlement_marksTheRefundsBeforeItSettled_andNoneAfter() throws SQLException {
    save(creditNote("r1", 2), new Settle(null));
    save(creditNote("r2", 3));
    assertThat(store.store.answer(new Query.OneRefund("ada", "r1")).orElseThrow().settled())
        .isTrue();
    assertThat(store.store.answer(new Query.OneRefund("ada", "r2")).orElseThrow().settled())
        .isFalse();
  }

  private static ExactSum sum(String currency, long refunds, long amountMinor) {
    return new ExactSum(currency, refunds, BigInteger.valueOf(amountMinor));
  }

  @Test
  void settlementSums_beyond64Bits_areExact() throws SQLException {
    int customers = 1_100;
    List<CustomerSave> saves = new ArrayList<>();
    for (int i = 0; i < customers; i++) {
      saves.add(store.draft("c" + i, creditNote("r1", Money.MAX_MINOR), new Settle("all")));
    }
    var _ = store.commit(saves);
    BigInteger sum = BigInteger.valueOf(Money.MAX_MINOR).multiply(BigInteger.valueOf(customers));
    assertThat(sum.bitLength()).isGreaterThan(63);
    assertThat(store.store.answer(new Query.SettlementSums("all")))
        .isEqualTo(
            new Query.SettlementTotal(customers, List.of(new ExactSum("GBP", customers, sum))));
  }

  @Test
  void settlementSums_overAllCustomers_addUpByCurrency() throws SQLException {
    store.saved("ada", creditNote("r1", 2), refund("r2", null, 5, "EUR"), new Settle("all"));
    store.saved("bob", creditNote("r1", 3), new Settle("all"));
    store.saved("eve", purchase("p1", 3), new Settle("all"));
    assertThat(store.store.answer(new Query.SettlementSums("all")))
        .isEqualTo(new Query.SettlementTotal(2, List.of(sum("EUR", 1, 5), sum("GBP", 2, 5))));
  }

  @Test
  void expiryOfSettlements_forgetsOldOnes_pieceByPiece() throws SQLException {
    List<CustomerSave> saves = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      saves.add(store.draft("c" + i, creditNote("r1", 1), new Settle("old")));
    }
    var _ = store.commit(saves);
    long later = saves.getLast().nowMillis() + 1;
    store.saved("ada", creditNote("r1", 2), new Settle("new"));
    assertThat(store.store.answer(new Query.SettlementsBeyond(1))).contains(later - 1);
    assertThat(store.store.answer(new Query.SettlementsBeyond(501))).isEmpty();
    assertThat(store.piece(new Chore.ExpireSettlements(later)).rows())
        .isPositive()
        .isLessThanOrEqualTo(Piece.ROWS);
    var _ = store.run(new Chore.ExpireSettlements(later));
    assertThat(store.store.answer(new Query.SettlementSums("old")).sums()).isEmpty();
    assertThat(store.store.answer(new Query.SettlementSums("new")).customers()).isEqualTo(1);
  }

  @Test
  void save_inWhichNothingIsAccepted_writesNothing() throws SQLException {
    assertThat(save(refund("r1", "p1", 5, "GBP"), new Settle(null)))
        .containsExactly("not_found", "not_found");
    assertThat(store.profile("ada")).isEqualTo(Profile.absent("ada"));
  }

  @Test
  void load_ofManyIdsAndRepeatedOnes_hasOneEntryForEach() throws SQLException {
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 300; i++) {
      ids.add("c" + i);
      if (i % 3 == 0) {
        store.saved("c" + i, purchase("p", i + 1, Map.of("n", "v" + i)));
      }
    }
    ids.addAll(List.copyOf(ids));
    var loaded = store.store.load(ids);
    assertThat(loaded).hasSize(300);
    assertThat(loaded.get("c99").profile().totals("GBP").grossMinor()).isEqualTo(100);
    assertThat(loaded.get("c99").profile().preferences()).isEqualTo(Map.of("n", "v99"));
    assertThat(loaded.get("c100").profile().stored()).isFalse();
  }

  @Test
  void rollback_takesBackTheWholeBatch_andMayBeRepeated() throws SQLException {
    var _ =
        store.store.apply(
            List.of(new Store.Write.OfCustomer(store.draft("ada", purchase("p1", 1)), false)));
    store.store.rollback();
    store.store.rollback();
    assertThat(store.profile("ada").stored()).isFalse();
    assertThat(word(store.outcomes("ada", purchase("p1", 1)).getFirst())).isEqualTo("accepted");
  }

  @Test
  void batchWithTwoSavesOfOneCustomer_isRefused() throws SQLException {
    CustomerSave one = store.draft("ada", purchase("p1", 1));
    CustomerSave two = store.draft("ada", purchase("p2", 1));
    assertThatThrownBy(() -> store.commit(List.of(one, two)))
        .isInstanceOf(IllegalArgumentException.class);
    store.store.rollback();
    assertThat(store.profile("ada").stored()).isFalse();
  }

  @Test
  void validation_ofALivingStore_passes_andOfAClosedOneFails() throws SQLException {
    store.store.validate();
    TestStore other = new TestStore(product, folder);
    other.close();
    assertThatThrownBy(other.store::validate).isInstanceOf(SQLException.class);
  }
}
