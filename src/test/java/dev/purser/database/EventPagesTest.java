package dev.purser.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.ledger.Change;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestProduct.class)
class EventPagesTest {
  @Parameter TestProduct product;
  @TempDir Path folder;

  private static Purchase at(String id, long atMicros) {
    return new Purchase(id, "s", null, 1, 1, "GBP", atMicros, 0, Map.of());
  }

  @Test
  void pages_ofAnySize_meetEachPurchaseOnce_newestFirstThenById() throws SQLException {
    Random random = new Random(3);
    List<Purchase> all = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      all.add(at("p" + i, random.nextInt(12)));
    }
    try (TestStore store = new TestStore(product, folder)) {
      var _ = store.saved("ada", all.toArray(Change[]::new));
      var _ = store.saved("bob", at("other", 5));
      all.sort(Comparator.comparing(Purchase::atMicros).reversed().thenComparing(Purchase::id));
      for (int limit : new int[] {1, 7, 50, 1000}) {
        List<Purchase> met = new ArrayList<>();
        Query.Place after = null;
        while (met.size() < 1_000) {
          var page = store.store.answer(new Query.Purchases("ada", limit, after)).orElseThrow();
          if (page.isEmpty()) {
            break;
          }
          page.forEach(p -> met.add(p.purchase()));
          after = new Query.Place(met.getLast().atMicros(), met.getLast().id());
        }
        assertThat(met).as("limit %s", limit).isEqualTo(all);
      }
    }
  }

  @Test
  void refunds_arePagedTheSameWay() throws SQLException {
    try (TestStore store = new TestStore(product, folder)) {
      List<Change> all = new ArrayList<>();
      for (int i = 0; i < 9; i++) {
        all.add(new Refund("r" + i, null, null, null, null, 1, "GBP", null, i / 3, 0, Map.of()));
      }
      var _ = store.saved("ada", all.toArray(Change[]::new));
      var first = store.store.answer(new Query.Refunds("ada", 5, null)).orElseThrow();
      var rest =
          store.store.answer(new Query.Refunds("ada", 5, new Query.Place(1, "r4"))).orElseThrow();
      assertThat(first)
          .extracting(r -> r.refund().id())
          .containsExactly("r6", "r7", "r8", "r3", "r4");
      assertThat(rest).extracting(r -> r.refund().id()).containsExactly("r5", "r0", "r1", "r2");
    }
  }

  @Test
  void pages_ofLongRows_endAtAboutAMebibyte() throws SQLException {
    String text = "x".repeat(4_000);
    try (TestStore store = new TestStore(product, folder)) {
      for (int part = 0; part < 6; part++) {
        List<Change> some = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
          String id = part + "-" + i;
          some.add(new Purchase(id, text, text, 1, 1, "GBP", 7, 0, Map.of()));
          some.add(new Refund(id, null, text, text, null, 1, "GBP", text, 7, 0, Map.of()));
        }
        var _ = store.saved("ada", some.toArray(Change[]::new));
      }
      var purchases = store.store.answer(new Query.Purchases("ada", 1_000, null)).orElseThrow();
      assertThat(purchases).hasSizeBetween(130, 133);
      assertThat(Query.full(purchases)).isTrue();
      var after = new Query.Place(7, purchases.getLast().purchase().id());
      assertThat(store.store.answer(new Query.Purchases("ada", 1_000, after)).orElseThrow())
          .hasSizeBetween(130, 133)
          .noneMatch(p -> purchases.contains(p));
      var refunds = store.store.answer(new Query.Refunds("ada", 1_000, null)).orElseThrow();
      assertThat(refunds).hasSizeBetween(86, 90);
      assertThat(Query.full(refunds)).isTrue();
    }
  }

  @Test
  void pages_ofAnUnknownCustomer_areNone_ofAKnownOneWithoutEventsEmpty() throws SQLException {
    try (TestStore store = new TestStore(product, folder)) {
      var _ = store.saved("ada", TestStore.merge(Map.of("a", "b")));
      assertThat(store.store.answer(new Query.Purchases("eve", 5, null))).isEmpty();
      assertThat(store.store.answer(new Query.Refunds("eve", 5, null))).isEmpty();
      assertThat(store.store.answer(new Query.Purchases("ada", 5, null)).orElseThrow()).isEmpty();
      assertThat(store.store.answer(new Query.OnePurchase("ada", "p"))).isEmpty();
      assertThat(store.store.answer(new Query.OneRefund("ada", "r"))).isEmpty();
    }
  }

  @Test
  void purchases_ofACustomerThatComesToHaveMany_arePagedTheSameWay() throws SQLException {
    try (TestStore store = new TestStore(product, folder)) {
      List<Purchase> all = new ArrayList<>();
      for (int i = 0; i < EventRows.LISTED_FROM + 20; i++) {
        all.add(at("p" + i, i % 7));
      }
      int before = EventRows.LISTED_FROM - 1;
      var _ = store.saved("ada", all.subList(0, before).toArray(Change[]::new));
      var _ = store.saved("bob", at("other", 5));
      var _ = store.saved("ada", all.get(before));
      var _ = store.saved("ada", all.subList(before + 1, all.size()).toArray(Change[]::new));

      all.sort(Comparator.comparing(Purchase::atMicros).reversed().thenComparing(Purchase::id));
      Query.Place after = new Query.Place(all.get(99).atMicros(), all.get(99).id());
      assertThat(store.store.answer(new Query.Purchases("ada", 1_000, after)).orElseThrow())
          .extracting(Query.StoredPurchase::purchase)
          .isEqualTo(all.subList(100, all.size()));
    }
  }
}
