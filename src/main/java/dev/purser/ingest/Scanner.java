package dev.purser.ingest;

import java.nio.ByteBuffer;
import java.util.Arrays;

/// Cuts a stream of bytes into records, in memory bounded by the line limit however long a line is.
/// Confined to the stage that owns it.
///
/// NDJSON: a record is a line. CSV (RFC 4180): a quote that opens a field hides line ends until it
/// closes. A line end is `\n` or `\r\n`. A byte order mark before the first record is passed over.
///
/// Each byte is copied once, into the buffer that leaves with the [Block]; only the beginning of an
/// unfinished record is copied again.
final class Scanner {
  private static final byte QUOTE = '"';

  /// Where the scanner stands in a CSV record.
  private enum Place {
    FIELD_START,
    BARE,
    QUOTED,
    AFTER_QUOTE
  }

  private final boolean csv;
  private final int lineLimit;

  private byte[] buffer = new byte[0];
  private int filled;
  private int scanned;
  private int recordStart;
  private int[] bounds = new int[512];
  private long[] lines = new long[256];
  private int records;
  private Place place = Place.FIELD_START;
  private boolean skipping;
  private boolean first = true;
  private long line = 1;
  private long recordLine = 1;

  Scanner(boolean csv, int lineLimit) {
    this.csv = csv;
    this.lineLimit = lineLimit;
  }

  /// Takes all of `bytes`.
  void append(ByteBuffer bytes) {
    int length = bytes.remaining();
    if (records == 0 && recordStart > 0) {
      forget();
    }
    if (filled + length > buffer.length) {
      buffer = Arrays.copyOf(buffer, Math.max(filled + length, buffer.length * 2));
    }
    bytes.get(buffer, filled, length);
    filled += length;
    scan();
    bound();
  }

  boolean hasRecords() {
    return records > 0;
  }

  /// Hands over the records found since the last call, in arrays no larger than they need: blocks
  /// wait for the database, and a sender chooses how many records are in each.
  Block take() {
    byte[] unfinished = Arrays.copyOfRange(buffer, recordStart, filled);
    Block block =
        new Block(
            buffer.length > 2 * filled ? Arrays.copyOf(buffer, filled) : buffer,
            Arrays.copyOf(bounds, 2 * records),
            Arrays.copyOf(lines, records),
            records);
    buffer = unfinished;
    filled = buffer.length;
    scanned -= recordStart;
    recordStart = 0;
    records = 0;
    return block;
  }

  /// The stream has ended properly: what follows the last line end is a record too.
  void end() {
    if (filled > recordStart || skipping) {
      endRecord(filled);
    }
    recordStart = filled;
    scanned = filled;
  }

  private void scan() {
    byte[] b = buffer;
    int i = scanned;
    while (i < filled) {
      i = csv ? interesting(b, i) : lineEnd(b, i);
      if (i < filled) {
        byte c = b[i];
        if (c == '\n') {
          line++;
          if (place != Place.QUOTED) {
            endRecord(i);
          }
        } else if (csv) {
          place = after(c);
        }
        i++;
      }
    }
    scanned = i;
  }

  private int lineEnd(byte[] b, int from) {
    int i = from;
    while (i < filled && b[i] != '\n') {
      i++;
    }
    return i;
  }

  /// The next byte that can change the place: nearly all bytes cannot, and are passed over in a
  /// loop of two comparisons.
  private int interesting(byte[] b, int from) {
    int i = from;
    if (place == Place.BARE) {
      while (i < filled && b[i] != ',' && b[i] != '\n') {
        i++;
      }
    } else if (place == Place.QUOTED) {
      while (i < filled && b[i] != QUOTE && b[i] != '\n') {
        i++;
      }
    }
    return i;
  }

  private Place after(byte c) {
    return switch (place) {
      case QUOTED -> c == QUOTE ? Place.AFTER_QUOTE : Place.QUOTED;
      case AFTER_QUOTE ->
          c == QUOTE ? Place.QUOTED : c == ',' ? Place.FIELD_START : Place.AFTER_QUOTE;
      case BARE -> c == ',' ? Place.FIELD_START : Place.BARE;
      case FIELD_START -> c == QUOTE ? Place.QUOTED : c == ',' ? Place.FIELD_START : startsBare(c);
    };
  }

  /// A byte order mark leaves the first field unbegun.
  private Place startsBare(byte c) {
    return first && c < 0 ? Place.FIELD_START : Place.BARE;
  }

  private void endRecord(int at) {
    int start = recordStart;
    int end = at > start && buffer[at - 1] == '\r' ? at - 1 : at;
    if (first && end - start >= 3 && mark(start)) {
      start += 3;
    }
    first = false;
    if (skipping) {
      add(start, ~Math.min(end, start + Block.RAW_BYTES));
    } else if (!blank(start, end)) {
      add(start, end - start > lineLimit ? ~end : end);
    }
    skipping = false;
    place = Place.FIELD_START;
    recordStart = at + 1;
    recordLine = line;
  }

  private void add(int start, int end) {
    if (records == lines.length) {
      bounds = Arrays.copyOf(bounds, bounds.length * 2);
      lines = Arrays.copyOf(lines, lines.length * 2);
    }
    bounds[2 * records] = start;
    bounds[2 * records + 1] = end;
    lines[records++] = recordLine;
  }

  /// Forgets what lies before the unfinished record: blank lines, which leave in no block.
  private void forget() {
    System.arraycopy(buffer, recordStart, buffer, 0, filled - recordStart);
    filled -= recordStart;
    scanned -= recordStart;
    recordStart = 0;
  }

  /// Forgets what an overlong record has beyond the part that a letter keeps.
  private void bound() {
    if (skipping || filled - recordStart > lineLimit) {
      skipping = true;
      filled = Math.min(filled, recordStart + Block.RAW_BYTES);
      scanned = filled;
    }
  }

  private boolean mark(int at) {
    return buffer[at] == (byte) 0xef
        && buffer[at + 1] == (byte) 0xbb
        && buffer[at + 2] == (byte) 0xbf;
  }

  private boolean blank(int start, int end) {
    for (int i = start; i < end; i++) {
      if (csv || (buffer[i] != ' ' && buffer[i] != '\t' && buffer[i] != '\r')) {
        return false;
      }
    }
    return true;
  }
}
