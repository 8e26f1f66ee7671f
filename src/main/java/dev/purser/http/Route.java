package dev.purser.http;

import java.util.List;

/// One line of the route table. Immutable.
///
/// @param template the path with its parameters in braces; also the metrics' label
/// @param role the least role that may call it
/// @param form what it answers with
/// @param parameters the query parameters it knows; one that ends in `*` stands for all with that
///   prefix
/// @param endpoint who answers it
public record Route(
    String method,
    String template,
    Role role,
    Form form,
    List<String> parameters,
    Endpoint endpoint) {

  /// The forms an answer may have.
  public enum Form {
    /// The envelope.
    JSON,
    /// The envelope, or bare objects a line for those who ask for them.
    LINES,
    /// A scrape: Prometheus text, or OpenMetrics for those who ask for it.
    METRICS,
    /// Bytes.
    OCTETS,
    /// The OpenAPI document.
    YAML,
    /// A page for people.
    HTML;

    private static final List<String> JSON_ONLY = List.of(Accepts.JSON);
    private static final List<String> JSON_OR_LINES = List.of(Accepts.JSON, Accepts.LINES);
    private static final List<String> TEXT_OR_OPEN_METRICS =
        List.of(Accepts.TEXT, Accepts.OPEN_METRICS);
    private static final List<String> OCTETS_ONLY = List.of(Accepts.OCTETS);
    private static final List<String> YAML_ONLY = List.of("application/yaml");
    private static final List<String> HTML_ONLY = List.of("text/html");

    /// The media types, the default first.
    public List<String> offers() {
      return switch (this) {
        case JSON -> JSON_ONLY;
        case LINES -> JSON_OR_LINES;
        case METRICS -> TEXT_OR_OPEN_METRICS;
        case OCTETS -> OCTETS_ONLY;
        case YAML -> YAML_ONLY;
        case HTML -> HTML_ONLY;
      };
    }
  }

  /// What a call competes with for the node's memory and threads.
  public enum Lane {
    /// The service itself, `/v1`.
    SERVICE,
    /// How the node is watched and operated, which must go on when the service is overloaded.
    OPERATING,
    /// Health: a few bytes that are known at once, never refused.
    HEALTH
  }

  public Route {
    parameters = List.copyOf(parameters);
  }

  static Route of(
      String method, String template, Role role, Endpoint endpoint, String... parameters) {
    return new Route(method, template, role, Form.JSON, List.of(parameters), endpoint);
  }

  Route as(Form other) {
    return new Route(method, template, role, other, parameters, endpoint);
  }

  /// The template's segments, without the leading slash.
  List<String> segments() {
    return List.of(template.substring(1).split("/", -1));
  }

  /// Where in the path the parameter `name` stands.
  int position(String name) {
    int end = template.indexOf("{" + name + "}");
    int position = -1;
    for (int i = 0; i < end; i++) {
      position += template.charAt(i) == '/' ? 1 : 0;
    }
    return position;
  }

  Lane lane() {
    if (template.startsWith("/health/")) {
      return Lane.HEALTH;
    }
    return template.startsWith("/v1/") || template.startsWith("/bench/")
        ? Lane.SERVICE
        : Lane.OPERATING;
  }

  /// Whether a call may change something that is kept.
  boolean writes() {
    return !method.equals("GET") && role != Role.READER;
  }
}
