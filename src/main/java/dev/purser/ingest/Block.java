package dev.purser.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.purser.ledger.Utf8;

/// Records of an upload as they came: one buffer and where each record lies in it. Immutable once
/// made, but for the count of its lines in flight, which is the run's alone; the arrays are handed
/// over and never changed.
///
/// A record is the bytes between two line ends, without them. Blank lines are no records.
final class Block {
  /// No more of a record's raw text is kept in a letter, in bytes of UTF-8.
  static final int RAW_BYTES = 64 * 1024;

  /// Of the block and its three arrays.
  private static final int OVERHEAD = 96;

  private final byte[] bytes;
  private final int[] bounds; // start and end of record i at 2i and 2i+1; end ~e marks a cut record
  private final long[] lines;
  private final int records;
  private int inFlight;

  Block(byte[] bytes, int[] bounds, long[] lines, int records) {
    this.bytes = bytes;
    this.bounds = bounds;
    this.lines = lines;
    this.records = records;
  }

  /// A block of one record.
  static Block of(String record, long line) {
    byte[] bytes = record.getBytes(UTF_8);
    return new Block(bytes, new int[] {0, bytes.length}, new long[] {line}, 1);
  }

  int records() {
    return records;
  }

  /// How many bytes it keeps alive while any of its lines is in flight.
  long weight() {
    return OVERHEAD + bytes.length + 4L * bounds.length + 8L * lines.length;
  }

  /// One line more is in flight; whether it is the only one.
  boolean enter() {
    return inFlight++ == 0;
  }

  /// One line less is in flight; whether it was the last one.
  boolean leave() {
    return --inFlight == 0;
  }

  byte[] bytes() {
    return bytes;
  }

  int start(int record) {
    return bounds[2 * record];
  }

  int end(int record) {
    int end = bounds[2 * record + 1];
    return end < 0 ? ~end : end;
  }

  /// Whether the record was longer than the limit, so that only its beginning is here.
  boolean cut(int record) {
    return bounds[2 * record + 1] < 0;
  }

  /// The physical line on which the record begins, from 1.
  long line(int record) {
    return lines[record];
  }

  boolean validUtf8(int record) {
    return Utf8.valid(bytes, start(record), end(record));
  }

  /// The record's text for a person: at most [#RAW_BYTES], what is not UTF-8 replaced.
  String text(int record) {
    int end = Math.min(end(record), start(record) + RAW_BYTES);
    while (end < end(record) && end > start(record) && (bytes[end] & 0xc0) == 0x80) {
      end--; // not within a character
    }
    return new String(bytes, start(record), end - start(record), UTF_8);
  }
}
