package dev.purser.database;

import dev.purser.ledger.Change;
import dev.purser.ledger.Preferences;
import dev.purser.ledger.Profile;
import dev.purser.testing.Postgres;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/// The slots beside HikariCP on the same PostgreSQL, durable as in production: 64 callers who load
/// one customer each, 64 who save one purchase each, and one lone caller. Rounds alternate, after
/// warming up; both sides work in the same database, whose customers have preferences and
/// purchases, each side on customers of its own. Prints paces and ratios and asserts nothing.
///
/// Run: `ops/bench/postgres`, or `java -cp <test class path> dev.purser.database.PostgresBench
/// [rounds] [seconds] [what]`
public final class PostgresBench {
  private static final int CALLERS = 64;
  private static final int CUSTOMERS = 64 * CALLERS;
  private static final int PURCHASES = 20;

  private final PostgresProduct product;
  private final SlotCallers slots;
  private final PoolCallers pool;
  private final int rounds;
  private final double seconds;

  private PostgresBench(
      PostgresProduct product, SlotCallers slots, PoolCallers pool, int rounds, double seconds) {
    this.product = product;
    this.slots = slots;
    this.pool = pool;
    this.rounds = rounds;
    this.seconds = seconds;
  }

  public static void main(String[] args) throws Exception {
    int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 5;
    double seconds = args.length > 1 ? Double.parseDouble(args[1]) : 3;
    String what = args.length > 2 ? args[2] : "loads,saves,lone";
    String database = Postgres.shared().freshDatabase();
    PostgresProduct product =
        new PostgresProduct(
            PostgresUrl.parse(Postgres.shared().url(database)),
            new PostgresSettings("purser", Duration.ofSeconds(5)),
            Duration.ofSeconds(10));
    List<Profile> mine = fill(product, "s");
    List<Profile> others = fill(product, "p");
    Postgres.shared().run(database, "VACUUM ANALYZE", "CHECKPOINT");
    String url = "jdbc:postgresql://127.0.0.1:" + Postgres.shared().port() + "/" + database;
    try (SlotCallers slots = new SlotCallers(product, System.getProperty("bench.conf", ""));
        PoolCallers pool = new PoolCallers(url)) {
      PostgresBench bench = new PostgresBench(product, slots, pool, rounds, seconds);
      if (what.contains("loads")) {
        bench.loads(mine, others);
      }
      if (what.contains("saves")) {
        bench.saves(mine, others);
      }
      if (what.contains("lone")) {
        bench.lone(mine);
      }
    }
    System.exit(0);
  }

  /// Makes customers with preferences and purchases; answers them as they are stored.
  private static List<Profile> fill(PostgresProduct product, String prefix) throws Exception {
    List<Change> changes = new ArrayList<>();
    changes.add(new Preferences(false, true, Map.of("country", "France", "colour", "blue")));
    for (int i = 0; i < PURCHASES; i++) {
      changes.add(Spender.purchase("f" + i, 1_700_000_000_000L + i));
    }
    List<Profile> profiles = new ArrayList<>();
    try (Store store = product.writer().open()) {
      for (int from = 0; from < CUSTOMERS; from += CALLERS) {
        List<Store.Write> batch = new ArrayList<>();
        for (int i = from; i < from + CALLERS; i++) {
          Profile base = Profile.absent(prefix + "%05d".formatted(i));
          batch.add(
              new Store.Write.OfCustomer(
                  new CustomerSave(base.id(), i + 1L, base, 0, 1_700_000_000_000L, changes),
                  false));
        }
        for (Store.Result result : store.apply(batch)) {
          var saved = (SaveReply.Saved) ((Store.Result.OfCustomer) result).reply();
          profiles.add(saved.profile());
        }
        store.commit();
      }
    }
    return profiles;
  }

  private interface Round {
    Latencies.Pace run(double seconds) throws Exception;
  }

