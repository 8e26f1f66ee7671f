package dev.purser.ingest;

import dev.purser.ingest.Batches.Item;
import dev.purser.ingest.Verdict.Rejected;
import dev.purser.ledger.Outcome;
import dev.purser.ledger.Replaced;
import dev.purser.ledger.RunEvent.Report;

/// The lines of one run: those that are read and not settled, within their bounds, and the figures
/// of the others. Confined to the run that owns it.
///
/// The bytes in flight are what is held: a block counts whole until the last of its lines is
/// settled, and each line counts for what was read from it.
final class Lines {
  private final IngestSettings settings;
  private final Counters counters = new Counters();
  private final NetChanges changes;
  private int inFlight;
  private long inFlightBytes;

  Lines(IngestSettings settings) {
    this.settings = settings;
    this.changes = new NetChanges(settings.trackedChanges());
  }

  Item read(Line line) {
    inFlight++;
    inFlightBytes += line.weight() + (line.block().enter() ? line.block().weight() : 0);
    return new Item(counters.read(line), line);
  }

  void skipped(Item item) {
    counters.skipped(item.place());
    settled(item);
  }

  /// It is committed. Changes that this one takes back count as none, like itself.
  void stored(Item item, Outcome outcome) {
    stored(item, outcome instanceof Outcome.Duplicate);
    String record = item.line().changes();
    if (outcome instanceof Outcome.Accepted(Replaced replaced)
        && replaced != null
        && record != null) {
      counters.takenBack(changes.note(record, replaced));
    }
  }

  void stored(Item item, boolean duplicate) {
    if (duplicate) {
      counters.duplicate(item.place());
    } else {
      counters.accepted(item.place());
    }
    settled(item);
  }

  void rejected(Item item, Rejected why) {
    counters.rejected(item.place(), item.line().number(), why);
    settled(item);
  }

  /// A customer came into being.
  void created() {
    counters.created();
  }

  /// Whether more may be read.
  boolean room() {
    return inFlight < settings.inFlightEvents() && inFlightBytes < settings.inFlightBytes();
  }

  boolean allSettled() {
    return inFlight == 0;
  }

  long rejected() {
    return counters.rejected();
  }

  Report.Ingest report(String run) {
    return counters.report(run);
  }

  private void settled(Item item) {
    inFlight--;
    Line line = item.line();
    inFlightBytes -= line.weight() + (line.block().leave() ? line.block().weight() : 0);
  }
}
