package dev.purser.ingest;

import java.nio.ByteBuffer;
import java.util.Arrays;

/// Cuts a stream of bytes into records, in memory bounded by the line limit and the quote limit
/// however long a record is. Confined to the stage that owns it.
///
/// NDJSON: a record is a line. CSV (RFC 4180): a quote that opens a field hides line ends until it
/// closes. A line end is `\n` or `\r\n`; a `\r` alone is text. A byte order mark before the first
/// record is passed over.
///
/// Each byte is copied once, into the buffer that leaves with the [Block]; only the beginning of an
/// unfinished record is copied again.
///
/// ## Bad quotes
///
/// A quote within an unquoted field is text. A quoted field is bad if something other than a comma
/// or a line end follows its closing quote, or if it has not closed when the upload ends or the
/// quote limit is reached, which counts from the end of the line on which the field opened. That
/// line then ends the record, and scanning goes back to the line after it: one stray quote costs
/// one line. What [Csv] makes of the record's bytes says what is wrong.
///
/// A record over the line limit is cut, and its rest is scanned as any other: line ends within its
/// quoted fields end nothing. So text within a properly quoted field is never a record, unless the
/// field is longer than the quote limit: then it cannot be distinguished from what follows a quote
/// that never closes, and is read as records.
///
/// Going back costs at most one more pass: between the quote that opened and the one that was bad
/// all quotes are doubled, and no such line leaves a quote open. Where a record ends depends on its
/// bytes alone, never on how the stream is cut.
final class Scanner {
  private static final byte QUOTE = '"';
  private static final int NONE = -1;

  /// A byte order mark and a line end do not count against the line limit.
  private static final int SLACK = 8;

  /// Of a record that is cut, so much is kept: what a letter keeps, and a byte order mark.
  private static final int PREFIX = Block.RAW_BYTES + SLACK;

  /// No more is scanned before the records are taken, so that what is read again after a bad quote
  /// leaves in several blocks.
  private static final int FULL = 1 << 20;

  private static final byte[] MARK = {(byte) 0xef, (byte) 0xbb, (byte) 0xbf};

  /// Where the scanner stands in a CSV record.
  private enum Place {
    FIELD_START,
    BARE,
    QUOTED,
    AFTER_QUOTE,
    /// After `\r` behind a closing quote: only `\n` may follow.
    AFTER_QUOTE_CR,
    /// A quote was bad: the record ends with the line.
    BROKEN
  }

  private final boolean csv;
  private final int lineLimit;
  private final int quoteLimit;

  private byte[] buffer = new byte[0];
  private int filled;
  private int scanned;
  private int recordStart;
  private int[] bounds = new int[512];
  private long[] lines = new long[256];
  private int records;
  private Place place = Place.FIELD_START;
  private boolean cut; // whether a part of the record has been forgotten
  private boolean first = true;
  private long line = 1;
  private long recordLine = 1;
  private long quoteLine; // on which the last quoted field opened
  private int quoteLineEnd = NONE; // where that line ends, while the field is open beyond it

