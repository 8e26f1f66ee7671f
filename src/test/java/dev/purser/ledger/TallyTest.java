package dev.purser.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TallyTest {
  private final Tally tally = new Tally(Profile.absent("ada"));

  private static Purchase purchase(long amountMinor, long atMicros) {
    return new Purchase("p", "s", null, 1, amountMinor, "GBP", atMicros, 0, Map.of("a", "b"));
  }

  private static Refund creditNote(long amountMinor) {
    return new Refund("r", null, null, null, null, amountMinor, "GBP", null, 0, 0, Map.of());
  }

  @Test
  void profile_ofNothingAccepted_isTheBase() {
    assertThat(tally.profile(9)).isEqualTo(Profile.absent("ada"));
    assertThat(tally.exists()).isFalse();
  }

  @Test
  void purchases_moveTotalsTimesAndPreferences() {
    tally.accept(purchase(5, 30));
    tally.accept(purchase(6, 10));
    tally.accept(purchase(7, 20));
    Profile profile = tally.profile(9);
    assertThat(profile.version()).isEqualTo(9);
    assertThat(profile.totals()).containsExactly(new Totals("GBP", 3, 18, 0, 0, 0, 0));
    assertThat(profile.firstPurchaseAtMicros()).isEqualTo(10);
    assertThat(profile.lastPurchaseAtMicros()).isEqualTo(30);
    assertThat(profile.preferences()).isEqualTo(Map.of("a", "b"));
  }

  @Test
  void settlement_movesPendingToSettled_once() {
    tally.accept(creditNote(4));
    assertThat(tally.pending()).containsExactly(new Outcome.Sum("GBP", 1, 4));
    tally.settle();
    assertThat(tally.pending()).isEmpty();
    tally.settle();
    assertThat(tally.profile(9).totals()).containsExactly(new Totals("GBP", 0, 0, 1, 0, 0, 4));
  }

  @Test
  void settlement_withNothingPending_isNoChange() {
    tally.settle();
    assertThat(tally.changed()).isFalse();
  }

  @Test
  void refusal_beginsOneAboveTheLargestTotal() {
    tally.accept(purchase(Money.MAX_MINOR - 1, 0));
    assertThat(tally.refusal(purchase(1, 0))).isNull();
    assertThat(tally.refusal(purchase(2, 0))).isNotNull();
    tally.accept(creditNote(Money.MAX_MINOR));
    assertThat(tally.refusal(creditNote(1))).isNotNull();
  }

  @Test
  void room_isDeniedWhereverASumOrACountMightPass() {
    List<Change> two = List.of(purchase(Money.MAX_MINOR, 0), creditNote(1));
    assertThat(tally.roomFor(two)).isFalse();
    assertThat(tally.roomFor(List.of(purchase(Money.MAX_MINOR, 0)))).isTrue();
    Map<String, String> names = new HashMap<>();
    for (int i = 0; i < 64; i++) {
      names.put("n" + i, "v");
    }
    assertThat(tally.roomFor(List.of(new Preferences(false, true, names)))).isTrue();
    assertThat(tally.roomFor(List.of(new Preferences(false, true, names), purchase(1, 0))))
        .isFalse();
  }
}
