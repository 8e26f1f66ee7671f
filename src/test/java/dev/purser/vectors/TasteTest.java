package dev.purser.vectors;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import dev.purser.database.CustomerSave;
import dev.purser.database.SaveReply;
import dev.purser.ledger.Change;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Profile;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import dev.purser.ledger.Settle;
import dev.purser.vectors.TasteNews.Added;
import dev.purser.vectors.TasteNews.Gone;
import dev.purser.vectors.TasteNews.Whole;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The formula of taste, and how news of it are made and folded.
final class TasteTest {
  private static final long NOW = 1_000;

  private static double[] sums(int sign, String sku, String currency, long amount) {
    double[] sums = new double[TasteSums.DIMENSION];
    Taste.add(sums, sign, sku, currency, amount);
    return sums;
  }

  private static TasteSums one(int at, double value) {
    double[] sums = new double[TasteSums.DIMENSION];
    sums[at] = value;
    return TasteSums.of(sums);
  }

  private static Profile profile(long version) {
    return new Profile("c", version, new TreeMap<>(Map.of()), List.of(), null, null);
  }

  private static Purchase purchase(String sku, long amount) {
    return new Purchase(sku, sku, null, 1, amount, "GBP", 0, 0, Map.of());
  }

  private static Refund refund(String of, String sku, long amount) {
    return new Refund("r", of, sku, null, null, amount, "GBP", null, 0, 0, Map.of());
  }

  private static TasteNews news(long from, long to, Change change, Outcome outcome) {
    return Taste.news(
        new CustomerSave("c", 7, profile(from), 0, NOW, List.of(change)),
        new SaveReply.Saved(profile(to), List.of(outcome)));
  }

  /// The check value of CRC-32C, of "123456789", is E3069283: index 0x83, the bit above is clear.
  @Test
  void event_ofAKnownHash_addsWhereItSays() {
    double[] sums = sums(1, "123456789", "GBP", 100);
    assertThat(sums[0x83]).isEqualTo(Math.log(2), within(1e-15));
    assertThat(sums(-1, "123456789", "GBP", 100)[0x83]).isEqualTo(-Math.log(2), within(1e-15));
  }

  @ParameterizedTest
  @CsvSource({
    "GBP, 100",
    "JPY, 1",
    "KWD, 1000",
    "CLF, 10000",
    "XAU, 1",
    "UYW, 10000",
    "XXX, 1",
    "DEM, 100"
  })
  void event_ofACurrency_countsInItsMainUnit(String currency, long unit) {
    assertThat(sums(1, "123456789", currency, 3 * unit)[0x83])
        .isEqualTo(Math.log(4), within(1e-15));
  }

  @Test
  void save_ofAcceptedEvents_addsThem() {
    assertThat(news(0, NOW, purchase("123456789", 100), Outcome.ACCEPTED))
        .isInstanceOfSatisfying(
            Added.class,
            a -> {
              assertThat(a.from()).isZero();
              assertThat(a.to()).isEqualTo(NOW);
              assertThat(a.sums().dense()[0x83]).isEqualTo(Math.log(2), within(1e-15));
            });
    assertThat(news(5, NOW, refund(null, "123456789", 100), Outcome.ACCEPTED))
        .isInstanceOfSatisfying(
            Added.class,
            a -> assertThat(a.sums().dense()[0x83]).isEqualTo(-Math.log(2), within(1e-15)));
  }

  @Test
  void save_withoutEffect_movesTheVersionAlone() {
    for (Change change : List.of(refund(null, null, 5), new Settle(null))) {
      assertThat(news(5, NOW, change, Outcome.ACCEPTED))
          .isEqualTo(new Added(5, NOW, TasteSums.NONE));
    }
    assertThat(news(5, NOW, purchase("a", 1), Outcome.DUPLICATE))
        .isEqualTo(new Added(5, NOW, TasteSums.NONE));
    assertThat(news(5, 5, purchase("a", 1), Outcome.DUPLICATE)).isNull();
  }

