package dev.purser.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaLocation;
import com.networknt.schema.SpecVersion.VersionFlag;
import dev.purser.faults.DatabaseCause;
import dev.purser.faults.ServiceError;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/// Holds the OpenAPI document against itself (shape, references, examples) and against the route
/// table, both ways.
final class OpenApiTest {
  private static final Pattern PLACEHOLDER = Pattern.compile("\\{([^}]+)}");
  private static final Set<String> METHODS =
      Set.of("get", "put", "post", "delete", "options", "head", "patch", "trace");

  /// What each kind of object of OpenAPI 3.1 may hold; a misspelt key is silently ignored by tools.
  private static final Map<String, Set<String>> KEYS =
      Map.of(
          "document",
          Set.of("openapi", "info", "servers", "security", "tags", "paths", "components"),
          "operation",
          Set.of(
              "operationId",
              "tags",
              "summary",
              "description",
              "security",
              "parameters",
              "requestBody",
              "responses"),
          "parameter",
          Set.of("name", "in", "required", "description", "schema", "example", "style", "explode"),
          "header",
          Set.of("description", "schema", "example"),
          "response",
          Set.of("description", "headers", "content"),
          "requestBody",
          Set.of("description", "required", "content"),
          "mediaType",
          Set.of("schema", "examples"),
          "example",
          Set.of("summary", "value"));

  private static final JsonSchemaFactory SCHEMAS =
      JsonSchemaFactory.getInstance(VersionFlag.V202012);
  private final JsonNode raw = OpenApiDocument.SHARED.raw();
  private final JsonNode document = OpenApiDocument.SHARED.resolved();

  @Test
  void document_asAWhole_isOpenApi31() {
    assertThat(document.path("openapi").asText()).isEqualTo("3.1.0");
    assertThat(document.at("/info/title").asText()).isNotBlank();
    assertThat(document.at("/info/version").asText()).isNotBlank();
    assertKeys("document", "document", document);
    assertThat(names(document.path("components")))
        .isSubsetOf(
            "schemas",
            "responses",
            "parameters",
            "examples",
            "requestBodies",
            "headers",
            "securitySchemes");
  }

  @Test
  void operations_eachOfThem_wellFormed() {
    Set<String> ids = new HashSet<>();
    Set<String> tags = new HashSet<>();
    document.path("tags").forEach(t -> tags.add(t.path("name").asText()));
    eachOperation(
        (where, operation) -> {
          assertKeys("operation", where, operation);
          assertThat(ids.add(operation.path("operationId").asText())).as(where).isTrue();
          assertThat(operation.path("summary").asText()).as(where).isNotBlank();
          assertThat(operation.path("tags")).as(where).hasSize(1);
          assertThat(tags).as(where).contains(operation.at("/tags/0").asText());
          assertThat(names(operation.path("responses"))).as(where).anyMatch(s -> s.startsWith("2"));
          fields(operation.path("responses"))
              .forEach(
                  (status, response) -> {
                    assertThat(status).as(where).matches("[2-5]\\d\\d");
                    assertKeys("response", where + " " + status, response);
                    assertThat(response.path("description").asText()).as(where).isNotBlank();
                    fields(response.path("headers"))
                        .forEach((name, h) -> assertKeys("header", where + " " + name, h));
                  });
          if (operation.has("requestBody")) {
            assertKeys("requestBody", where, operation.path("requestBody"));
            assertThat(operation.at("/requestBody/content")).as(where).isNotEmpty();
          }
        });
  }

  @Test
  void parameters_ofEachOperation_matchItsPath() {
    eachOperation(
        (where, operation) -> {
          Set<String> inPath = new TreeSet<>();
          Set<String> seen = new HashSet<>();
          for (JsonNode p : parameters(where, operation)) {
            assertKeys("parameter", where, p);
            assertThat(p.path("in").asText()).as(where).isIn("path", "query", "header");
            assertThat(seen.add(p.path("in") + "/" + p.path("name"))).as(where + p).isTrue();
            assertThat(p.path("schema").isObject()).as(where + p).isTrue();
            assertThat(p.path("description").asText()).as(where + p).isNotBlank();
            if (p.path("in").asText().equals("path")) {
              assertThat(p.path("required").asBoolean()).as(where + p).isTrue();
              inPath.add(p.path("name").asText());
            }
          }
          Set<String> inTemplate =
              PLACEHOLDER
                  .matcher(where)
                  .results()
                  .map(m -> m.group(1))
                  .collect(Collectors.toCollection(TreeSet::new));
          assertThat(inPath).as(where).isEqualTo(inTemplate);
        });
  }

