package dev.purser.ingest;

import dev.purser.faults.FieldError;
import dev.purser.faults.ServiceError;
import dev.purser.ledger.JsonFields;
import java.util.ArrayList;
import java.util.List;

/// Reads CSV records by a profile and the header of their file. Immutable.
final class CsvReader implements Reader {
  private final CsvProfile profile;
  private final Reader records;
  private final String header;

  private CsvReader(CsvProfile profile, Reader records, String header) {
    this.profile = profile;
    this.records = records;
    this.header = header;
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
    List<FieldError> errors = profile.errors(names);
    if (!errors.isEmpty()) {
      return new Opened.Refused(JsonFields.refusal(errors));
    }
    Reader records = profile.reader(names, lineLimit);
    return new Opened.Ready(new CsvReader(profile, records, block.text(record)));
  }

  String profile() {
    return profile.name();
  }

  String header() {
    return header;
  }

  @Override
  public List<Line> read(Block block) {
    return records.read(block);
  }
}
