package dev.purser.ingest;

import dev.purser.ledger.Preferences;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// One record and what became of it so far. Immutable.
///
/// @param block where its bytes are
/// @param record which of the block's records it is
/// @param group what its ordinal is counted in (the invoice), or null if that could not be read
/// @param givenId its derived id if that is known already, as for the line of a letter
/// @param ignoredFields how many unknown fields were passed over
/// @param letter the dead letter that it replays, or null
record Line(
    Block block,
    int record,
    Verdict verdict,
    @Nullable String group,
    @Nullable String givenId,
    int ignoredFields,
    dev.purser.database.@Nullable Letter letter) {
  /// Parts the space and the id of a vector's record.
  private static final char SEPARATOR = '\u001f';

  static Line of(Block block, int record, Verdict verdict) {
    return new Line(block, record, verdict, null, null, 0, null);
  }

  /// The physical line in the upload.
  long number() {
    return letter == null ? block.line(record) : letter.line();
  }

  int bytes() {
    return block.end(record) - block.start(record);
  }

  Line as(Verdict other) {
    return new Line(block, record, other, group, givenId, ignoredFields, letter);
  }

  /// This line with the derived id `id`, which its event takes as its own id.
  Line identified(String id) {
    Verdict named =
        verdict instanceof Verdict.Event(String customer, var change)
            ? new Verdict.Event(
                customer,
                switch (change) {
                  case Purchase p -> named(p, id);
                  case Refund r -> named(r, id);
                  case Preferences p -> p;
                  default -> change;
                })
            : verdict;
    return new Line(block, record, named, group, id, ignoredFields, letter);
  }

  /// What identifies the line's event over repeated uploads: the given id, else what the event
  /// says, else a hash of the raw bytes.
  String derivedId() {
    if (givenId != null) {
      return givenId;
    }
    return switch (verdict) {
      case Verdict.Event(String customer, Purchase p) -> "purchase/" + customer + "/" + p.id();
      case Verdict.Event(String customer, Refund r) -> "refund/" + customer + "/" + r.id();
      case Verdict.RecordChange(String type, var change) ->
          type + "/" + change.id().replace(SEPARATOR, '/');
      case Verdict.Event _, Verdict.Rejected _, Verdict.Skipped _ -> hash();
    };
  }

  private String hash() {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(block.bytes(), block.start(record), bytes());
      return "sha256-" + HexFormat.of().formatHex(sha.digest(), 0, 16);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }

  private static Purchase named(Purchase p, String id) {
    return new Purchase(
        id,
        p.sku(),
        p.description(),
        p.quantity(),
        p.amountMinor(),
        p.currency(),
        p.atMicros(),
        p.given(),
        p.preferences());
  }

  private static Refund named(Refund r, String id) {
    return new Refund(
        id,
        r.purchaseId(),
        r.sku(),
        r.description(),
        r.quantity(),
        r.amountMinor(),
        r.currency(),
        r.reason(),
        r.atMicros(),
        r.given(),
        r.preferences());
  }
}