  @Test
  void components_eachOfThem_used() {
    Set<String> referred = new HashSet<>();
    raw.findValuesAsText("$ref").forEach(referred::add);
    Set<String> unused = new TreeSet<>();
    for (String kind : names(raw.path("components"))) {
      if (!kind.equals("securitySchemes")) {
        for (String name : names(raw.path("components").path(kind))) {
          unused.add("#/components/" + kind + "/" + name);
        }
      }
    }
    unused.removeAll(referred);
    assertThat(unused).isEmpty();
  }

  @Test
  void schemas_eachOfThem_areJsonSchema() {
    JsonSchema meta =
        SCHEMAS.getSchema(SchemaLocation.of("https://json-schema.org/draft/2020-12/schema"));
    fields(document.at("/components/schemas"))
        .forEach(
            (name, schema) -> assertThat(meta.validate(schema)).as("schema %s", name).isEmpty());
  }

  /// Without a format a generated client takes 32 bits, and cannot read a version.
  @Test
  void integers_eachOfThem_sayHowWideTheyAre() {
    eachObject(
        raw,
        schema -> {
          if (schema.path("type").toString().contains("\"integer\"")) {
            boolean narrow = schema.path("maximum").asLong(Long.MAX_VALUE) <= Integer.MAX_VALUE;
            assertThat(schema.path("format").asText())
                .as("%s", schema)
                .isEqualTo(narrow ? "int32" : "int64");
          }
        });
  }

  /// Generators invent names for what has none, and change them when the document grows.
  @Test
  void schemas_ofBodiesAndAlternatives_haveAName() {
    List<JsonNode> nameless = new ArrayList<>();
    raw.findValues("content")
        .forEach(
            content ->
                content.forEach(
                    media -> {
                      JsonNode schema = media.path("schema");
                      if (!schema.has("$ref") && !schema.path("type").asText().equals("string")) {
                        nameless.add(schema);
                      }
                    }));
    eachObject(
        raw,
        schema ->
            Stream.of("anyOf", "oneOf")
                .flatMap(word -> schema.path(word).valueStream())
                .filter(alternative -> !alternative.has("$ref"))
                .forEach(nameless::add));
    assertThat(nameless).isEmpty();
  }

  @Test
  void examples_eachOfThem_validAgainstTheirSchema() {
    List<String> wrong = new ArrayList<>();
    eachMediaType(
        (where, media) -> {
          assertKeys("mediaType", where, media);
          assertThat(media.has("schema")).as(where).isTrue();
          fields(media.path("examples"))
              .forEach(
                  (name, example) -> {
                    assertKeys("example", where + " " + name, example);
                    judge(where + " " + name, media.path("schema"), example.path("value"), wrong);
                  });
        });
    eachOperation(
        (where, operation) -> {
          for (JsonNode p : parameters(where, operation)) {
            if (p.has("example")) {
              judge(where + " " + p.path("name"), p.path("schema"), p.path("example"), wrong);
            }
          }
        });
    fields(document.at("/components/headers"))
        .forEach((name, h) -> judge(name, h.path("schema"), h.path("example"), wrong));
    assertThat(wrong).isEmpty();
  }

  @Test
  void bodies_eachOfThem_haveAnExample() {
    eachMediaType(
        (where, media) -> {
          if (!where.contains("application/yaml") && !where.contains("text/html")) {
            assertThat(media.path("examples")).as(where).isNotEmpty();
          }
        });
  }

