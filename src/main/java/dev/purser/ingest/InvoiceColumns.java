package dev.purser.ingest;

import java.util.List;

/// Where the columns of a profile stand in the files of one header; all others are ignored.
/// Immutable.
///
/// @param count of all columns, the ignored ones too
record InvoiceColumns(
    int count,
    int invoice,
    int sku,
    int description,
    int quantity,
    int unitPrice,
    int date,
    int customer,
    List<Setter> setters) {

  InvoiceColumns {
    setters = List.copyOf(setters);
  }

  /// A column that sets a preference.
  record Setter(String preference, String column, int place) {}

  /// The places of the profile's columns among `names`, which [CsvProfile#errors] has nothing
  /// against.
  static InvoiceColumns of(InvoiceProfile profile, List<String> names) {
    return new InvoiceColumns(
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
}
