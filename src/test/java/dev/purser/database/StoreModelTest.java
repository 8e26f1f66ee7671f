package dev.purser.database;

import static org.assertj.core.api.Assertions.assertThat;

import dev.purser.database.ModelLedger.Known;
import dev.purser.ledger.Change;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Given;
import dev.purser.ledger.Money;
import dev.purser.ledger.Preferences;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import dev.purser.ledger.Settle;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Random batches against a plain model that keeps everything in maps and decides one event after
/// the other.
@ParameterizedClass
@EnumSource(TestProduct.class)
class StoreModelTest {
  private static final int BATCHES = 150;

  @Parameter TestProduct product;
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void batches_ofRandomSaves_doWhatThePlainModelDoes(long seed) throws SQLException {
    Random random = new Random(seed);
    ModelLedger model = new ModelLedger();
    try (TestStore store = new TestStore(product, folder)) {
      for (int i = 0; i < BATCHES; i++) {
        List<CustomerSave> saves = saves(store, random);
        List<SaveReply> replies = store.commit(saves);
        for (int s = 0; s < saves.size(); s++) {
          CustomerSave save = saves.get(s);
          SaveReply.Saved saved = saved(replies.get(s));
          if (replies.get(s) instanceof SaveReply.Purging) {
            // The owner of an erased customer does so before it takes the next change.
            var _ = store.run(new Chore.Purge(save.customer()));
          }
          assertThat(saved.outcomes().stream().map(TestStore::word).toList())
              .as("batch %s, save %s", i, save)
              .isEqualTo(model.apply(save));
          assertThat(saved.profile()).isEqualTo(store.profile(save.customer()));
          compare(store, save.customer(), model);
        }
        if (random.nextInt(10) == 0) {
          // What happened is known already: each save is told the same again and changes nothing.
          assertThat(words(store.commit(saves.reversed()).reversed())).isEqualTo(words(replies));
        }
      }
    }
  }

  private static List<List<String>> words(List<SaveReply> replies) {
    return replies.stream()
        .map(r -> saved(r).outcomes().stream().map(TestStore::word).toList())
        .toList();
  }

  private static SaveReply.Saved saved(SaveReply reply) {
    return reply instanceof SaveReply.Purging(SaveReply.Saved erased)
        ? erased
        : (SaveReply.Saved) reply;
  }

  private static void compare(TestStore store, String customer, ModelLedger model)
      throws SQLException {
    var profile = store.profile(customer);
    Known known = model.customers.get(customer);
    assertThat(profile.stored()).isEqualTo(known != null);
    if (known == null) {
      return;
    }
    assertThat(profile.preferences()).isEqualTo(known.preferences);
    assertThat(profile.totals()).isEqualTo(known.totals());
    var purchases =
        store.store.answer(new Query.Purchases(customer, 1000, null)).orElseThrow().stream()
            .map(p -> p.purchase().id() + " " + p.refundedMinor())
            .toList();
    assertThat(purchases)
        .isEqualTo(
            known.purchases.values().stream()
                .sorted(
                    Comparator.comparing(Purchase::atMicros).reversed().thenComparing(Purchase::id))
                .map(p -> p.id() + " " + known.refunded(p.id()))
                .toList());
    var refunds =
        store.store.answer(new Query.Refunds(customer, 1000, null)).orElseThrow().stream()
            .map(r -> r.refund().id() + " " + r.settled())
            .toList();
    assertThat(refunds)
        .isEqualTo(
            known.refunds.values().stream()
                .sorted(Comparator.comparing(Refund::atMicros).reversed().thenComparing(Refund::id))
                .map(r -> r.id() + " " + known.settled.contains(r.id()))
                .toList());
  }

  private static List<CustomerSave> saves(TestStore store, Random random) throws SQLException {
    Map<String, CustomerSave> saves = new HashMap<>();
    for (int i = random.nextInt(6); i >= 0; i--) {
      String customer = "c" + random.nextInt(8);
      List<Change> changes = new ArrayList<>();
      if (random.nextInt(30) == 0) {
        changes.add(new Erase(false));
      } else {
        for (int n = random.nextInt(12); n >= 0; n--) {
          changes.add(event(random));
        }
        if (random.nextInt(8) == 0) {
          changes.add(new Settle(random.nextBoolean() ? null : "s" + random.nextInt(5)));
        }
      }
      saves.put(customer, store.draft(customer, changes.toArray(Change[]::new)));
    }
    return List.copyOf(saves.values());
  }

  private static Change event(Random random) {
    String currency = random.nextInt(5) == 0 ? "EUR" : "GBP";
    long amount =
        random.nextInt(40) == 0 ? Money.MAX_MINOR - random.nextInt(3) : 1 + random.nextInt(500);
    Map<String, String> country =
        random.nextBoolean() ? Map.of() : Map.of("country", "c" + random.nextInt(3));
    return switch (random.nextInt(10)) {
      case 0 -> preferences(random);
      case 1, 2 ->
          new Refund(
              "r" + random.nextInt(150),
              random.nextBoolean() ? null : "p" + random.nextInt(150),
              null,
              null,
              null,
              amount,
              currency,
              null,
              random.nextInt(20),
              0,
              country);
      default ->
          new Purchase(
              "p" + random.nextInt(150),
              "sku" + random.nextInt(2),
              null,
              1,
              amount < 500 ? 1 + amount % 3 : amount,
              currency,
              random.nextInt(20),
              random.nextBoolean() ? 0 : Given.CURRENCY,
              country);
    };
  }

  private static Preferences preferences(Random random) {
    Map<String, String> values = new HashMap<>();
    for (int n = random.nextInt(30); n > 0; n--) {
      values.put("n" + random.nextInt(80), random.nextInt(4) == 0 ? null : "v" + random.nextInt(3));
    }
    boolean replace = random.nextInt(4) == 0;
    if (replace) {
      values.values().removeIf(v -> v == null);
    }
    return new Preferences(replace, random.nextBoolean(), values);
  }
}