  private void loads(List<Profile> mine, List<Profile> others) throws Exception {
    List<Profile> all = new ArrayList<>(mine);
    all.addAll(others);
    List<Supplier<String>> callers = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      Random random = new Random(i);
      callers.add(() -> all.get(random.nextInt(all.size())).id());
    }
    compare("point loads", 2, s -> slots.loads(callers, s), s -> pool.loads(callers, s));
  }

  private void saves(List<Profile> mine, List<Profile> others) throws Exception {
    List<Spender> ours = spenders(mine);
    List<Spender> theirs = spenders(others);
    compare("durable saves", 3, s -> slots.saves(ours, s), s -> pool.saves(theirs, s));
  }

  private static List<Spender> spenders(List<Profile> profiles) {
    int each = profiles.size() / CALLERS;
    List<Spender> spenders = new ArrayList<>();
    for (int i = 0; i < CALLERS; i++) {
      spenders.add(new Spender(new ArrayList<>(profiles.subList(i * each, (i + 1) * each))));
    }
    return spenders;
  }

  private void compare(String what, int aim, Round slotsRound, Round poolRound) throws Exception {
    for (int i = 0; i < 2; i++) {
      var _ = slotsRound.run(seconds);
      var _ = poolRound.run(seconds);
    }
    List<Latencies.Pace> ours = new ArrayList<>();
    List<Latencies.Pace> theirs = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      ours.add(slotsRound.run(seconds));
      theirs.add(poolRound.run(seconds));
      System.out.printf(
          "%s of %d: slots %s; HikariCP %s%n", what, CALLERS, ours.getLast(), theirs.getLast());
    }
    System.out.printf(
        "connections: %d writers, %d readers%n", slots.open("writer"), slots.open("reader"));
    ratio(what + ", slots / HikariCP", ours, theirs, Latencies.Pace::perSecond, "wanted " + aim);
    ratio(what + ", p99 slots / HikariCP", ours, theirs, Latencies.Pace::p99, "wanted below 1");
    ratio(what + ", p99 alike, the same", ours, theirs, Latencies.Pace::p99Each, "wanted below 1");
  }

  private static void ratio(
      String what,
      List<Latencies.Pace> ours,
      List<Latencies.Pace> theirs,
      ToDoubleFunction<Latencies.Pace> figure,
      String wanted) {
    double[] ratios = new double[ours.size()];
    for (int i = 0; i < ratios.length; i++) {
      ratios[i] = figure.applyAsDouble(ours.get(i)) / figure.applyAsDouble(theirs.get(i));
    }
    Arrays.sort(ratios);
    System.out.printf(
        "RATIO %s: median %.2f (%.2f to %.2f), %s%n",
        what, ratios[ratios.length / 2], ratios[0], ratios[ratios.length - 1], wanted);
  }

  /// What the actors add to a load that is alone: the same statement on a bare connection beside an
  /// ask through the database actor, in blocks by turns.
  private void lone(List<Profile> mine) throws Exception {
    Random random = new Random(1);
    Supplier<String> next = () -> mine.get(random.nextInt(mine.size())).id();
    List<Latencies> asked = new ArrayList<>();
    List<Latencies> bare = new ArrayList<>();
    try (Store store = product.reader().open()) {
      for (int i = 0; i < 2 * rounds + 4; i++) {
        Latencies a = block(() -> slots.load(next.get()));
        Latencies b = block(() -> store.load(List.of(next.get())));
        if (i >= 4) {
          asked.add(a);
          bare.add(b);
        }
      }
    }
    Latencies.Pace ours = Latencies.pace(asked, 1);
    Latencies.Pace theirs = Latencies.pace(bare, 1);
    System.out.printf(
        "LONE load: p50 %.0f us asked, %.0f us bare, %.0f us added; p99 %.0f and %.0f us%n",
        ours.p50(), theirs.p50(), ours.p50() - theirs.p50(), ours.p99(), theirs.p99());
  }

  private interface Load {
    void run() throws Exception;
  }

  private static Latencies block(Load load) throws Exception {
    Latencies latencies = new Latencies();
    for (int i = 0; i < 1_000; i++) {
      long start = System.nanoTime();
      load.run();
      latencies.add(System.nanoTime() - start);
    }
    return latencies;
  }
}
