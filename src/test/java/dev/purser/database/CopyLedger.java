package dev.purser.database;

import static dev.purser.database.TestStore.creditNote;
import static dev.purser.database.TestStore.merge;
import static dev.purser.database.TestStore.purchase;
import static dev.purser.database.TestStore.refund;

import dev.purser.ledger.Change;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import dev.purser.ledger.Settle;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// A ledger with every kind of row that there is, and everything that can be read from one.
final class CopyLedger {
  static final List<String> CUSTOMERS =
      List.of("ada", "bob", "Ünïcødé 🧾", "many", "empty-handed", "gone", "suppressed", "nobody");
  private static final String ODD = "a\tb\\N\n\"' é 🧾 \ud7ff";

  private CopyLedger() {}

  static void fill(TestProduct product, Path folder) throws SQLException {
    try (TestStore store = new TestStore(product, folder)) {
      customers(store);
      many(store);
      letters(store);
      store.run(run("r1", "done", "key", 5L));
      store.run(run("r2", "running", null, null));
      records(store);
    }
  }

  private static void records(TestStore store) throws SQLException {
    byte[] bytes = {0, -1, 39, 92, 0};
    for (String collection : List.of("documents", "vectors")) {
      List<RecordSave.Change> made = new ArrayList<>();
      for (int i = 0; i < 300; i++) {
        made.add(new RecordSave.Change(i % 256, ODD + i, 0, 10 + i, bytes));
      }
      commit(store, new RecordSave(new Share(collection, 0, 255), 1, made));
      RecordSave.Change deleted = new RecordSave.Change(3, ODD + 3, 13, 1_000, null);
      commit(store, new RecordSave(new Share(collection, 0, 255), 2, List.of(deleted)));
    }
  }

  private static void commit(TestStore store, RecordSave save) throws SQLException {
    var _ = store.store.apply(List.of(new Store.Write.OfRecords(save, false)));
    store.store.commit();
  }

  /// A record in a form that is compared by its content.
  private static List<Object> readable(StoredRecord record) {
    return List.of(
        record.slice(), record.id(), record.version(), Arrays.toString(record.content()));
  }

  private static void customers(TestStore store) throws SQLException {
    store.saved(
        "ada",
        purchase("p1", 9_007_199_254_740_991L),
        new Purchase("p2", ODD, ODD, 3, 7, "EUR", -5, 0, Map.of()),
        refund("r1", "p1", 40, "GBP"),
        creditNote("r2", 3),
        merge(Map.of("country", ODD, "tier", "")));
    store.saved("ada", new Settle("s1"));
    store.saved(
        "ada",
        new Refund("r3", null, ODD, ODD, 2L, 11, "EUR", ODD, 3_000, 0, Map.of()),
        purchase("p3", 9_007_199_254_740_991L));
    store.saved("bob", purchase("p1", 5), new Settle("s1"));
    store.saved("Ünïcødé 🧾", purchase("ü", 1), merge(Map.of("n", "x".repeat(4_000))));
    store.saved("empty-handed", merge(Map.of("a", "b")));
    store.saved("empty-handed", new Settle("s1"));
    store.saved("gone", purchase("p1", 5));
    store.saved("gone", new Erase(false));
    store.saved("suppressed", purchase("p1", 5));
    store.saved("suppressed", new Erase(true));
    store.saved("forgotten", purchase("p1", 5));
    store.saved("forgotten", new Erase(false));
    Query.Erasure forgotten =
        store.store.answer(new Query.PendingErasures(10)).stream()
            .filter(e -> e.customer().equals("forgotten"))
            .findFirst()
            .orElseThrow();
    store.run(new Chore.ForgetErasures(List.of(forgotten)));
  }

  /// So many that they are kept in the order of time.
  private static void many(TestStore store) throws SQLException {
    for (int i = 0; i < 3; i++) {
      int from = i * 400;
      store.saved(
          "many",
          IntStream.range(from, from + 400)
              .mapToObj(n -> purchase("p" + n, n + 1))
              .toArray(Change[]::new));
    }
  }

  private static void letters(TestStore store) throws SQLException {
    List<Letter> letters = new ArrayList<>();
    for (int i = 0; i < 40; i++) {
      letters.add(
          new Letter(
              0,
              "r1",
              i,
              "invalid",
              "ERR",
              ODD,
              i == 0 ? "" : "\0" + "x\0".repeat(i * 700) + ODD,
              i % 2 == 0 ? null : "online-retail",
              i % 3 == 0 ? null : "h\0" + ODD,
              "d" + i,
              i % 5 == 0 ? "ada" : null,
              1_000 + i));
    }
    store.run(new Chore.KeepLetters(letters));
    long last = store.store.answer(new Query.Letters(null, null, 100, 0)).getLast().id();
    store.run(new Chore.DropLetter(last));
  }

  private static Chore run(String id, String state, @Nullable String key, @Nullable Long finished) {
    return new Chore.KeepRun(
        new RunRow(id, "ingest", state, key, 1, finished, "{\"lines\":1,\"é\":\"\\u0000\"}"));
  }

  /// Whatever a service can read, in a form that is equal if all of it is.
  static List<Object> read(TestProduct product, Path folder) throws SQLException {
    List<Object> all = new ArrayList<>();
    try (TestStore store = new TestStore(product, folder)) {
      for (String customer : CUSTOMERS) {
        all.add(store.load(customer));
        all.add(store.store.answer(new Query.Purchases(customer, 5_000, null)));
        all.add(store.store.answer(new Query.Refunds(customer, 5_000, null)));
      }
      for (int id = 0; id < 50; id++) {
        all.add(store.store.answer(new Query.OneLetter(id)));
      }
      all.add(store.store.answer(new Query.Runs(100, null)));
      all.add(store.store.answer(new Query.RunByKey("ingest", "key")));
      all.add(store.store.answer(new Query.PendingErasures(100)));
      all.add(store.store.answer(new Query.PendingCustomers(100, null)));
      all.add(store.store.answer(new Query.SettlementSums("s1")));
      for (String collection : List.of("documents", "vectors")) {
        var page =
            store.store.answer(
                new Query.Records(new Share(collection, 0, 255), 1_000, 1 << 20, null));
        all.add(page.floor());
        page.records().forEach(r -> all.add(readable(r)));
      }
      all.add(
          store.store.answer(
              new Query.Segment(
                  new Query.SegmentFilter(Map.of("country", ODD), "GBP", null, null, null, null),
                  true,
                  10,
                  null)));
    }
    return all;
  }
}
