package dev.purser.database;

import dev.purser.ledger.Profile;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Tally;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/// The customers that one caller saves, each by turns, so that no two callers ever meet in a row.
/// Confined to that caller.
final class Spender {
  private final List<Profile> profiles;
  private int turn;
  private long n;

  /// @param profiles as they are stored; those of the caller alone, and changed by it
  Spender(List<Profile> profiles) {
    this.profiles = profiles;
  }

  /// One more purchase of the customer whose turn it is.
  CustomerSave next() {
    turn = (turn + 1) % profiles.size();
    Profile base = profiles.get(turn);
    long now = System.currentTimeMillis();
    long random = ThreadLocalRandom.current().nextLong();
    return new CustomerSave(
        base.id(), random, base, 0, now, List.of(purchase("b" + random + n++, now)));
  }

  static Purchase purchase(String id, long nowMillis) {
    return new Purchase(
        id, "85123A", "WHITE HANGING HEART", 6, 1_530, "GBP", nowMillis * 1_000, 0, Map.of());
  }

  /// What the customer will be when `save` is stored.
  static Profile after(CustomerSave save) {
    Tally tally = new Tally(save.base());
    tally.accept((Purchase) save.changes().getFirst());
    return tally.profile(save.nextVersion());
  }

  /// The last save is stored.
  void saved(Profile profile) {
    profiles.set(turn, profile);
  }
}
