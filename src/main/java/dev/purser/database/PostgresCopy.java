package dev.purser.database;

import dev.purser.faults.Escalated;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.sql.SQLException;
import java.util.List;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.postgresql.copy.CopyIn;
import org.postgresql.jdbc.PgConnection;

/// Sends rows to PostgreSQL by COPY in its binary format
/// (https://www.postgresql.org/docs/current/sql-copy.html, "Binary Format"):
///
/// ```
/// header  0  "PGCOPY\n\377\r\n\0"   11  flags: int32 0   15  extension: int32 0
/// row     0  columns: int16          2  for each: length int32, -1 for null; its bytes
/// end     0  int16 -1
/// ```
final class PostgresCopy implements RowSink {
  private static final byte[] SIGNATURE =
      "PGCOPY\n\377\r\n\0".getBytes(StandardCharsets.ISO_8859_1);
  private static final byte[] REPLACEMENT = {(byte) 0xef, (byte) 0xbf, (byte) 0xbd};

  /// What is gathered before it goes to the socket, in bytes.
  private static final int BUFFER = 1 << 16;

  private final CopyIn copy;
  private final short columns;
  private final Function<SQLException, Escalated> explain;
  private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER);
  private int at;

  PostgresCopy(
      PgConnection connection,
      CopyTable table,
      List<CopyColumn> columns,
      Function<SQLException, Escalated> explain) {
    this.columns = (short) columns.size();
    this.explain = explain;
    String names = columns.stream().map(CopyColumn::name).collect(Collectors.joining(", "));
    try {
      this.copy =
          connection
              .getCopyAPI()
              .copyIn("COPY " + table.name() + " (" + names + ") FROM STDIN (FORMAT binary)");
    } catch (SQLException e) {
      throw explain.apply(e);
    }
    buffer.put(SIGNATURE).putInt(0).putInt(0);
  }

  @Override
  public void bytes(CopyColumn column, byte @Nullable [] value) {
    begin();
    if (value == null) {
      buffer.putInt(-1);
      return;
    }
    byte[] sent = column.written() == CopyColumn.Kind.TEXT ? storable(value) : value;
    buffer.putInt(sent.length);
    for (int from = 0; from < sent.length; ) {
      if (!buffer.hasRemaining()) {
        send();
      }
      int part = Math.min(buffer.remaining(), sent.length - from);
      buffer.put(sent, from, part);
      from += part;
    }
  }

  @Override
  public void number(CopyColumn column, long value) {
    begin();
    int width = column.written().width;
    buffer.putInt(width);
    switch (width) {
      case Short.BYTES -> buffer.putShort((short) value);
      case Integer.BYTES -> buffer.putInt(Math.toIntExact(value));
      default -> buffer.putLong(value);
    }
  }

  @Override
  public void noNumber(CopyColumn column) {
    begin();
    buffer.putInt(-1);
  }

  @Override
  public void endRow() {
    at = 0;
  }

  @Override
  public void end() {
    room(Short.BYTES);
    buffer.putShort((short) -1);
    send();
    try {
      var _ = copy.endCopy();
    } catch (SQLException e) {
      throw explain.apply(e);
    }
  }

  @Override
  public void abort() {
    try {
      if (copy.isActive()) {
        copy.cancelCopy();
      }
    } catch (SQLException e) {
      throw explain.apply(e);
    }
  }

  /// U+0000 cannot be in a text of the product; it becomes what the service itself writes there.
  static byte[] storable(byte[] text) {
    int zeros = 0;
    for (byte b : text) {
      zeros += b == 0 ? 1 : 0;
    }
    if (zeros == 0) {
      return text;
    }
    ByteBuffer without = ByteBuffer.allocate(text.length + 2 * zeros);
    for (byte b : text) {
      var _ = b == 0 ? without.put(REPLACEMENT) : without.put(b);
    }
    return without.array();
  }

  /// Begins a value, the longest of which that is not sent in parts is a length and a number.
  private void begin() {
    room(Short.BYTES + Integer.BYTES + Long.BYTES);
    if (at++ == 0) {
      buffer.putShort(columns);
    }
  }

  private void room(int bytes) {
    if (buffer.remaining() < bytes) {
      send();
    }
  }

  private void send() {
    try {
      copy.writeToCopy(buffer.array(), 0, buffer.position());
    } catch (SQLException e) {
      throw explain.apply(e);
    }
    buffer.clear();
  }
}
