package dev.purser.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.database.Query.SegmentFilter;
import dev.purser.ledger.Change;
import dev.purser.ledger.Profile;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import dev.purser.ledger.Settle;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource(TestProduct.class)
class SegmentsTest {
  @Parameter TestProduct product;
  @TempDir Path folder;

  static SegmentFilter all() {
    return of(Map.of());
  }

  static SegmentFilter of(Map<String, String> preferences) {
    return new SegmentFilter(preferences, "GBP", null, null, null, null);
  }

  @Test
  void segments_ofRandomFilters_areWhatAScanOfAllProfilesFinds() throws SQLException {
    Random random = new Random(7);
    try (TestStore store = new TestStore(product, folder)) {
      TreeMap<String, Profile> profiles = fill(store, random);
      for (int i = 0; i < 300; i++) {
        SegmentFilter filter = filter(random);
        List<String> expected =
            profiles.values().stream().filter(p -> matches(p, filter)).map(Profile::id).toList();
        assertThat(pages(store, filter, 1 + random.nextInt(40)))
            .as(filter.toString())
            .isEqualTo(expected);
        assertThat(store.store.answer(new Query.Segment(filter, true, 1, null)).count())
            .isEqualTo(expected.size());
      }
    }
  }

  @Test
  void pendingCustomers_arePagedById_andVanishWhenSettled() throws SQLException {
    try (TestStore store = new TestStore(product, folder)) {
      for (String id : List.of("b", "a", "c", "d")) {
        var _ =
            store.saved(id, TestStore.creditNote("r1", 1), TestStore.refund("r2", null, 1, "EUR"));
      }
      var _ = store.saved("e", TestStore.purchase("p1", 1));
      var _ = store.saved("c", new Settle(null));
      assertThat(store.store.answer(new Query.PendingCustomers(2, null))).containsExactly("a", "b");
      assertThat(store.store.answer(new Query.PendingCustomers(2, "b"))).containsExactly("d");
    }
  }

  @Test
  void count_thatWasNotAsked_isNotMade() throws SQLException {
    try (TestStore store = new TestStore(product, folder)) {
      assertThat(store.store.answer(new Query.Segment(all(), false, 10, null)))
          .isEqualTo(new Query.SegmentPage(-1, List.of()));
    }
  }

  private static TreeMap<String, Profile> fill(TestStore store, Random random) throws SQLException {
    List<CustomerSave> saves = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      List<Change> changes = new ArrayList<>();
      changes.add(TestStore.merge(Map.of("n" + random.nextInt(2), "v" + random.nextInt(3))));
      changes.add(TestStore.merge(Map.of("n" + random.nextInt(2), "v" + random.nextInt(3))));
      for (int e = random.nextInt(4); e > 0; e--) {
        String currency = random.nextBoolean() ? "GBP" : "EUR";
        long at = random.nextInt(10);
        changes.add(
            new Purchase("p" + e, "s", null, 1, 1 + random.nextInt(9), currency, at, 0, Map.of()));
        changes.add(
            new Refund(
                "r" + e,
                null,
                null,
                null,
                null,
                1 + random.nextInt(9),
                currency,
                null,
                at,
                0,
                Map.of()));
      }
      if (random.nextBoolean()) {
        changes.add(new Settle(null));
      }
      saves.add(store.draft("c" + i, changes.toArray(Change[]::new)));
    }
    TreeMap<String, Profile> profiles = new TreeMap<>();
    for (SaveReply reply : store.commit(saves)) {
      Profile profile = ((SaveReply.Saved) reply).profile();
      profiles.put(profile.id(), profile);
    }
    return profiles;
  }

  private static SegmentFilter filter(Random random) {
    Map<String, String> preferences = new TreeMap<>();
    for (int i = random.nextInt(3); i > 0; i--) {
      preferences.put("n" + random.nextInt(2), "v" + random.nextInt(3));
    }
    return new SegmentFilter(
        preferences,
        random.nextBoolean() ? "GBP" : "EUR",
        bound(random, -5),
        bound(random, -5),
        bound(random, 0),
        bound(random, 0));
  }

  private static @Nullable Long bound(Random random, int from) {
    return random.nextInt(3) > 0 ? null : (long) from + random.nextInt(15);
  }

  private static List<String> pages(TestStore store, SegmentFilter filter, int limit)
      throws SQLException {
    List<String> ids = new ArrayList<>();
    String after = null;
    while (true) {
      var page = store.store.answer(new Query.Segment(filter, false, limit, after));
      ids.addAll(page.ids());
      if (page.ids().size() < limit) {
        return ids;
      }
      after = page.ids().getLast();
    }
  }

  private static boolean matches(Profile p, SegmentFilter f) {
    long net = p.totals(f.currency()).netMinor();
    Long last = p.lastPurchaseAtMicros();
    return f.preferences().entrySet().stream()
            .allMatch(e -> e.getValue().equals(p.preferences().get(e.getKey())))
        && (f.netMinorFrom() == null || net >= f.netMinorFrom())
        && (f.netMinorBelow() == null || net < f.netMinorBelow())
        && (f.lastPurchaseFromMicros() == null
            || last != null && last >= f.lastPurchaseFromMicros())
        && (f.lastPurchaseBelowMicros() == null
            || last != null && last < f.lastPurchaseBelowMicros());
  }
}
