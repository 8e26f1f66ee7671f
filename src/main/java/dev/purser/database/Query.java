package dev.purser.database;

import dev.purser.ledger.ExactSum;
import dev.purser.ledger.Purchase;
import dev.purser.ledger.Refund;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A question that is answered from one page of rows and never keeps a read transaction open
/// between pages.
///
/// Pages hold at most `limit` rows and begin after the key `after`, or at the start if it is null.
/// Ids are ordered by their UTF-8 bytes.
///
/// @param <T> what it is answered with
public sealed interface Query<T> {
  /// How many characters of text a page of [PageRow] has at most, but for its last row.
  long PAGE_CHARACTERS = 1 << 20;

  /// A row with texts of up to some KiB. A page of such rows ends early with the row that makes it
  /// [#full]: a thousand of them may be more than several callers' pages may take of the heap.
  interface PageRow {
    /// How long its texts are, but for the short ones.
    long characters();
  }

  /// Whether no more rows go into a page that has these: there may be more after it.
  static boolean full(List<? extends PageRow> page) {
    return page.stream().mapToLong(PageRow::characters).sum() >= PAGE_CHARACTERS;
  }

  /// Whether an owner asks, to hold the answer in memory: not answered while a former owner may be
  /// writing still.
  default boolean owned() {
    return this instanceof Records || this instanceof SomeRecords;
  }

  /// A customer's purchases, newest first, then by id; empty if the customer is unknown. A page may
  /// be [#full] before it has `limit` rows.
  record Purchases(String customer, int limit, @Nullable Place after)
      implements Query<Optional<List<StoredPurchase>>> {}

  record OnePurchase(String customer, String id) implements Query<Optional<StoredPurchase>> {}

  /// A customer's refunds, newest first, then by id; empty if the customer is unknown. A page may
  /// be [#full] before it has `limit` rows.
  record Refunds(String customer, int limit, @Nullable Place after)
      implements Query<Optional<List<StoredRefund>>> {}

  record OneRefund(String customer, String id) implements Query<Optional<StoredRefund>> {}

  /// Customers that match all of a segment's conditions, by id.
  record Segment(SegmentFilter filter, boolean counted, int limit, @Nullable String afterId)
      implements Query<SegmentPage> {}

  /// Ids of customers with pending refunds, by id.
  record PendingCustomers(int limit, @Nullable String afterId) implements Query<List<String>> {}

  /// What all customers' settlements under `settlement` applied, a row a currency, and how many
  /// customers.
  record SettlementSums(String settlement) implements Query<SettlementTotal> {}

  /// Dead letters by id, that is by age. A page may be [#full] before it has `limit` rows: each may
  /// hold 64 KiB.
  record Letters(@Nullable String run, @Nullable String reason, int limit, long afterId)
      implements Query<List<Letter>> {}

  record OneLetter(long id) implements Query<Optional<Letter>> {}

  /// The newest letter, in the order of their times, beyond `keep` of them; empty if there are no
  /// more.
  record LettersBeyond(long keep) implements Query<Optional<LetterPlace>> {}

  /// The newest run beyond `keep` of them.
  record RunsBeyond(long keep) implements Query<Optional<String>> {}

  /// When the newest row of settlements beyond `keep` of them was made.
  record SettlementsBeyond(long keep) implements Query<Optional<Long>> {}

  /// Where a letter stands in the order of their times.
  record LetterPlace(long atMillis, long id) implements Comparable<LetterPlace> {
    @Override
    public int compareTo(LetterPlace other) {
      int order = Long.compare(atMillis, other.atMillis);
      return order == 0 ? Long.compare(id, other.id) : order;
    }
  }

  /// Runs, newest first (run ids sort by time). A page may be [#full] before it has `limit` rows.
  record Runs(int limit, @Nullable String afterId) implements Query<List<RunRow>> {}

  record OneRun(String id) implements Query<Optional<RunRow>> {}

  /// The run of a kind that carries an idempotency key.
  record RunByKey(String kind, String key) implements Query<Optional<RunRow>> {}

  /// Erasures that the cache has not confirmed yet.
  record PendingErasures(int limit) implements Query<List<Erasure>> {}

  /// The next records of a share by slice and id, answered after every earlier save of that share.
  /// A page has `limit` records at most, and ends earlier with the one that makes its contents
  /// `bytes` long; only an empty page says that there are no more.
  record Records(Share share, int limit, long bytes, @Nullable RecordPlace after)
      implements Query<RecordPage> {}

  /// These records of a share, as far as they are stored, in no order; answered after every earlier
  /// save of that share.
  record SomeRecords(Share share, List<RecordPlace> places) implements Query<RecordPage> {
    public SomeRecords {
      places = List.copyOf(places);
    }
  }

  /// What a page of a customer's purchases or refunds says of its taste, by id.
  ///
  /// @param refunds whether refunds are asked for, or purchases
  record TasteEvents(String customer, boolean refunds, int limit, @Nullable String afterId)
      implements Query<TastePage> {}

  /// All customers and their versions, by id.
  record CustomerVersions(int limit, @Nullable String afterId)
      implements Query<List<CustomerVersion>> {}

  /// One page of events.
  ///
  /// @param version the customer's when they were read; 0 if it is absent
  /// @param floor if it is absent, the version up to which it may have been erased
  record TastePage(long version, long floor, List<TasteEvent> events) {
    public TastePage {
      events = List.copyOf(events);
    }
  }

  /// A purchase, or a refund.
  ///
  /// @param sku that of the purchase which is refunded if there is one; null if none was named
  record TasteEvent(String id, @Nullable String sku, String currency, long amountMinor) {}

  record CustomerVersion(String id, long version) {}

  /// Where a record stands in its collection.
  record RecordPlace(int slice, String id) {}

  /// The records of one page.
  ///
  /// @param floor the highest version of what was deleted from the collection, or 0
  record RecordPage(long floor, List<StoredRecord> records) {
    public RecordPage {
      records = List.copyOf(records);
    }
  }

  /// A place in a list ordered by time and id.
  record Place(long atMicros, String id) {}

  /// A purchase as stored.
  ///
  /// @param refundedMinor pending and settled refunds of it, in minor units
  record StoredPurchase(Purchase purchase, long refundedMinor) implements PageRow {
    @Override
    public long characters() {
      return purchase.id().length() + purchase.sku().length() + length(purchase.description());
    }
  }

  record StoredRefund(Refund refund, boolean settled) implements PageRow {
    @Override
    public long characters() {
      return refund.id().length()
          + length(refund.purchaseId())
          + length(refund.sku())
          + length(refund.description())
          + length(refund.reason());
    }
  }

  private static long length(@Nullable String text) {
    return text == null ? 0 : text.length();
  }

  /// All conditions must hold; a null bound is none. Net bounds are inclusive below and exclusive
  /// above.
  ///
  /// @param currency the currency of the net bounds
  record SegmentFilter(
      Map<String, String> preferences,
      String currency,
      @Nullable Long netMinorFrom,
      @Nullable Long netMinorBelow,
      @Nullable Long lastPurchaseFromMicros,
      @Nullable Long lastPurchaseBelowMicros) {}

  /// One page of a segment.
  ///
  /// @param count how many customers match in all, or -1 if that was not asked
  record SegmentPage(long count, List<String> ids) {}

  record SettlementTotal(long customers, List<ExactSum> sums) {}

  /// An erasure that the cache has not confirmed, or whose rows are still being deleted.
  ///
  /// @param version of the customer that was erased
  /// @param purging whether rows of the customer are left
  record Erasure(String customer, long version, boolean purging) {}
}
