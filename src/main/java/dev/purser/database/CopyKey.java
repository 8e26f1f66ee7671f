package dev.purser.database;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Remembers the key of the row that was read last. Confined to one thread.
final class CopyKey {
  private final List<CopyColumn> columns;

  /// By column, where in the key it stands, or -1.
  private final int[] places;

  private final byte[] @Nullable [] bytes;
  private final long[] numbers;

  /// The columns of the key, in its order.
  private final int[] order;

  CopyKey(CopyTable table, List<CopyColumn> columns) {
    this.columns = columns;
    List<String> names = columns.stream().map(CopyColumn::name).toList();
    this.order = table.key().stream().mapToInt(names::indexOf).toArray();
    this.places = new int[columns.size()];
    Arrays.fill(places, -1);
    for (int i = 0; i < order.length; i++) {
      places[order[i]] = i;
    }
    this.bytes = new byte[order.length][];
    this.numbers = new long[order.length];
  }

  void bytes(int column, byte @Nullable [] value) {
    if (places[column] >= 0) {
      bytes[places[column]] = value;
    }
  }

  void number(int column, long value) {
    if (places[column] >= 0) {
      numbers[places[column]] = value;
    }
  }

  /// The key as it is bound: texts as such, bytes, numbers.
  List<Object> last() {
    List<Object> key = new ArrayList<>();
    for (int i = 0; i < order.length; i++) {
      key.add(
          switch (columns.get(order[i]).read()) {
            case LONG, INT, SHORT -> numbers[i];
            case TEXT -> new String(part(i), StandardCharsets.UTF_8);
            case BYTES -> part(i);
          });
    }
    return key;
  }

  private byte[] part(int at) {
    return Objects.requireNonNull(bytes[at], "a key has no null");
  }
}
