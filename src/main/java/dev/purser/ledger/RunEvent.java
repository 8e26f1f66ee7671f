package dev.purser.ledger;

import dev.purser.faults.ServiceError;
import java.util.List;

/// What a bulk run tells as it goes: `Started` first, then `Progress`, then exactly one of
/// `Summary` and `Problem`.
public sealed interface RunEvent {

  record Started(String run) implements RunEvent {}

  record Progress(Report report) implements RunEvent {}

  record Summary(Report report) implements RunEvent {}

  /// The run ended early; what `report` counts as committed stays.
  record Problem(ServiceError error, Report report) implements RunEvent {}

  /// Where a run stands.
  sealed interface Report {
    String run();

    /// An upload or a replay.
    ///
    /// @param lines records read so far; at the end = accepted + duplicates + rejected + skipped
    /// @param clockChanges lines whose local time a clock change leaves out or repeats
    /// @param committedLines the longest prefix of the upload of which everything is committed, in
    ///   records
    /// @param firstErrors at most 10
    record Ingest(
        String run,
        long lines,
        long accepted,
        long duplicates,
        long rejected,
        long skipped,
        long ignoredFields,
        long clockChanges,
        long customersCreated,
        long committedLines,
        List<LineError> firstErrors)
        implements Report {
      public Ingest {
        firstErrors = List.copyOf(firstErrors);
      }
    }

    /// A settlement of all customers.
    ///
    /// @param duplicate whether this settlement id had been completed before
    record Settlement(
        String run, boolean duplicate, long customers, long refunds, List<ExactSum> settled)
        implements Report {
      public Settlement {
        settled = List.copyOf(settled);
      }
    }
  }

  /// Why one line was rejected.
  ///
  /// @param line the physical line, header = 1
  record LineError(long line, String code, String message) {}
}
