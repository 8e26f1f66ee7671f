package dev.purser.database;

import java.nio.file.Path;

/// Where the database is. Immutable; `toString` names no secret.
public sealed interface DatabaseUrl {

  /// Reads `sqlite:FILE` or `postgresql://...`.
  ///
  /// @throws IllegalArgumentException with the end of a sentence that says what to mend, without
  ///   any secret
  static DatabaseUrl parse(String url) {
    if (url.startsWith("sqlite:") && url.length() > "sqlite:".length()) {
      return new OfFile(Path.of(url.substring("sqlite:".length())).toAbsolutePath().normalize());
    }
    if (PostgresUrl.meant(url)) {
      return new OfServer(PostgresUrl.parse(url));
    }
    throw new IllegalArgumentException("is neither sqlite:FILE nor postgresql://...");
  }

  /// What an operator may be shown.
  String shown();

  /// An SQLite file.
  record OfFile(Path file) implements DatabaseUrl {
    @Override
    public String shown() {
      return file.toString();
    }
  }

  /// A PostgreSQL database.
  record OfServer(PostgresUrl url) implements DatabaseUrl {
    @Override
    public String shown() {
      return url.shown();
    }
  }
}