  @Test
  void save_whoseEffectIsNotKnownHere_isReadFromTheDatabase() {
    assertThat(news(5, NOW, refund("p", null, 5), Outcome.ACCEPTED))
        .isEqualTo(new TasteNews.Unread());
    // It was run again, and others have gone on from it.
    assertThat(news(5, NOW + 9, purchase("a", 1), Outcome.ACCEPTED))
        .isEqualTo(new TasteNews.Unread());
    assertThat(Taste.news(new CustomerSave("c", 7, profile(5), 0, NOW, List.of()), null))
        .isEqualTo(new TasteNews.Unread());
  }

  @Test
  void erasure_takesEverythingUpToItsVersion() {
    assertThat(news(5, 0, new dev.purser.ledger.Erase(false), new Outcome.Erased()))
        .isEqualTo(new Gone(NOW));
  }

  @Test
  void news_thatFollowEachOther_areAdded() {
    TasteNews both = new Added(1, 2, one(3, 1)).then(new Added(2, 4, one(3, 2)));
    assertThat(both)
        .isInstanceOfSatisfying(
            Added.class,
            a -> {
              assertThat(a.from()).isEqualTo(1);
              assertThat(a.to()).isEqualTo(4);
              assertThat(a.sums().dense()[3]).isEqualTo(3);
            });
    assertThat(new Whole(2, one(3, 1)).then(new Added(2, 4, one(3, 2))))
        .isInstanceOfSatisfying(
            Whole.class,
            w -> {
              assertThat(w.version()).isEqualTo(4);
              assertThat(w.sums().dense()[3]).isEqualTo(3);
            });
  }

  /// Against the same in an array of all sums.
  @Test
  void sums_ofMany_areMergedByIndex() {
    SplittableRandom random = new SplittableRandom(5);
    for (int round = 0; round < 200; round++) {
      double[] dense = new double[TasteSums.DIMENSION];
      TasteSums sums = TasteSums.NONE;
      for (int i = random.nextInt(600); i >= 0; i--) {
        int at = random.nextInt(TasteSums.DIMENSION);
        double value = random.nextInt(-3, 4);
        dense[at] += value;
        sums =
            random.nextBoolean() ? sums.plus(TasteSums.one(at, value)) : one(at, value).plus(sums);
      }
      assertThat(sums.dense()).isEqualTo(dense);
      assertThat(sums.equalTo(TasteSums.of(dense))).isTrue();
      assertThat(sums.plus(sums).dense()).isEqualTo(Arrays.stream(dense).map(x -> 2 * x).toArray());
    }
  }

  @Test
  void news_withAGap_areRead() {
    Added later = new Added(5, 6, TasteSums.NONE);
    assertThat(new Added(1, 2, TasteSums.NONE).then(later)).isEqualTo(new TasteNews.Unread());
    assertThat(new Whole(4, TasteSums.NONE).then(later)).isEqualTo(new TasteNews.Unread());
    assertThat(new Gone(4).then(later)).isEqualTo(new TasteNews.Unread());
    assertThat(new TasteNews.Unread().then(later)).isEqualTo(new TasteNews.Unread());
  }

  @Test
  void news_thatAreCoveredOrTheLastWord_stand() {
    Whole whole = new Whole(6, one(1, 1));
    assertThat(whole.then(new Added(5, 6, one(1, 1)))).isEqualTo(whole);
    assertThat(whole.then(new Gone(9))).isEqualTo(new Gone(9));
    assertThat(new TasteNews.Unread().then(new Gone(9))).isEqualTo(new Gone(9));
  }

  /// News of another node may come late.
  @Test
  void news_ofAnErasureBeforeWhatIsKnown_areRead() {
    assertThat(new Added(0, 12, one(1, 1)).then(new Gone(9))).isEqualTo(new TasteNews.Unread());
    assertThat(new Whole(12, one(1, 1)).then(new Gone(9))).isEqualTo(new TasteNews.Unread());
  }

  @Test
  void direction_ofWhatRoundingLeft_isZero() {
    assertThat(one(3, 1e-12).direction()).containsOnly(0f);
    assertThat(one(3, -7).direction()[3]).isEqualTo(-1f);
    TasteSums sums = one(255, 1.5);
    assertThat(TasteDraft.decoded(new TasteDraft(9, sums, 0).encoded()).sums().equalTo(sums))
        .isTrue();
  }
}
