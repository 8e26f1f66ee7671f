package dev.purser.http;

import java.util.List;

/// One line of the route table. Immutable.
///
/// @param template the path with its parameters in braces; also the metrics' label
/// @param role the least role that may call it
public record Route(String method, String template, Role role) {

  /// The template's segments, without the leading slash.
  List<String> segments() {
    return List.of(template.substring(1).split("/", -1));
  }

  /// Whether a call may change something that is kept.
  boolean writes() {
    return !method.equals("GET") && role != Role.READER;
  }
}
