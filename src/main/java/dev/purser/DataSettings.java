package dev.purser;

import dev.purser.config.Keys;
import dev.purser.database.DatabaseUrl;
import dev.purser.ledger.Rules;
import java.nio.file.Path;

/// Where the data is and what it is counted in. Immutable.
///
/// @param folder of an embedded database; locked by the one process that uses it
/// @param currency ISO 4217 code of amounts without one
record DataSettings(Path folder, DatabaseUrl database, String currency) {
  /// Reads `purser.data`, and `purser.database.url`, which wins over the folder.
  static DataSettings read(Keys data, Keys database) {
    Path folder = Path.of(data.text("dir")).toAbsolutePath().normalize();
    DatabaseUrl where = new DatabaseUrl.OfFile(folder.resolve("purser.db"));
    String url = database.text("url");
    if (!url.isEmpty()) {
      where = named(url, database, where);
    }
    if (where instanceof DatabaseUrl.OfFile(Path file) && file.getParent() != null) {
      folder = file.getParent();
    }
    String currency = data.text("currency");
    if (Rules.whyNotCurrency(currency) != null) {
      data.refuse("currency", "\"" + currency + "\" is no code of ISO 4217");
    }
    return new DataSettings(folder, where, currency);
  }

  private static DatabaseUrl named(String url, Keys database, DatabaseUrl otherwise) {
    try {
      return DatabaseUrl.parse(url);
    } catch (IllegalArgumentException e) {
      database.refuse("url", "\"" + Secrets.masked(url) + "\" " + e.getMessage());
      return otherwise;
    }
  }
}
