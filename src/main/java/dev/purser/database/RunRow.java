package dev.purser.database;

import org.jspecify.annotations.Nullable;

/// A bulk run as it is kept: ingest, replay or settlement.
///
/// @param id sorts by start time
/// @param kind `ingest`, `replay` or `settlement`
/// @param state `running`, `done`, `failed`, `cancelled`, or `interrupted` if the process died
///   under it
/// @param key the caller's idempotency key, or null; unique among settlements
/// @param report counters and first errors as a JSON object
public record RunRow(
    String id,
    String kind,
    String state,
    @Nullable String key,
    long startedMillis,
    @Nullable Long finishedMillis,
    String report)
    implements Query.PageRow {

  @Override
  public long characters() {
    return report.length();
  }
}
