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
/// @param attempt who works on it: a settlement that is continued gets another number, and only
///   what names the present one moves the row
/// @param cancelled whether it shall end
public record RunRow(
    String id,
    String kind,
    String state,
    @Nullable String key,
    long startedMillis,
    @Nullable Long finishedMillis,
    String report,
    long attempt,
    boolean cancelled)
    implements Query.PageRow {

  /// A run that is never continued and is not cancelled.
  public RunRow(
      String id,
      String kind,
      String state,
      @Nullable String key,
      long startedMillis,
      @Nullable Long finishedMillis,
      String report) {
    this(id, kind, state, key, startedMillis, finishedMillis, report, 0, false);
  }

  /// Whether its worker must stop: it is cancelled, has ended, or is another attempt's.
  public boolean isOverFor(long worker) {
    return cancelled || finishedMillis != null || attempt != worker;
  }

  @Override
  public long characters() {
    return report.length();
  }
}
