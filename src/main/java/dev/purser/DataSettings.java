package dev.purser;

import dev.purser.config.Keys;
import dev.purser.database.DatabaseUrl;
import dev.purser.database.PostgresUrl;
import dev.purser.ledger.Rules;
import java.nio.file.Path;

/// Where the data is and what it is counted in. Immutable.
///
/// @param folder of an embedded database; locked by the one process that uses it
/// @param currency ISO 4217 code of amounts without one
record DataSettings(Path folder, DatabaseUrl database, String currency) {
  private static final String SQLITE = "sqlite:";

  /// Reads `purser.data`, and `purser.database.url`, which wins over the folder.
  static DataSettings read(Keys data, Keys database) {
    Path folder = Path.of(data.text("dir")).toAbsolutePath().normalize();
    DatabaseUrl where = new DatabaseUrl.OfFile(folder.resolve("purser.db"));
    String url = database.text("url");
    if (url.startsWith(SQLITE) && url.length() > SQLITE.length()) {
      Path file = Path.of(url.substring(SQLITE.length())).toAbsolutePath().normalize();
      where = new DatabaseUrl.OfFile(file);
      folder = file.getParent() == null ? folder : file.getParent();
    } else if (PostgresUrl.meant(url)) {
      where = server(url, database, where);
    } else if (!url.isEmpty()) {
      String shown = Secrets.masked(url);
      database.refuse("url", "\"" + shown + "\" is neither sqlite:FILE nor postgresql://...");
    }
    String currency = data.text("currency");
    if (Rules.whyNotCurrency(currency) != null) {
      data.refuse("currency", "\"" + currency + "\" is no code of ISO 4217");
    }
    return new DataSettings(folder, where, currency);
  }

  private static DatabaseUrl server(String url, Keys database, DatabaseUrl otherwise) {
    try {
      return new DatabaseUrl.OfServer(PostgresUrl.parse(url));
    } catch (IllegalArgumentException e) {
      database.refuse("url", "\"" + Secrets.masked(url) + "\" " + e.getMessage());
      return otherwise;
    }
  }
}
