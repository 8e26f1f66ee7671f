package dev.purser.vectors;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.purser.database.CustomerSave;
import dev.purser.database.SaveReply;
import dev.purser.ledger.Change;
import dev.purser.ledger.Currencies;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/// What a customer's purchases and refunds say of their taste: feature hashing (Weinberger et al.,
/// "Feature Hashing for Large Scale Multitask Learning", 2009) of SKUs into 256 signed sums. Pure.
///
/// Each event adds sign x s(sku) x ln(1 + amount_minor / 10^digits) at h(sku), where the sign is 1
/// for a purchase and -1 for a refund, digits are those of the currency's minor unit by ISO 4217,
/// and both s and h come of the CRC-32C (Castagnoli) of the SKU's UTF-8: h is its low byte, s is -1
/// if the bit above that is set, else 1. A refund of a purchase has the purchase's SKU, a credit
/// note its own; without one it has no effect.
final class Taste {
  private static final int SIGN_BIT = 0x100;

  private Taste() {}

  /// Adds one event.
  ///
  /// @param sums [TasteSums#DIMENSION] of them
  /// @param sign 1 for a purchase, -1 for a refund
  static void add(double[] sums, int sign, String sku, String currency, long amountMinor) {
    int hash = hash(sku);
    sums[index(hash)] += weight(hash, sign, currency, amountMinor);
  }

  private static int hash(String sku) {
    CRC32C hash = new CRC32C();
    hash.update(sku.getBytes(UTF_8));
    return (int) hash.getValue();
  }

  private static int index(int hash) {
    return hash & (TasteSums.DIMENSION - 1);
  }

  private static double weight(int hash, int sign, String currency, long amountMinor) {
    double weight = sign * Math.log1p(amountMinor / unit(currency));
    return (hash & SIGN_BIT) == 0 ? weight : -weight;
  }

  /// Minor units in one of the currency. Those without a minor unit count as they are.
  private static double unit(String currency) {
    double unit = 1;
    for (int n = Currencies.digits(currency); n > 0; n--) {
      unit *= 10;
    }
    return unit;
  }

  /// What a save has changed, or null if that is nothing.
  ///
  /// @param saved what became of it, or null if nobody knows
  static @Nullable TasteNews news(CustomerSave save, SaveReply.@Nullable Saved saved) {
    if (saved == null) {
      return new TasteNews.Unread();
    }
    long before = save.base().version();
    long after = saved.profile().version();
    if (after == before) {
      return null;
    }
    if (after == 0) {
      return new TasteNews.Gone(save.nextVersion());
    }
    // A save that was run again may be told a state which others have gone on from.
    return after == save.nextVersion() ? added(save, saved, before, after) : new TasteNews.Unread();
  }

  private static TasteNews added(
      CustomerSave save, SaveReply.Saved saved, long before, long after) {
    if (save.changes().size() == 1 && save.changes().getFirst() instanceof Purchase p) {
      return new TasteNews.Added(before, after, one(p, saved.outcomes().getFirst()));
    }
    double[] sums = new double[TasteSums.DIMENSION];
    for (int i = 0; i < save.changes().size(); i++) {
      if (!(saved.outcomes().get(i) instanceof Outcome.Accepted)) {
        continue;
      }
      Change change = save.changes().get(i);
      if (change instanceof Purchase p) {
        add(sums, 1, p.sku(), p.currency(), p.amountMinor());
      } else if (change instanceof Refund r) {
        if (r.purchaseId() != null) {
          return new TasteNews.Unread(); // its purchase's SKU is in the database
        }
        if (r.sku() != null) {
          add(sums, -1, r.sku(), r.currency(), r.amountMinor());
        }
      }
    }
    return new TasteNews.Added(before, after, TasteSums.of(sums));
  }

  /// What most saves bring, without the room for all sums.
  private static TasteSums one(Purchase p, Outcome outcome) {
    int hash = hash(p.sku());
    return outcome instanceof Outcome.Accepted
        ? TasteSums.one(index(hash), weight(hash, 1, p.currency(), p.amountMinor()))
        : TasteSums.NONE;
  }
}
