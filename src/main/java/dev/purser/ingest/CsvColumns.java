package dev.purser.ingest;

import dev.purser.faults.FieldError;
import java.util.ArrayList;
import java.util.List;

/// Where the columns of a profile stand in the files of one header; all others are ignored.
/// Immutable.
///
/// @param count of all columns, the ignored ones too
record CsvColumns(
    int count,
    int invoice,
    int sku,
    int description,
    int quantity,
    int unitPrice,
    int date,
    int customer,
    List<Setter> setters) {

  CsvColumns {
    setters = List.copyOf(setters);
  }

  /// A column that sets a preference.
  record Setter(String preference, String column, int place) {}

  /// The places of the profile's columns among `names`, which [#errors] has nothing against.
  static CsvColumns of(CsvProfile profile, List<String> names) {
    return new CsvColumns(
        names.size(),
        names.indexOf(profile.invoice()),
        names.indexOf(profile.sku()),
        names.indexOf(profile.description()),
        names.indexOf(profile.quantity()),
        names.indexOf(profile.unitPrice()),
        names.indexOf(profile.date()),
        names.indexOf(profile.customer()),
        profile.preferences().entrySet().stream()
            .map(e -> new Setter(e.getKey(), e.getValue(), names.indexOf(e.getValue())))
            .toList());
  }

  /// Why a header with these names cannot be used.
  static List<FieldError> errors(CsvProfile profile, List<String> names) {
    List<FieldError> errors = new ArrayList<>();
    for (String column : profile.columns()) {
      if (!names.contains(column)) {
        errors.add(new FieldError(column, "is missing from the header"));
      } else if (names.indexOf(column) != names.lastIndexOf(column)) {
        errors.add(new FieldError(column, "stands in the header twice"));
      }
    }
    return errors;
  }
}
