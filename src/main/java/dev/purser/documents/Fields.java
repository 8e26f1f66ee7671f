package dev.purser.documents;

import dev.purser.strings.StringPool;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// The fields of one document: names, and the values of each in their order. A compact form that
/// may be kept, sent and stored; the same content is always the same bytes. Immutable.
///
/// ## Layout
/// Numbers are unsigned in groups of seven bits, the lowest first, the top bit of a byte telling
/// that another follows. Names are distinct and in the order of their UTF-8 bytes.
///
///     number of names
///     for each name:    its length in bytes, its UTF-8, number of its values
///       for each value: its length in bytes, its UTF-8
public final class Fields {
  /// No fields at all.
  public static final Fields NONE = of(Map.of());

  private final byte[] encoded;

  /// The fields in `encoded`, which is whole.
  Fields(byte[] encoded) {
    this.encoded = encoded;
  }

  /// Meets names and values; ranges of `bytes` are UTF-8.
  public interface Visitor {
    /// A name; the values that follow are its own.
    void name(byte[] bytes, int from, int length);

    void value(byte[] bytes, int from, int length);
  }

  /// The fields of `values` by name; a name without values is no field.
  ///
  /// @throws IllegalArgumentException for a string with an unpaired surrogate
  public static Fields of(Map<String, ? extends List<String>> values) {
    TreeMap<byte[], List<String>> sorted = new TreeMap<>(Arrays::compareUnsigned);
    values.forEach(
        (name, own) -> {
          if (!own.isEmpty()) {
            sorted.put(StringPool.utf8(name), own);
          }
        });
    ByteArrayOutputStream out = new ByteArrayOutputStream(16 * sorted.size() + 1);
    Varint.write(out, sorted.size());
    sorted.forEach(
        (name, own) -> {
          writeText(out, name);
          Varint.write(out, own.size());
          own.forEach(v -> writeText(out, StringPool.utf8(v)));
        });
    return new Fields(out.toByteArray());
  }

  /// The fields in `encoded`, which [#encoded()] once gave; taken over, not copied.
  ///
  /// @throws IllegalArgumentException if they are not whole
  public static Fields decode(byte[] encoded) {
    Fields fields = new Fields(encoded);
    int end;
    try {
      end = fields.walk(Counting.IGNORE);
    } catch (IndexOutOfBoundsException e) {
      throw new IllegalArgumentException("fields that end too early", e);
    }
    if (end != encoded.length) {
      throw new IllegalArgumentException("fields of " + end + " bytes in " + encoded.length);
    }
    return fields;
  }

  /// The compact form; shared, not to be changed.
  public byte[] encoded() {
    return encoded;
  }

  /// Shows all names and values, in order.
  public void visit(Visitor visitor) {
    walk(visitor);
  }

  /// Values by name, in order.
  public Map<String, List<String>> toMap() {
    Map<String, List<String>> map = new LinkedHashMap<>();
    visit(
        new Visitor() {
          private List<String> values = new ArrayList<>();

          @Override
          public void name(byte[] bytes, int from, int length) {
            values = new ArrayList<>();
            map.put(text(bytes, from, length), values);
          }

          @Override
          public void value(byte[] bytes, int from, int length) {
            values.add(text(bytes, from, length));
          }
        });
    return map;
  }

  /// The number of names.
  public int names() {
    return Varint.read(encoded, 0);
  }

  /// The number of values of all names.
  public int values() {
    Counting counting = new Counting();
    visit(counting);
    return counting.values;
  }

  /// Whether `name` has `value`.
  public boolean contains(String name, String value) {
    return toMap().getOrDefault(name, List.of()).contains(value);
  }

  /// These fields with `value` appended to those of `name`; these if it is there already.
  public Fields plus(String name, String value) {
    Map<String, List<String>> map = toMap();
    List<String> values = map.computeIfAbsent(name, _ -> new ArrayList<>());
    if (values.contains(value)) {
      return this;
    }
    values.add(value);
    return of(map);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Fields f && Arrays.equals(encoded, f.encoded);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(encoded);
  }

  @Override
  public String toString() {
    return toMap().toString();
  }

  /// Shows everything to `visitor` and returns where it ends.
  private int walk(Visitor visitor) {
    int names = Varint.read(encoded, 0);
    int at = Varint.size(names);
    for (int n = 0; n < names; n++) {
      int length = Varint.read(encoded, at);
      at += Varint.size(length);
      visitor.name(encoded, checked(at, length), length);
      at += length;
      int values = Varint.read(encoded, at);
      at += Varint.size(values);
      for (int v = 0; v < values; v++) {
        int bytes = Varint.read(encoded, at);
        at += Varint.size(bytes);
        visitor.value(encoded, checked(at, bytes), bytes);
        at += bytes;
      }
    }
    return at;
  }

  private int checked(int from, int length) {
    return Objects.checkFromIndexSize(from, length, encoded.length);
  }

  private static void writeText(ByteArrayOutputStream out, byte[] utf8) {
    Varint.write(out, utf8.length);
    out.writeBytes(utf8);
  }

  private static String text(byte[] bytes, int from, int length) {
    return new String(bytes, from, length, StandardCharsets.UTF_8);
  }

  private static final class Counting implements Visitor {
    static final Counting IGNORE = new Counting();

    private int values;

    @Override
    public void name(byte[] bytes, int from, int length) {}

    @Override
    public void value(byte[] bytes, int from, int length) {
      values++;
    }
  }
}
