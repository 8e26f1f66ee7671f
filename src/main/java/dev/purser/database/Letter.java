package dev.purser.database;

import org.jspecify.annotations.Nullable;

/// A dead letter: a line of an upload that could not be used, kept so that it can be mended and
/// replayed.
///
/// @param id given by the database, ascending with age; 0 before it is stored
/// @param line the physical line in the upload, header = 1
/// @param reason why, in a few fixed words such as `no_customer`; the metric's label
/// @param code the error code of the HTTP contract
/// @param raw the line's text, at most 64 KiB of UTF-8
/// @param profile the CSV profile, or null for NDJSON
/// @param header the CSV header line, or null
/// @param derivedId what identifies the line's event over repeated uploads; with `reason`,
///   `profile` and `raw` it is unique
/// @param customer the customer that the line names, or null
public record Letter(
    long id,
    String run,
    long line,
    String reason,
    String code,
    String message,
    String raw,
    @Nullable String profile,
    @Nullable String header,
    String derivedId,
    @Nullable String customer,
    long atMillis)
    implements Query.PageRow {

  @Override
  public long characters() {
    return (long) raw.length() + message.length() + (header == null ? 0 : header.length());
  }
}
