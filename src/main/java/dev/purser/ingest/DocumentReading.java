package dev.purser.ingest;

import dev.purser.documents.DocumentChange;
import dev.purser.documents.Fields;
import dev.purser.faults.FieldError;
import dev.purser.ingest.Verdict.Rejected;
import dev.purser.ledger.Rules;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/// The reading of one block of lines that are documents. Confined to one thread.
final class DocumentReading {
  private final DocumentProfile profile;
  private final int columns;
  private final int id;
  private final List<Place> places;
  private final int lineLimit;
  private final Block block;
  private final Csv csv = new Csv();

  /// Where the value of a field stands.
  record Place(String field, int column) {}

  /// @param columns of the file, the ignored ones too
  /// @param id the column of the id
  DocumentReading(
      DocumentProfile profile,
      int columns,
      int id,
      List<Place> places,
      int lineLimit,
      Block block) {
    this.profile = profile;
    this.columns = columns;
    this.id = id;
    this.places = places;
    this.lineLimit = lineLimit;
    this.block = block;
  }

  /// One line for each record, in their order.
  List<Line> lines() {
    List<Line> lines = Reader.room(block);
    for (int i = 0; i < block.records(); i++) {
      lines.add(line(i));
    }
    return lines;
  }

  private Line line(int record) {
    Rejected unusable = Reader.unusable(block, record, lineLimit);
    boolean wellFormed = csv.split(block.bytes(), block.start(record), block.end(record));
    if (block.cut(record)) {
      csv.dropLast();
    }
    Verdict verdict = unusable == null ? verdict(record, wellFormed) : unusable;
    return new Line(block, record, verdict, null, derivedId(verdict), 0, null);
  }

  /// The derived id of a line that cannot be used but whose id can be read.
  private @Nullable String derivedId(Verdict verdict) {
    String text = csv.readable(id);
    return verdict instanceof Rejected && Rules.whyNotId(text) == null
        ? Line.derived("document", text)
        : null;
  }

  private Verdict verdict(int record, boolean wellFormed) {
    if (!wellFormed) {
      return Rejected.unparsable(csv.fault(block.line(record)));
    }
    if (csv.fields() != columns) {
      return Rejected.unparsable(
          "The line has " + csv.fields() + " fields where the header has " + columns);
    }
    List<FieldError> errors = new ArrayList<>(0);
    String text = csv.text(id);
    check(errors, profile.id(), Rules.whyNotId(text));
    Map<String, List<String>> fields = new TreeMap<>();
    for (Place place : places) {
      if (!csv.empty(place.column)) {
        String value = csv.text(place.column);
        check(errors, place.field, Rules.whyNotText(value));
        fields.put(place.field, List.of(value));
      }
    }
    return errors.isEmpty()
        ? new Verdict.RecordChange(
            "document", new DocumentChange.Put(text, Fields.of(fields).encoded(), null))
        : Rejected.invalid(errors, null);
  }

  private static void check(List<FieldError> errors, String field, @Nullable String whyNot) {
    if (whyNot != null) {
      errors.add(new FieldError(field, whyNot));
    }
  }
}
