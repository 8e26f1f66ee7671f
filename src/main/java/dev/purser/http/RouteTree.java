package dev.purser.http;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// Finds the route of a request: one look-up a path segment. Where a literal segment and a
/// parameter both fit, the literal is tried first and the parameter serves the methods that it has
/// not, so that a customer may be called `lookup`. Immutable once built.
final class RouteTree {
  private final Node root = new Node();

  private static final class Node {
    private final Map<String, Node> literals = new HashMap<>();
    private final Map<String, Route> methods = new HashMap<>();
    private @Nullable Node parameter;

    Node below(String segment) {
      if (!segment.startsWith("{")) {
        return literals.computeIfAbsent(segment, _ -> new Node());
      }
      Node next = parameter == null ? new Node() : parameter;
      parameter = next;
      return next;
    }
  }

  RouteTree(List<Route> routes) {
    for (Route route : routes) {
      Node node = root;
      for (String segment : route.segments()) {
        node = node.below(segment);
      }
      node.methods.put(route.method(), route);
    }
  }

  /// The route of `method`, or null if there is none.
  @Nullable Route find(String method, List<String> segments) {
    return find(root, method, segments, 0);
  }

  /// The methods that a path has, in the form of `Allow`; empty if no route has that path.
  String allowed(List<String> segments) {
    TreeSet<String> methods = new TreeSet<>();
    for (Node node : fitting(segments)) {
      methods.addAll(node.methods.keySet());
    }
    if (!methods.isEmpty()) {
      methods.add("OPTIONS");
    }
    if (methods.contains("GET")) {
      methods.add("HEAD");
    }
    return String.join(", ", methods);
  }

  private static @Nullable Route find(Node node, String method, List<String> segments, int at) {
    if (at == segments.size()) {
      return node.methods.get(method);
    }
    Node literal = node.literals.get(segments.get(at));
    Route found = literal == null ? null : find(literal, method, segments, at + 1);
    return found == null && node.parameter != null
        ? find(node.parameter, method, segments, at + 1)
        : found;
  }

  private List<Node> fitting(List<String> segments) {
    List<Node> nodes = List.of(root);
    for (String segment : segments) {
      List<Node> next = new ArrayList<>();
      for (Node node : nodes) {
        Node literal = node.literals.get(segment);
        if (literal != null) {
          next.add(literal);
        }
        if (node.parameter != null) {
          next.add(node.parameter);
        }
      }
      nodes = next;
    }
    return nodes;
  }
}
