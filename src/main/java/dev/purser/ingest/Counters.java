package dev.purser.ingest;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.purser.ledger.RunEvent.LineError;
import dev.purser.ledger.RunEvent.Report;
import java.util.List;
import java.util.TreeMap;

/// The counters of one run. A line is counted as accepted, duplicate or rejected only when that is
/// committed. Confined to the run that owns it.
final class Counters {
  private static final int FIRST_ERRORS = 10;

  private final IngestMetrics metrics = IngestMetrics.INSTANCE;
  private final CommittedPrefix prefix = new CommittedPrefix();
  private final TreeMap<Long, LineError> firstErrors = new TreeMap<>();
  private long lines;
  private long accepted;
  private long duplicates;
  private long rejected;
  private long skipped;
  private long ignoredFields;
  private long clockChanges;
  private long created;

  /// Counts a line as read; answers its place, from 0.
  long read(Line line) {
    ignoredFields += line.ignoredFields();
    clockChanges += line.clockChange() ? 1 : 0;
    return lines++;
  }

  void accepted(long place) {
    accepted++;
    metrics.accepted.increment();
    settle(place);
  }

  void duplicate(long place) {
    duplicates++;
    metrics.duplicates.increment();
    settle(place);
  }

  /// Of the lines counted as accepted, so many have come to nothing.
  void takenBack(long lines) {
    accepted -= lines;
    duplicates += lines;
  }

  void skipped(long place) {
    skipped++;
    metrics.skipped.increment();
    settle(place);
  }

  void rejected(long place, long number, Verdict.Rejected why) {
    rejected++;
    metrics.rejected.increment();
    metrics.letters(why.reason()).increment();
    if (firstErrors.size() < FIRST_ERRORS || number < firstErrors.lastKey()) {
      firstErrors.put(number, new LineError(number, why.code(), why.message()));
      if (firstErrors.size() > FIRST_ERRORS) {
        firstErrors.pollLastEntry();
      }
    }
    settle(place);
  }

  void created() {
    created++;
  }

  long rejected() {
    return rejected;
  }

  Report.Ingest report(String run) {
    return new Report.Ingest(
        run,
        lines,
        accepted,
        duplicates,
        rejected,
        skipped,
        ignoredFields,
        clockChanges,
        created,
        prefix.length(),
        List.copyOf(firstErrors.values()));
  }

  /// A report as a run's row keeps it: the fields of the HTTP answer.
  static String json(Report.Ingest r) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("lines", r.lines());
    json.put("accepted", r.accepted());
    json.put("duplicates", r.duplicates());
    json.put("rejected", r.rejected());
    json.put("skipped", r.skipped());
    json.put("ignored_fields", r.ignoredFields());
    if (r.clockChanges() > 0) {
      json.put("clock_changes", r.clockChanges());
    }
    json.put("customers_created", r.customersCreated());
    json.put("committed_lines", r.committedLines());
    ArrayNode errors = json.putArray("first_errors");
    for (LineError e : r.firstErrors()) {
      ObjectNode error = errors.addObject();
      error.put("line", e.line());
      error.put("code", e.code());
      error.put("message", e.message());
    }
    return json.toString();
  }

  /// The prefix is asked for now and then, so that its bits are given back between reports.
  private void settle(long place) {
    prefix.settle(place);
    if ((place & 0x3fff) == 0) {
      prefix.length();
    }
  }
}
