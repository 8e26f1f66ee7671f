package dev.purser.database;

import java.util.List;
import java.util.stream.Stream;

/// A table of the ledger: the one list of them, which names what a copy carries. Columns are not
/// listed: the databases tell them. Immutable.
///
/// @param key columns that order the rows, the same in every product, and tell them apart
/// @param wide whether a row may have some hundred KiB
/// @param numbered whether the database itself gives rows their `id`, and none a second time
record CopyTable(String name, List<String> key, boolean wide, boolean numbered) {
  static final List<CopyTable> ALL =
      List.of(
          narrow("customers", "id"),
          narrow("totals", "customer", "currency"),
          narrow("preferences", "customer", "name"),
          narrow("purchases", "customer", "id"),
          narrow("refunds", "customer", "id"),
          narrow("settlements", "settlement", "customer", "currency"),
          narrow("suppressions", "hash"),
          narrow("erasures", "customer"),
          narrow("erased_floor", "one"),
          new CopyTable("letters", List.of("id"), true, true),
          new CopyTable("runs", List.of("id"), true, false),
          new CopyTable("records", List.of("collection", "slice", "id"), true, false),
          narrow("record_floors", "collection"));

  /// Tables of ours that a copy has its own of.
  static final List<String> NOT_COPIED = List.of("ledger", "partition_counts", "nodes");

  private static CopyTable narrow(String name, String... key) {
    return new CopyTable(name, List.of(key), false, false);
  }

  /// All tables of ours.
  static List<String> names() {
    return Stream.concat(ALL.stream().map(CopyTable::name), NOT_COPIED.stream()).toList();
  }

  /// The rows that a driver holds at a time, so that they are some MiB at most.
  int fetched() {
    return wide ? 16 : 500;
  }

  String keys() {
    return String.join(", ", key);
  }
}