  @Test
  void problems_eachExample_tellsItsOwnStatusAndCode() {
    eachOperation(
        (where, operation) ->
            fields(operation.path("responses"))
                .forEach(
                    (status, response) ->
                        fields(response.at("/content/application~1problem+json/examples"))
                            .forEach(
                                (name, example) -> {
                                  JsonNode p = example.path("value");
                                  String as = where + " " + status + " " + name;
                                  assertThat(p.path("status").asText()).as(as).isEqualTo(status);
                                  assertThat(p.path("type").asText())
                                      .as(as)
                                      .isEqualTo("urn:purser:" + p.path("code").asText());
                                  assertThat(response.path("headers").has("Retry-After"))
                                      .as(as)
                                      .isEqualTo(p.path("retryable").asBoolean());
                                })));
  }

  @Test
  void problems_everyCodeThatIsAnswered_documented() {
    Set<String> codes = new HashSet<>();
    document
        .at("/components/schemas/Problem/properties/code/enum")
        .forEach(c -> codes.add(c.asText()));
    assertThat(codes)
        .contains(
            new ServiceError.Database(DatabaseCause.UNKNOWN, "").code(),
            new ServiceError.PoolExhausted("").code(),
            ServiceError.Validation.of("a", "b").code(),
            new ServiceError.NotFound("").code(),
            new ServiceError.Conflict("").code(),
            new ServiceError.Precondition("").code(),
            new ServiceError.Overloaded("").code(),
            new ServiceError.Timeout("").code(),
            new ServiceError.Internal("").code())
        .doesNotContain(new ServiceError.Cache("").code());
  }

  @Test
  void answers_thatAreNotPromised_areTold() {
    OpenApiDocument document = OpenApiDocument.SHARED;
    ObjectNode envelope = new ObjectMapper().createObjectNode();
    envelope.put("status", "success").put("processing_time_ms", 0.5);
    envelope.putObject("data").put("outcome", "accepted").put("version", 1);
    String template = "/v1/customers/{id}/purchases";
    assertThat(document.wrongAnswer("POST", template, 201, "application/json", envelope)).isEmpty();
    assertThat(document.wrongAnswer("POST", template, 418, "application/json", envelope))
        .containsExactly("POST /v1/customers/{id}/purchases 418 is not documented");
    assertThat(document.wrongAnswer("POST", template, 201, "text/html", envelope)).hasSize(1);
    envelope.put("status", "great");
    assertThat(document.wrongAnswer("POST", template, 201, "application/json", envelope))
        .hasSize(1);
  }

  @Test
  void routes_allOfThem_documentedAndNothingElse() {
    Set<String> documented = new TreeSet<>();
    eachOperation((where, _) -> documented.add(where));
    Set<String> routed = new TreeSet<>();
    Routes.TABLE.forEach(r -> routed.add(where(r)));
    assertThat(documented).isEqualTo(routed);
  }

  @Test
  void routes_eachOfThem_needTheRoleDocumented() {
    Map<String, String> documented = new TreeMap<>();
    eachOperation(
        (where, operation) -> {
          JsonNode security = operation.path("security");
          String role =
              security.isMissingNode()
                  ? "reader"
                  : security.isEmpty() ? "anyone" : security.get(0).fieldNames().next();
          documented.put(where, role);
        });
    Map<String, String> routed = new TreeMap<>();
    Routes.TABLE.forEach(r -> routed.put(where(r), r.role().name().toLowerCase(Locale.ROOT)));
    assertThat(documented).isEqualTo(routed);
    assertThat(names(document.at("/components/securitySchemes")))
        .containsExactlyInAnyOrder("reader", "writer", "operator");
  }

  @Test
  void routes_eachOfThem_takeTheQueryParametersDocumented() {
    for (Route route : Routes.TABLE) {
      Set<String> documented = new TreeSet<>();
      for (JsonNode p : parameters(where(route), operation(route))) {
        if (p.path("in").asText().equals("query")) {
          documented.add(p.path("name").asText());
        }
      }
      assertThat(documented).as(where(route)).isEqualTo(new TreeSet<>(route.parameters()));
    }
  }

