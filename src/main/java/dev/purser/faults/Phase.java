package dev.purser.faults;

/// How far the node has come: what an operator must mend ends a start, but never a node that has
/// served.
public enum Phase {
  STARTING,
  SERVING
}
