package dev.purser.ingest;

import dev.purser.ledger.Change;
import dev.purser.ledger.Erase;
import dev.purser.ledger.Preferences;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import dev.purser.ledger.Settle;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One record and what became of it so far. Immutable.
///
/// @param block where its bytes are
/// @param record which of the block's records it is
/// @param group what its ordinal is counted in (the invoice), or null if that could not be read
/// @param givenId its derived id if that is known already, as for the line of a letter
/// @param ignoredFields how many unknown fields were passed over
/// @param clockChange whether a clock change leaves its local time out or repeats it
/// @param letter the dead letter that it replays, or null
record Line(
    Block block,
    int record,
    Verdict verdict,
    @Nullable String group,
    @Nullable String givenId,
    int ignoredFields,
    boolean clockChange,
    dev.purser.database.@Nullable Letter letter) {
  /// Parts the space and the id of a vector's record.
  private static final char SEPARATOR = '\u001f';

  // Bytes of the objects that every line has (it, its place in the run, its event), of a map's
  // entry and of a string without its characters.
  private static final int OVERHEAD = 200;
  private static final int ENTRY = 40;
  private static final int STRING = 40;

  Line(
      Block block,
      int record,
      Verdict verdict,
      @Nullable String group,
      @Nullable String givenId,
      int ignoredFields,
      dev.purser.database.@Nullable Letter letter) {
    this(block, record, verdict, group, givenId, ignoredFields, false, letter);
  }

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

  /// About how many bytes it holds while it is in flight, beside its block.
  long weight() {
    return OVERHEAD
        + switch (verdict) {
          case Verdict.Event(String customer, var change) -> text(customer) + weight(change);
          case Verdict.RecordChange(_, var change) -> change.weight();
          case Verdict.Rejected why -> text(why.message()) + text(why.customer());
          case Verdict.Skipped _ -> 0;
        }
        + text(group)
        + text(givenId)
        + (letter == null ? 0 : text(letter.raw()) + text(letter.header()));
  }

  private static long weight(Change change) {
    return switch (change) {
      case Purchase p ->
          text(p.id()) + text(p.sku()) + text(p.description()) + texts(p.preferences());
      case Refund r ->
          text(r.id())
              + text(r.sku())
              + text(r.description())
              + text(r.reason())
              + texts(r.preferences());
      case Preferences p -> texts(p.values());
      case Settle _, Erase _ -> 0;
    };
  }

  private static long texts(Map<String, ? extends @Nullable String> values) {
    long weight = 0;
    for (Map.Entry<String, ? extends @Nullable String> value : values.entrySet()) {
      weight += ENTRY + text(value.getKey()) + text(value.getValue());
    }
    return weight;
  }

  /// A string's object and array, as if no character fitted one byte.
  private static long text(@Nullable String text) {
    return text == null ? 0 : STRING + 2L * text.length();
  }

  Line as(Verdict other) {
    return new Line(block, record, other, group, givenId, ignoredFields, clockChange, letter);
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
    return new Line(block, record, named, group, id, ignoredFields, clockChange, letter);
  }

  /// What names the record that the line changes as a whole, or null if it adds an event.
  @Nullable String changes() {
    return switch (verdict) {
      case Verdict.Event(String customer, Preferences _) -> "preferences/" + customer;
      case Verdict.RecordChange(String type, var change) -> type + "/" + change.id();
      case Verdict.Event _, Verdict.Rejected _, Verdict.Skipped _ -> null;
    };
  }

  /// What identifies the line's event over repeated uploads: the given id, else what the event
  /// says, else a hash of the raw bytes.
  String derivedId() {
    if (givenId != null) {
      return givenId;
    }
    return switch (verdict) {
      case Verdict.Event(String customer, Purchase p) -> derived("purchase", customer, p.id());
      case Verdict.Event(String customer, Refund r) -> derived("refund", customer, r.id());
      case Verdict.RecordChange(String type, var change) -> derived(type, change.id());
      case Verdict.Event _, Verdict.Rejected _, Verdict.Skipped _ -> hash();
    };
  }

  /// The derived id of the record `id` of a type. A vector's is its space and its id.
  static String derived(String type, String id) {
    int space = id.indexOf(SEPARATOR);
    return space < 0
        ? escaped(type) + "/" + id
        : derived(type, id.substring(0, space), id.substring(space + 1));
  }

  /// The derived id of what has the id `id` within `owner`: a customer, or a space. All parts but
  /// the last are escaped, so that no two triples have the same.
  static String derived(String type, String owner, String id) {
    return escaped(type) + "/" + escaped(owner) + "/" + id;
  }

  private static String escaped(String part) {
    return part.indexOf('/') < 0 && part.indexOf('%') < 0
        ? part
        : part.replace("%", "%25").replace("/", "%2F");
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
