package dev.purser.ingest;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.purser.ledger.Utf8;
import java.util.Arrays;

/// Splits one CSV record into its fields (RFC 4180), without making a string of any that nobody
/// reads. Reused for record after record; confined to one thread.
///
/// A quote within an unquoted field stands for itself. What follows a closing quote but a comma, or
/// a quote that never closes, makes the record malformed.
final class Csv {
  private byte[] bytes = new byte[0];
  private int[] starts = new int[16];
  private int[] ends = new int[16]; // of quoted fields: ~end, as doubled quotes are to be undone
  private int fields;
  private int from;
  private int badQuote; // the opening quote of the field that made the record malformed
  private boolean closed; // whether that field has a closing quote

  /// Splits `bytes[from, to)`; false if the record is malformed, and then only the fields before
  /// the wrong one are there.
  boolean split(byte[] bytes, int from, int to) {
    this.bytes = bytes;
    this.from = from;
    fields = 0;
    int i = from;
    while (true) {
      int end = i < to && bytes[i] == '"' ? quoted(i + 1, to) : bare(i, to);
      if (end < 0) {
        return false;
      }
      if (end == to) {
        return true;
      }
      i = end + 1;
    }
  }

  /// What is wrong with the record that [#split] found malformed; a sentence.
  ///
  /// @param line the physical line on which the record begins
  String fault(long line) {
    long opened = line;
    for (int i = from; i < badQuote; i++) {
      opened += bytes[i] == '\n' ? 1 : 0;
    }
    return closed
        ? "The quote opened on line " + opened + " closes within the field"
        : "The quote opened on line " + opened + " never closes";
  }

  int fields() {
    return fields;
  }

  boolean empty(int field) {
    return length(field) == 0;
  }

  /// The field's text; the bytes must be valid UTF-8.
  String text(int field) {
    String text = new String(bytes, starts[field], length(field), UTF_8);
    return ends[field] < 0 && text.indexOf('"') >= 0 ? text.replace("\"\"", "\"") : text;
  }

  /// The field's text, or an empty one if the record has no such field or it is not UTF-8.
  String readable(int field) {
    boolean there =
        field < fields && Utf8.valid(bytes, starts[field], starts[field] + length(field));
    return there ? text(field) : "";
  }

  /// Forgets the last field, which may have been cut.
  void dropLast() {
    fields = Math.max(0, fields - 1);
  }

  private int length(int field) {
    int end = ends[field];
    return (end < 0 ? ~end : end) - starts[field];
  }

  private int bare(int from, int to) {
    int i = from;
    while (i < to && bytes[i] != ',') {
      i++;
    }
    add(from, i);
    return i;
  }

  /// The index of the comma after a field whose opening quote is before `from`, or -1.
  private int quoted(int from, int to) {
    for (int i = from; i < to; i++) {
      if (bytes[i] == '"') {
        boolean doubled = i + 1 < to && bytes[i + 1] == '"';
        if (doubled) {
          i++;
        } else {
          if (i + 1 < to && bytes[i + 1] != ',') {
            return bad(from - 1, true);
          }
          add(from, ~i);
          return i + 1;
        }
      }
    }
    return bad(from - 1, false);
  }

  private int bad(int quote, boolean closes) {
    badQuote = quote;
    closed = closes;
    return -1;
  }

  private void add(int start, int end) {
    if (fields == starts.length) {
      starts = Arrays.copyOf(starts, fields * 2);
      ends = Arrays.copyOf(ends, fields * 2);
    }
    starts[fields] = start;
    ends[fields++] = end;
  }
}
