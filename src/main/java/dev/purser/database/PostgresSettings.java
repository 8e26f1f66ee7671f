package dev.purser.database;

import dev.purser.config.Keys;
import java.time.Duration;
import java.util.regex.Pattern;

/// How each connection to PostgreSQL is set up; `purser.database.postgres`.
///
/// @param schema the schema that holds our tables
/// @param connectTimeout how long opening a connection may take, its TLS and log-in included
public record PostgresSettings(String schema, Duration connectTimeout) {
  /// Plain names, so that no statement needs quoting.
  private static final Pattern NAME = Pattern.compile("[a-z_][a-z0-9_]{0,62}");

  public static PostgresSettings read(Keys keys) {
    String schema = keys.text("schema");
    if (!NAME.matcher(schema).matches() || schema.startsWith("pg_")) {
      keys.refuse(
          "schema",
          "\"" + schema + "\" is not 1 to 63 of a-z, 0-9 and _, not beginning with a digit or pg_");
    }
    return new PostgresSettings(
        schema, keys.duration("connect-timeout", Duration.ofSeconds(1), Duration.ofMinutes(1)));
  }
}
