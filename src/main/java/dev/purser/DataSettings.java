package dev.purser;

import dev.purser.config.Keys;
import dev.purser.ledger.Rules;
import java.nio.file.Path;

/// Where the data is and what it is counted in. Immutable.
///
/// @param folder locked by the one process that uses it
/// @param file the embedded database
/// @param currency ISO 4217 code of amounts without one
record DataSettings(Path folder, Path file, String currency) {
  private static final String SQLITE = "sqlite:";

  /// Reads `purser.data`, and `purser.database.url`, which wins over the folder.
  static DataSettings read(Keys data, Keys database) {
    Path folder = Path.of(data.text("dir")).toAbsolutePath().normalize();
    Path file = folder.resolve("purser.db");
    String url = database.text("url");
    if (url.startsWith(SQLITE) && url.length() > SQLITE.length()) {
      file = Path.of(url.substring(SQLITE.length())).toAbsolutePath().normalize();
      folder = file.getParent() == null ? folder : file.getParent();
    } else if (!url.isEmpty()) {
      database.refuse("url", "\"" + Secrets.masked(url) + "\" is not sqlite:FILE");
    }
    String currency = data.text("currency");
    if (Rules.whyNotCurrency(currency) != null) {
      data.refuse("currency", "\"" + currency + "\" is no code of ISO 4217");
    }
    return new DataSettings(folder, file, currency);
  }
}
