package dev.purser.http;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.ByteArrayBuilder;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntSupplier;

/// Writes JSON. Safe for many threads.
public final class Json {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  // Characters beyond the first plane as they came, in UTF-8, not as escaped pairs of surrogates.
  private static final JsonFactory FACTORY =
      MAPPER.getFactory().enable(JsonGenerator.Feature.COMBINE_UNICODE_SURROGATES_IN_UTF8);
  private static final byte[] HEAD = ascii("{\"status\":\"success\",\"data\":");
  private static final byte[] TIME = ascii(",\"processing_time_ms\":");

  private Json() {}

  /// Writes a part of a JSON text.
  @FunctionalInterface
  public interface Writing {
    void write(JsonGenerator g) throws IOException;
  }

  /// Writes a part of a JSON text that depends on how many bytes have been written before.
  @FunctionalInterface
  interface Measured {
    void write(JsonGenerator g, IntSupplier written) throws IOException;
  }

  /// One JSON text whose writing knows how long it is.
  static byte[] measured(Measured writing) {
    try (ByteArrayBuilder bytes = new ByteArrayBuilder(512);
        JsonGenerator g = FACTORY.createGenerator(bytes)) {
      writing.write(g, () -> bytes.size() + g.getOutputBuffered());
      g.flush();
      return bytes.toByteArray();
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
  }

  /// One object with the members that `members` writes.
  static byte[] object(Writing members) {
    return text(
        g -> {
          g.writeStartObject();
          members.write(g);
          g.writeEndObject();
        });
  }

  /// One JSON text.
  static byte[] text(Writing writing) {
    return measured((g, _) -> writing.write(g));
  }

  /// Any tree of maps, lists and plain values.
  static void tree(JsonGenerator g, Object value) throws IOException {
    MAPPER.writeValue(g, value);
  }

  /// What the service itself has written; integers of any size keep their digits.
  static JsonNode parse(String json) throws JsonProcessingException {
    return MAPPER.readTree(json);
  }

  /// The member `name` with an array of strings.
  static void strings(JsonGenerator g, String name, List<String> values) throws IOException {
    g.writeArrayFieldStart(name);
    for (String value : values) {
      g.writeString(value);
    }
    g.writeEndArray();
  }

  /// The success envelope around the encoded `data`: one copy into an array of the exact size.
  static byte[] envelope(byte[] data, long elapsedNanos) {
    byte[] millis = ascii(millis(elapsedNanos));
    byte[] out = new byte[HEAD.length + data.length + TIME.length + millis.length + 1];
    int at = put(out, 0, HEAD);
    at = put(out, at, data);
    at = put(out, at, TIME);
    at = put(out, at, millis);
    out[at] = '}';
    return out;
  }

  /// The same around `data` in pieces, none of which is copied.
  static List<byte[]> envelope(List<byte[]> data, long elapsedNanos) {
    List<byte[]> all = new ArrayList<>(data.size() + 4);
    all.add(HEAD);
    all.addAll(data);
    all.add(TIME);
    all.add(ascii(millis(elapsedNanos)));
    all.add(ascii("}"));
    return all;
  }

  /// Nanoseconds as milliseconds with three decimals.
  static String millis(long nanos) {
    long micros = Math.max(0, nanos) / 1_000;
    long fraction = micros % 1_000;
    return micros / 1_000 + (fraction < 10 ? ".00" : fraction < 100 ? ".0" : ".") + fraction;
  }

  private static int put(byte[] out, int at, byte[] part) {
    System.arraycopy(part, 0, out, at, part.length);
    return at + part.length;
  }

  private static byte[] ascii(String s) {
    return s.getBytes(StandardCharsets.US_ASCII);
  }
}