  /// @param quoteLimit how many bytes of an open quoted field are kept to be read again; of two
  ///   limits the larger one, as a record within the line limit is read whole
  Scanner(boolean csv, int lineLimit, int quoteLimit) {
    this.csv = csv;
    this.lineLimit = lineLimit;
    this.quoteLimit = Math.max(lineLimit, quoteLimit);
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
  /// wait for the database, and a sender chooses how many records are in each. There may be more
  /// records after it.
  Block take() {
    byte[] unfinished = Arrays.copyOfRange(buffer, recordStart, filled);
    int used = Math.min(recordStart, filled);
    Block block =
        new Block(
            buffer.length > 2 * used ? Arrays.copyOf(buffer, used) : buffer,
            Arrays.copyOf(bounds, 2 * records),
            Arrays.copyOf(lines, records),
            records);
    buffer = unfinished;
    shift();
    records = 0;
    scan();
    bound();
    return block;
  }

  /// The stream has ended properly: what follows the last line end is a record too. To be repeated
  /// until there are no more records to take.
  void end() {
    while (place == Place.QUOTED && quoteLineEnd != NONE && scanned == filled) {
      goBack();
      scan();
      bound();
    }
    if (scanned == filled && (filled > recordStart || cut)) {
      endRecord(filled);
      recordStart = filled;
    }
  }

  /// Scans what is there, until there is enough for a block.
  private void scan() {
    while (scanned < filled && (records == 0 || recordStart < FULL)) {
      int to = horizon();
      if (scanned >= to) {
        goBack();
      } else {
        scanned = csv ? interesting(buffer, scanned, to) : lineEnd(buffer, scanned, to);
        if (scanned < to) {
          on(buffer[scanned++]);
        }
      }
    }
  }

  /// What can be scanned: an open quoted field up to the quote limit.
  private int horizon() {
    return quoteLineEnd == NONE ? filled : (int) Math.min(filled, quoteLineEnd + 1L + quoteLimit);
  }

  private void on(byte c) {
    int at = scanned - 1;
    if (c != '\n') {
      place = after(c, at);
      if (place == Place.FIELD_START) {
        quoteLineEnd = NONE; // the field has closed
      } else if (place == Place.BROKEN && quoteLineEnd != NONE) {
        goBack();
      }
    } else {
      line++;
      if (place != Place.QUOTED) {
        endRecord(at);
      } else if (quoteLineEnd == NONE) {
        quoteLineEnd = at;
      }
    }
  }

  /// Ends the record where the line of the last quote ends, and scans on from there.
  private void goBack() {
    scanned = quoteLineEnd + 1;
    line = quoteLine + 1;
    endRecord(quoteLineEnd);
  }

  private static int lineEnd(byte[] b, int from, int to) {
    int i = from;
    while (i < to && b[i] != '\n') {
      i++;
    }
    return i;
  }

  /// The next byte that can change the place: nearly all bytes cannot, and are passed over in a
  /// loop of two comparisons.
  private int interesting(byte[] b, int from, int to) {
    int i = from;
    if (place == Place.BARE) {
      while (i < to && b[i] != ',' && b[i] != '\n') {
        i++;
      }
    } else if (place == Place.QUOTED) {
      while (i < to && b[i] != QUOTE && b[i] != '\n') {
        i++;
      }
    } else if (place == Place.BROKEN) {
      return lineEnd(b, from, to);
    }
    return i;
  }

  private Place after(byte c, int at) {
    return switch (place) {
      case QUOTED -> c == QUOTE ? Place.AFTER_QUOTE : Place.QUOTED;
      case AFTER_QUOTE ->
          switch (c) {
            case QUOTE -> Place.QUOTED;
            case ',' -> Place.FIELD_START;
            case '\r' -> Place.AFTER_QUOTE_CR;
            default -> Place.BROKEN;
          };
      case AFTER_QUOTE_CR, BROKEN -> Place.BROKEN;
      case BARE -> c == ',' ? Place.FIELD_START : Place.BARE;
      case FIELD_START ->
          switch (c) {
            case QUOTE -> opened();
            case ',' -> Place.FIELD_START;
            default -> ofMark(c, at) ? Place.FIELD_START : Place.BARE;
          };
    };
  }

  private Place opened() {
    quoteLine = line;
    quoteLineEnd = NONE;
    return Place.QUOTED;
  }

  /// A byte order mark leaves the first field unbegun.
  private boolean ofMark(byte c, int at) {
    int i = at - recordStart;
    return first && i < MARK.length && c == MARK[i];
  }

  private void endRecord(int at) {
    int start = recordStart;
    int end = at > start && buffer[at - 1] == '\r' ? at - 1 : at;
    if (first && end - start >= 3 && mark(start)) {
      start += 3;
    }
    first = false;
    if (cut || end - start > lineLimit) {
      add(start, ~Math.min(end, start + Block.RAW_BYTES));
    } else if (!blank(start, end)) {
      add(start, end);
    }
    cut = false;
    place = Place.FIELD_START;
    quoteLineEnd = NONE;
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
    shift();
  }

  /// The unfinished record is where the buffer begins now.
  private void shift() {
    filled -= recordStart;
    scanned -= recordStart;
    quoteLineEnd = quoteLineEnd == NONE ? NONE : quoteLineEnd - recordStart;
    recordStart = 0;
  }

  /// Forgets what an overlong record has beyond the part that a letter keeps, but for what may be
  /// read again.
  private void bound() {
    int keep = quoteLineEnd == NONE ? scanned : quoteLineEnd;
    int gap = keep - recordStart - PREFIX;
    if (gap > 0 && (cut || keep - recordStart > lineLimit + SLACK)) {
      System.arraycopy(buffer, keep, buffer, recordStart + PREFIX, filled - keep);
      filled -= gap;
      scanned -= gap;
      quoteLineEnd = quoteLineEnd == NONE ? NONE : quoteLineEnd - gap;
      cut = true;
    }
  }

  private boolean mark(int at) {
    return Arrays.equals(buffer, at, at + MARK.length, MARK, 0, MARK.length);
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