  @Test
  void routes_eachOfThem_answerInTheFormsDocumented() {
    for (Route route : Routes.TABLE) {
      fields(operation(route).path("responses"))
          .forEach(
              (status, response) -> {
                if (status.startsWith("2") && response.has("content")) {
                  assertThat(names(response.path("content")))
                      .as(where(route) + " " + status)
                      .isEqualTo(new TreeSet<>(route.form().offers()));
                }
              });
    }
  }

  /// Statuses that the edge itself may answer anywhere, whatever the route does.
  @Test
  void statuses_thatTheEdgeAnswers_documentedEverywhere() {
    for (Route route : Routes.TABLE) {
      Set<String> expected =
          new TreeSet<>(List.of("400", "403", "406", "414", "422", "431", "500", "503"));
      if (route.role() != Role.ANYONE) {
        expected.addAll(List.of("401", "429", "504"));
      }
      JsonNode operation = operation(route);
      if (operation.has("requestBody")) {
        expected.addAll(List.of("408", "415"));
      }
      assertThat(names(operation.path("responses"))).as(where(route)).containsAll(expected);
    }
  }

  @Test
  void writes_whenUnavailable_tellTheirOutcome() {
    for (Route route : Routes.TABLE) {
      if (route.role() == Role.WRITER || route.writes()) {
        for (String status : List.of("503", "504")) {
          JsonNode schema =
              operation(route)
                  .at("/responses/" + status + "/content/application~1problem+json/schema");
          assertThat(schema.findValues("required").toString())
              .as(where(route) + " " + status)
              .contains("outcome");
        }
      }
    }
  }

  private static void judge(String where, JsonNode schema, JsonNode example, List<String> wrong) {
    OpenApiDocument.wrong(schema, example).forEach(w -> wrong.add(where + ": " + w));
  }

  private static void eachObject(JsonNode node, Consumer<JsonNode> visitor) {
    if (node.isObject()) {
      visitor.accept(node);
    }
    node.forEach(n -> eachObject(n, visitor));
  }

  private void eachOperation(BiConsumer<String, JsonNode> visitor) {
    fields(document.path("paths"))
        .forEach(
            (path, item) ->
                fields(item)
                    .forEach(
                        (key, operation) -> {
                          if (METHODS.contains(key)) {
                            visitor.accept(key.toUpperCase(Locale.ROOT) + " " + path, operation);
                          } else {
                            assertThat(key).as(path).isIn("parameters", "summary", "description");
                          }
                        }));
  }

  /// Visits the media types of request bodies and responses.
  private void eachMediaType(BiConsumer<String, JsonNode> visitor) {
    eachOperation(
        (where, operation) -> {
          fields(operation.at("/requestBody/content"))
              .forEach((type, media) -> visitor.accept(where + " takes " + type, media));
          fields(operation.path("responses"))
              .forEach(
                  (status, response) ->
                      fields(response.path("content"))
                          .forEach(
                              (type, media) ->
                                  visitor.accept(where + " " + status + " " + type, media)));
        });
  }

  /// The parameters of an operation and of its path.
  private List<JsonNode> parameters(String where, JsonNode operation) {
    String path = where.substring(where.indexOf(' ') + 1);
    List<JsonNode> all = new ArrayList<>();
    document.path("paths").path(path).path("parameters").forEach(all::add);
    operation.path("parameters").forEach(all::add);
    return all;
  }

  private JsonNode operation(Route route) {
    return OpenApiDocument.SHARED.operation(route.method(), route.template());
  }

  private static String where(Route route) {
    return route.method() + " " + route.template();
  }

  private static void assertKeys(String kind, String where, JsonNode node) {
    assertThat(names(node))
        .as("%s of %s", kind, where)
        .isSubsetOf(Objects.requireNonNull(KEYS.get(kind)));
  }

  private static Set<String> names(JsonNode node) {
    return fields(node).keySet();
  }

  private static Map<String, JsonNode> fields(JsonNode node) {
    Map<String, JsonNode> fields = new TreeMap<>();
    node.properties().forEach(f -> fields.put(f.getKey(), f.getValue()));
    return fields;
  }
}
