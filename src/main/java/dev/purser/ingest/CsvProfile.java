package dev.purser.ingest;

import dev.purser.config.Keys;
import dev.purser.faults.FieldError;
import java.util.ArrayList;
import java.util.List;

/// How the columns of a CSV file become events or records; its keys say of which kind it is.
/// Immutable.
sealed interface CsvProfile permits InvoiceProfile, DocumentProfile {

  String name();

  /// Every column that a file must have.
  List<String> columns();

  /// Reads the blocks of a file whose columns have these names, which [#errors] has nothing
  /// against.
  Reader reader(List<String> names, int lineLimit);

  /// Reads the profile whose keys are `keys`.
  static CsvProfile read(String name, Keys keys) {
    String kind = keys.text("kind");
    if (kind.equals("documents")) {
      return DocumentProfile.read(name, keys);
    }
    if (!kind.equals("invoices")) {
      keys.refuse("kind", "is neither invoices nor documents");
    }
    return InvoiceProfile.read(name, keys);
  }

  /// Why a header with these names cannot be used.
  default List<FieldError> errors(List<String> names) {
    List<FieldError> errors = new ArrayList<>();
    for (String column : columns()) {
      if (!names.contains(column)) {
        errors.add(new FieldError(column, "is missing from the header"));
      } else if (names.indexOf(column) != names.lastIndexOf(column)) {
        errors.add(new FieldError(column, "stands in the header twice"));
      }
    }
    return errors;
  }
}
