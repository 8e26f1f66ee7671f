package dev.purser.ledger;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/// Bytes to a JSON tree, strictly by RFC 8259: exactly one value, well-formed UTF-8, no duplicate
/// key, no NaN, nesting of at most [#DEPTH]. Safe for many threads.
///
/// In the tree a number is an integral node if, and only if, it was written as an integer and fits
/// 64 bits; every other one is a double, so that no number, however long, costs more than a linear
/// scan. What JSON allows but a value may not hold (U+0000, unpaired surrogates as escapes) passes
/// here and is judged by [Rules].
public final class StrictJson {
  /// How deep arrays and objects may nest.
  public static final int DEPTH = 64;

  private static final JsonNodeFactory NODES = JsonNodeFactory.instance;
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          // Bytes are UTF-8: never guessed to be UTF-16 or UTF-32.
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          // Names made to collide are only slow, within the limit of a body, never an error.
          .disable(JsonFactory.Feature.FAIL_ON_SYMBOL_HASH_OVERFLOW)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          // The length of the bytes is limited by whoever read them; depth is counted here.
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNumberLength(Integer.MAX_VALUE)
                  .maxStringLength(Integer.MAX_VALUE)
                  .maxNameLength(Integer.MAX_VALUE)
                  .maxNestingDepth(DEPTH + 1)
                  .build())
          .build();

  private StrictJson() {}

  /// Parses all of `bytes`.
  public static JsonNode parse(byte[] bytes) throws NotJson {
    return parse(bytes, 0, bytes.length);
  }

  /// Parses `bytes[from, to)`.
  public static JsonNode parse(byte[] bytes, int from, int to) throws NotJson {
    if (!Utf8.valid(bytes, from, to)) {
      throw new NotJson("is not valid UTF-8");
    }
    try (JsonParser parser = FACTORY.createParser(bytes, from, to - from)) {
      return whole(parser);
    } catch (JsonProcessingException e) {
      if (!escapesSurrogate(bytes, from, to)) {
        throw new NotJson("is not JSON" + place(e));
      }
      return ofCharacters(new String(bytes, from, to - from, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new NotJson("is not JSON");
    }
  }

  /// Jackson's parser of bytes keeps names as UTF-8, which has no unpaired surrogates, and refuses
  /// them as if they were no JSON. Its parser of characters, half as fast, takes them.
  private static JsonNode ofCharacters(String text) throws NotJson {
    try (JsonParser parser = FACTORY.createParser(text)) {
      return whole(parser);
    } catch (IOException e) {
      throw new NotJson("is not JSON");
    }
  }

  private static JsonNode whole(JsonParser parser) throws IOException, NotJson {
    if (parser.nextToken() == null) {
      throw new NotJson("is empty");
    }
    JsonNode value = value(parser, 0);
    if (parser.nextToken() != null) {
      throw new NotJson("has something after the end of its JSON value");
    }
    return value;
  }

  /// Whether some character is escaped as a surrogate, D800 to DFFF.
  private static boolean escapesSurrogate(byte[] bytes, int from, int to) {
    for (int i = from; i + 3 < to; i++) {
      if (bytes[i] == '\\'
          && bytes[i + 1] == 'u'
          && (bytes[i + 2] | 0x20) == 'd'
          && Character.digit(bytes[i + 3], 16) >= 8) {
        return true;
      }
    }
    return false;
  }

  private static JsonNode value(JsonParser parser, int depth) throws IOException, NotJson {
    return switch (parser.currentToken()) {
      case START_OBJECT -> object(parser, deeper(depth));
      case START_ARRAY -> array(parser, deeper(depth));
      case VALUE_STRING -> NODES.textNode(parser.getText());
      case VALUE_NUMBER_INT -> integer(parser.getText());
      case VALUE_NUMBER_FLOAT -> NODES.numberNode(Double.parseDouble(parser.getText()));
      case VALUE_TRUE -> NODES.booleanNode(true);
      case VALUE_FALSE -> NODES.booleanNode(false);
      case VALUE_NULL -> NODES.nullNode();
      case END_OBJECT, END_ARRAY, FIELD_NAME, VALUE_EMBEDDED_OBJECT, NOT_AVAILABLE ->
          throw new NotJson("is not JSON");
    };
  }

  private static ObjectNode object(JsonParser parser, int depth) throws IOException, NotJson {
    ObjectNode object = NODES.objectNode();
    for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
      parser.nextToken();
      if (object.replace(name, value(parser, depth)) != null) {
        throw new NotJson("has the key " + JsonFields.clipped(name) + " twice in one object");
      }
    }
    return object;
  }

  private static ArrayNode array(JsonParser parser, int depth) throws IOException, NotJson {
    ArrayNode array = NODES.arrayNode();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      array.add(value(parser, depth));
    }
    return array;
  }

  private static int deeper(int depth) throws NotJson {
    if (depth >= DEPTH) {
      throw new NotJson("nests deeper than " + DEPTH);
    }
    return depth + 1;
  }

  private static JsonNode integer(String digits) {
    if (digits.length() <= 20) {
      try {
        return NODES.numberNode(Long.parseLong(digits));
      } catch (NumberFormatException _) {
        // beyond 64 bits: falls through to the double
      }
    }
    return NODES.numberNode(Double.parseDouble(digits));
  }

  /// Where the parser stopped, from 1; it counts from the start of what it was given.
  private static String place(JsonProcessingException e) {
    return e.getLocation() == null || e.getLocation().getByteOffset() < 0
        ? ""
        : ", at byte " + (e.getLocation().getByteOffset() + 1);
  }

  /// Why bytes are not JSON: the end of a sentence that begins with what was sent, such as "The
  /// body".
  public static final class NotJson extends Exception {
    private static final long serialVersionUID = 1L;

    NotJson(String why) {
      // Without a stack trace: it is an answer to the sender, thrown for every bad line.
      super(why, null, false, false);
    }

    /// The end of the sentence.
    public String why() {
      @Nullable String message = getMessage();
      return message == null ? "is not JSON" : message;
    }
  }
}
