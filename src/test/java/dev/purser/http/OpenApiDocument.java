package dev.purser.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The OpenAPI document that the service serves, and the judge of whether an answer is one that it
/// promises. Immutable; safe for many threads.
final class OpenApiDocument {
  private static final ObjectMapper YAML =
      new ObjectMapper(
          YAMLFactory.builder().enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION).build());
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final JsonSchemaFactory SCHEMAS =
      JsonSchemaFactory.getInstance(VersionFlag.V202012);
  private static final SchemaValidatorsConfig CHECKED =
      SchemaValidatorsConfig.builder().formatAssertionsEnabled(true).build();

  static final OpenApiDocument SHARED = new OpenApiDocument();

  private final JsonNode raw = load();
  private final JsonNode resolved = resolve(raw);

  private OpenApiDocument() {}

  /// The document as it is written.
  JsonNode raw() {
    return raw;
  }

  /// The document without references.
  JsonNode resolved() {
    return resolved;
  }

  /// An operation, or a missing node.
  JsonNode operation(String method, String template) {
    return resolved.path("paths").path(template).path(method.toLowerCase(Locale.ROOT));
  }

  /// What is wrong with an answer of `method` on `template`: an undocumented status, an
  /// undocumented media type (`type`, without parameters), or a body that its schema refuses. HEAD
  /// is judged as GET, without body. Empty if all is as promised; an answer without body has a null
  /// `type`.
  List<String> wrongAnswer(
      String method, String template, int status, @Nullable String type, @Nullable JsonNode body) {
    boolean head = method.equals("HEAD");
    JsonNode response =
        operation(head ? "GET" : method, template).path("responses").path(Integer.toString(status));
    String where = method + " " + template + " " + status;
    if (response.isMissingNode()) {
      return List.of(where + " is not documented");
    }
    if (head || type == null) {
      return head || !response.has("content") ? List.of() : List.of(where + " has no body");
    }
    JsonNode schema = response.path("content").path(type).path("schema");
    return schema.isMissingNode()
        ? List.of(where + " does not answer " + type)
        : wrong(schema, body).stream().map(w -> where + ": " + w).toList();
  }

  /// What `schema` has against `value`; empty if nothing.
  static List<String> wrong(JsonNode schema, @Nullable JsonNode value) {
    return SCHEMAS.getSchema(schema, CHECKED).validate(value).stream()
        .map(ValidationMessage::getMessage)
        .toList();
  }

  private static JsonNode load() {
    try (InputStream in = OpenApiDocument.class.getResourceAsStream("/openapi.yaml")) {
      return YAML.readTree(Objects.requireNonNull(in, "openapi.yaml is not on the class path"));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The document with every reference replaced by what it refers to.
  private JsonNode resolve(JsonNode node) {
    return switch (node) {
      case ObjectNode object -> resolved(object);
      case ArrayNode array -> {
        ArrayNode copy = JSON.createArrayNode();
        array.forEach(n -> copy.add(resolve(n)));
        yield copy;
      }
      default -> node;
    };
  }

  /// A description beside a reference takes the place of the target's; anything else beside it is a
  /// schema that must hold too.
  private ObjectNode resolved(ObjectNode object) {
    ObjectNode own = JSON.createObjectNode();
    object.properties().forEach(f -> own.set(f.getKey(), resolve(f.getValue())));
    if (!object.path("$ref").isTextual()) {
      return own;
    }
    own.remove("$ref");
    String reference = object.path("$ref").asText();
    JsonNode target = raw.at(reference.substring(1));
    assertThat(reference).startsWith("#/components/");
    assertThat(target.isObject()).as(reference).isTrue();
    ObjectNode copy = (ObjectNode) resolve(target);
    if (own.isEmpty() || (own.size() == 1 && own.has("description"))) {
      return copy.setAll(own);
    }
    ObjectNode both = JSON.createObjectNode();
    both.putArray("allOf").add(copy).add(own);
    return both;
  }
}
