package dev.purser.database;

import java.nio.file.Path;

/// Where the database is. Immutable; `toString` names no secret.
public sealed interface DatabaseUrl {

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
