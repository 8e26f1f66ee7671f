package dev.purser.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.ledger.Change;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import java.nio.file.Path;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EventPagesTest {
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
    try (TestStore store = new TestStore(folder)) {
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
    try (TestStore store = new TestStore(folder)) {
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
  void pages_ofAnUnknownCustomer_areNone_ofAKnownOneWithoutEventsEmpty() throws SQLException {
    try (TestStore store = new TestStore(folder)) {
      var _ = store.saved("ada", TestStore.merge(Map.of("a", "b")));
      assertThat(store.store.answer(new Query.Purchases("eve", 5, null))).isEmpty();
      assertThat(store.store.answer(new Query.Refunds("eve", 5, null))).isEmpty();
      assertThat(store.store.answer(new Query.Purchases("ada", 5, null)).orElseThrow()).isEmpty();
      assertThat(store.store.answer(new Query.OnePurchase("ada", "p"))).isEmpty();
      assertThat(store.store.answer(new Query.OneRefund("ada", "r"))).isEmpty();
    }
  }

  @Test
  void purchases_areListedOnceTheirCustomerHasMany_andPagedTheSameWay() throws SQLException {
    try (TestStore store = new TestStore(folder)) {
      List<Purchase> all = new ArrayList<>();
      for (int i = 0; i < EventRows.LISTED_FROM + 20; i++) {
        all.add(at("p" + i, i % 7));
      }
      int before = EventRows.LISTED_FROM - 1;
      var _ = store.saved("ada", all.subList(0, before).toArray(Change[]::new));
      var _ = store.saved("bob", at("other", 5));
      assertThat(listed(store)).isZero();
      var _ = store.saved("ada", all.get(before));
      assertThat(listed(store)).isEqualTo(EventRows.LISTED_FROM);
      var _ = store.saved("ada", all.subList(before + 1, all.size()).toArray(Change[]::new));
      assertThat(listed(store)).isEqualTo(all.size());

      all.sort(Comparator.comparing(Purchase::atMicros).reversed().thenComparing(Purchase::id));
      Query.Place after = new Query.Place(all.get(99).atMicros(), all.get(99).id());
      assertThat(store.store.answer(new Query.Purchases("ada", 1_000, after)).orElseThrow())
          .extracting(Query.StoredPurchase::purchase)
          .isEqualTo(all.subList(100, all.size()));
    }
  }

  private static long listed(TestStore store) throws SQLException {
    try (var connection = DriverManager.getConnection("jdbc:sqlite:" + store.file);
        var statement = connection.createStatement();
        var row = statement.executeQuery("SELECT count(*) FROM purchases WHERE listed = 1")) {
      return row.getLong(1);
    }
  }

  /// A page deep in a long list must cost what the first one costs; where there are few, one
  /// customer's rows are sorted and no other's are met.
  @Test
  void pages_ofMany_areFoundByAnIndex_ofFew_withinTheCustomer() throws SQLException {
    String page =
        "SELECT p.id, p.sku FROM purchases p WHERE p.customer = 'a'%s"
            + " AND p.at_micros <= 5 AND (p.at_micros < 5 OR p.id > 'x')"
            + " ORDER BY p.at_micros DESC, p.id LIMIT 5";
    assertThat(plan(page.formatted(" AND p.listed = 1")))
        .containsExactly("SEARCH p USING INDEX purchases_by_time (customer=? AND at_micros<?)");
    assertThat(plan(page.formatted("")))
        .containsExactly("SEARCH p USING PRIMARY KEY (customer=?)", "USE TEMP B-TREE FOR ORDER BY");
  }

  private List<String> plan(String sql) throws SQLException {
    try (TestStore store = new TestStore(folder);
        var connection = DriverManager.getConnection("jdbc:sqlite:" + store.file);
        var statement = connection.createStatement();
        var rows = statement.executeQuery("EXPLAIN QUERY PLAN " + sql)) {
      List<String> plan = new ArrayList<>();
      while (rows.next()) {
        plan.add(rows.getString("detail"));
      }
      return plan;
    }
  }
}
