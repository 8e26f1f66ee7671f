package dev.purser.ingest;

import dev.purser.config.Keys;
import dev.purser.documents.DocumentJson;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How the columns of a CSV file become documents: one holds the id, each other mapped one is the
/// value of a field, as it stands. Empty values are no values. Immutable.
///
/// @param id the column of the id
/// @param fields name of a field to its column
record DocumentProfile(String name, String id, Map<String, String> fields) implements CsvProfile {

  static DocumentProfile read(String name, Keys keys) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (String field : keys.names("fields")) {
      fields.put(field, keys.at("fields").text(field));
    }
    if (fields.isEmpty() || DocumentJson.whyNot(fields.size(), fields.size()) != null) {
      keys.refuse("fields", "must name 1 to " + DocumentJson.MOST_FIELDS + " columns");
    }
    return new DocumentProfile(name, keys.text("id"), fields);
  }

  @Override
  public List<String> columns() {
    List<String> columns = new ArrayList<>(List.of(id));
    columns.addAll(fields.values());
    return columns.stream().distinct().toList();
  }

  @Override
  public Reader reader(List<String> names, int lineLimit) {
    List<DocumentReading.Place> places =
        fields.entrySet().stream()
            .map(e -> new DocumentReading.Place(e.getKey(), names.indexOf(e.getValue())))
            .toList();
    int idPlace = names.indexOf(id);
    return block ->
        new DocumentReading(this, names.size(), idPlace, places, lineLimit, block).lines();
  }
}
