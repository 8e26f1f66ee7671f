package dev.purser.ingest;

import dev.purser.faults.FieldError;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.JsonFields;
import java.util.ArrayList;
import java.util.List;

/// Reads CSV records by a profile and the header of their file. Immutable.
final class CsvReader implements Reader {
  private final CsvProfile profile;
  private final CsvColumns columns;
  private final String header;
  private final int lineLimit;

  private CsvReader(CsvProfile profile, CsvColumns columns, String header, int lineLimit) {
    this.profile = profile;
    this.columns = columns;
    this.header = header;
    this.lineLimit = lineLimit;
  }

  /// What became of a header.
  sealed interface Opened {
    record Ready(CsvReader reader) implements Opened {}

    record Refused(ServiceError.Validation error) implements Opened {}
  }

  /// A reader of files whose header is the record `record` of `block`.
  static Opened open(CsvProfile profile, Block block, int record, int lineLimit) {
    Csv csv = new Csv();
    boolean readable =
        !block.cut(record)
            && block.validUtf8(record)
            && csv.split(block.bytes(), block.start(record), block.end(record));
    if (!readable) {
      return new Opened.Refused(ServiceError.Validation.of("header", "is not a line of CSV"));
    }
    List<String> names = new ArrayList<>();
    for (int i = 0; i < csv.fields(); i++) {
      names.add(csv.text(i).strip());
    }
    List<FieldError> errors = CsvColumns.errors(profile, names);
    if (!errors.isEmpty()) {
      return new Opened.Refused(JsonFields.refusal(errors));
    }
    CsvColumns columns = CsvColumns.of(profile, names);
    return new Opened.Ready(new CsvReader(profile, columns, block.text(record), lineLimit));
  }

  String profile() {
    return profile.name();
  }

  String header() {
    return header;
  }

  @Override
  public List<Line> read(Block block) {
    List<Line> lines = Reader.room(block);
    CsvReading reading = new CsvReading(profile, columns, lineLimit, block);
    for (int i = 0; i < block.records(); i++) {
      lines.add(reading.line(i));
    }
    return lines;
  }
}
