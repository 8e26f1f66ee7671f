package dev.purser.database;

import dev.purser.ledger.Change;
import dev.purser.ledger.Profile;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The store alone, fed as a group commit feeds it, beside the [BareLoader]: prints rows a second
/// of both and their ratio, alternating so that both see the same machine.
///
/// Run: `java -cp ... dev.purser.database.StoreLoader FOLDER [rounds] [lines a batch]`
public final class StoreLoader {
  private final Store store;
  private final Store syncer;
  private final Map<String, Profile> profiles = new HashMap<>();
  private long changeId = 1;

  private StoreLoader(Store store, Store syncer) {
    this.store = store;
    this.syncer = syncer;
  }

  public static void main(String[] args) throws IOException, SQLException {
    Path folder = Path.of(args[0]);
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
    int lines = args.length > 2 ? Integer.parseInt(args[2]) : 1_000;
    for (int i = 0; i < rounds; i++) {
      BareLoader.Pace bare = BareLoader.load(folder, 64);
      BareLoader.Pace ours = load(folder, lines);
      System.out.printf(
          "bare %s; store %s: %.2f, by processor time %.2f%n",
          bare,
          ours,
          ours.rowsPerSecond() / bare.rowsPerSecond(),
          (double) bare.cpuNanos() / ours.cpuNanos());
    }
  }

  static BareLoader.Pace load(Path folder, int lines) throws IOException, SQLException {
    Path file = RetailLines.scratch();
    SqliteSettings settings =
        new SqliteSettings(
            Long.getLong("cache", 32L << 20),
            Long.getLong("checkpoint", 64L << 20),
            Duration.ofSeconds(1));
    try (SqliteStore store = SqliteStore.open(file, settings, SqliteStore.Role.WRITER);
        SqliteStore syncer = SqliteStore.open(file, settings, SqliteStore.Role.SYNCER)) {
      return load(store, syncer, folder, lines);
    }
  }

  /// @param syncer makes each commit durable before the next transaction begins
  static BareLoader.Pace load(Store store, Store syncer, Path folder, int lines) {
    StoreLoader loader = new StoreLoader(store, syncer);
    return BareLoader.Pace.of(
        () -> {
          long[] rows = {0};
          new RetailLines().read(folder, lines, chunk -> rows[0] += loader.write(chunk));
          return rows[0];
        });
  }

  private int write(List<RetailLines.Row> chunk) {
    Map<String, List<Change>> events = new LinkedHashMap<>();
    List<Letter> letters = new ArrayList<>();
    for (RetailLines.Row row : chunk) {
      switch (row) {
        case RetailLines.Row.Event(String customer, Change change) ->
            events.computeIfAbsent(customer, _ -> new ArrayList<>()).add(change);
        case RetailLines.Row.Dead(Letter letter) -> letters.add(letter);
      }
    }
    List<Store.Write> writes = new ArrayList<>();
    events.forEach((customer, changes) -> writes.add(write(customer, changes)));
    writes.add(new Store.Write.OfChore(new Chore.KeepLetters(letters)));
    try {
      List<Store.Result> results = store.apply(writes);
      store.commit();
      syncer.syncLog();
      results.forEach(this::remember);
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return chunk.size();
  }

  private Store.Write write(String customer, List<Change> changes) {
    Profile base = profiles.computeIfAbsent(customer, Profile::absent);
    return new Store.Write.OfCustomer(
        new CustomerSave(customer, changeId++, base, 0, System.currentTimeMillis(), changes),
        false);
  }

  private void remember(Store.Result result) {
    if (result instanceof Store.Result.OfCustomer(SaveReply.Saved(Profile profile, _))) {
      profiles.put(profile.id(), profile);
    }
  }
}
